#include "sandbox/policy/catalog.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/entra/directory.h"
#include "sandbox/resource_kinds.h"

namespace armature::embedded {
extern const std::string_view kBuiltinPolicies;
}

namespace armature::sandbox::policy {
namespace {

constexpr const char* kMark = "policyMark";
constexpr std::string_view kProvider = "/providers/microsoft.authorization/";

struct Builtins {
  std::vector<Json> definitions;
  std::map<std::string, const Json*> by_id;
};

const Builtins& builtins() {
  static const std::unique_ptr<const Builtins> kTable = [] {
    auto out = std::make_unique<Builtins>();
    const auto parsed = parse_json(embedded::kBuiltinPolicies, 128);
    const Json* list = parsed ? find(*parsed, "definitions") : nullptr;
    if (list && list->is_array()) {
      out->definitions.assign(list->get_array().begin(), list->get_array().end());
    }
    for (const Json& one : out->definitions) out->by_id.emplace(to_lower(builtin_id(one)), &one);
    return out;
  }();
  return *kTable;
}

std::vector<const Record*> with_prefix(const State& state, const std::string& prefix,
                                       std::string_view inside) {
  std::vector<const Record*> out;
  const auto& records = state.table<Record>();
  for (auto it = records.lower_bound(prefix); it != records.end() && it->first.starts_with(prefix);
       ++it) {
    if (inside.empty() || it->first.find(inside) != std::string::npos) out.push_back(&it->second);
  }
  return out;
}

const Json& properties_of(const Record& record) {
  static const Json kNone = JsonObject{};
  const Json* properties = find(record.body, "properties");
  return properties ? *properties : kNone;
}

bool names_reference(const Override& one, const std::string& reference_id) {
  return std::ranges::all_of(one.selectors, [&](const Selector& part) {
    return part.kind != "policydefinitionreferenceid" || part.admits(reference_id);
  });
}

void apply_overrides(const AssignmentFacts& facts, Binding& binding) {
  for (const Override& one : facts.overrides) {
    if (!names_reference(one, binding.reference_id)) continue;
    Override rest{one.value, {}};
    for (const Selector& part : one.selectors) {
      if (part.kind != "policydefinitionreferenceid") rest.selectors.push_back(part);
    }
    if (rest.selectors.empty() && binding.overrides.empty()) {
      binding.effect = effect_of(one.value).value_or(binding.effect);
    } else {
      binding.overrides.push_back(std::move(rest));
    }
  }
}

std::string message_for(const AssignmentFacts& facts, const std::string& reference_id) {
  auto found = facts.messages.find(to_lower(reference_id));
  if (found == facts.messages.end()) found = facts.messages.find("");
  return found == facts.messages.end() ? "" : found->second;
}

}  // namespace

const std::vector<Json>& builtin_definitions() { return builtins().definitions; }

std::string builtin_id(const Json& builtin) {
  return "/providers/Microsoft.Authorization/policyDefinitions/" + text_at(builtin, "name");
}

const Json* find_properties(const State& state, std::string_view id) {
  const std::string key = to_lower(id);
  if (const Record* record = state.get<Record>(key)) return find(record->body, "properties");
  const auto found = builtins().by_id.find(key);
  return found == builtins().by_id.end() ? nullptr : find(*found->second, "properties");
}

std::vector<const Record*> records_at(const State& state, std::string_view scope,
                                      std::string_view kind) {
  std::string prefix = to_lower(scope);
  if (prefix == "/") prefix.clear();
  return with_prefix(state, prefix + std::string(kProvider) + to_lower(kind) + "/", "");
}

std::vector<const Record*> records_below(const State& state, std::string_view scope,
                                         std::string_view kind) {
  std::string prefix = to_lower(scope);
  if (!prefix.ends_with('/')) prefix += "/";
  return with_prefix(state, prefix, std::string(kProvider) + to_lower(kind) + "/");
}

std::string scope_of(std::string_view policy_id) {
  const std::size_t end = to_lower(policy_id).rfind(kProvider);
  const std::string_view scope = policy_id.substr(0, end);
  return scope.empty() || end == std::string::npos ? "/" : std::string(scope);
}

void touch(Change& change, Cloud& cloud) { change.put(kMark, Setting{cloud.random().uuid()}); }

bool Catalog::any(const State& state) { return state.get<Setting>(kMark) != nullptr; }

void Catalog::refresh(const State& state) {
  const Setting* mark = state.get<Setting>(kMark);
  const std::string now = mark ? mark->value : "";
  if (now == mark_) return;
  mark_ = now;
  definitions_.clear();
  sets_.clear();
  assigned_.clear();
}

AssignedList Catalog::assigned(const Cloud& cloud, const State& state,
                               const std::vector<std::string>& scopes) {
  if (!any(state)) return {};
  AssignedList out;
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    for (const Record* record : records_at(state, *scope, kAssignments)) {
      if (auto one = assigned(cloud, state, *record)) out.push_back(std::move(one));
    }
  }
  return out;
}

std::vector<Exemption> Catalog::exemptions(const State& state,
                                           const std::vector<std::string>& scopes) {
  std::vector<Exemption> out;
  for (const std::string& scope : scopes) {
    for (const Record* record : records_at(state, scope, kExemptions)) {
      auto one = read_exemption(record->id, properties_of(*record));
      if (!one) continue;
      one->scope = scope_of(record->id);
      out.push_back(*std::move(one));
    }
  }
  return out;
}

std::shared_ptr<const Assigned> Catalog::assigned(const Cloud& cloud, const State& state,
                                                  const Record& record) {
  const std::scoped_lock lock(mutex_);
  refresh(state);
  const std::string key = to_lower(record.id);
  const auto found = assigned_.find(key);
  if (found != assigned_.end()) return found->second;
  return assigned_.emplace(key, compile(cloud, state, record)).first->second;
}

std::shared_ptr<const Definition> Catalog::definition(const State& state, const std::string& id) {
  const std::scoped_lock lock(mutex_);
  refresh(state);
  const std::string key = to_lower(id);
  if (const auto found = definitions_.find(key); found != definitions_.end()) return found->second;
  std::shared_ptr<const Definition> out;
  if (const Json* properties = find_properties(state, id)) {
    if (auto read = read_definition(id.substr(id.rfind('/') + 1), *properties)) {
      read->id = id;
      out = std::make_shared<const Definition>(*std::move(read));
    }
  }
  return definitions_.emplace(key, std::move(out)).first->second;
}

std::shared_ptr<const SetDefinition> Catalog::set(const State& state, const std::string& id) {
  const std::scoped_lock lock(mutex_);
  refresh(state);
  const std::string key = to_lower(id);
  if (const auto found = sets_.find(key); found != sets_.end()) return found->second;
  std::shared_ptr<const SetDefinition> out;
  if (const Json* properties = find_properties(state, id)) {
    if (auto read = read_set(id.substr(id.rfind('/') + 1), *properties)) {
      read->id = id;
      out = std::make_shared<const SetDefinition>(*std::move(read));
    }
  }
  return sets_.emplace(key, std::move(out)).first->second;
}

std::shared_ptr<const Assigned> Catalog::compile(const Cloud& cloud, const State& state,
                                                 const Record& record) {
  auto facts = read_assignment(record.name, properties_of(record));
  if (!facts) return nullptr;
  auto out = std::make_shared<Assigned>();
  out->id = record.id;
  out->scope = scope_of(record.id);
  out->facts = *std::move(facts);
  out->location = text_at(record.body, "location");
  const Json shown = render(cloud, state, record);
  out->principal_id = text_at(shown, "identity.principalId");
  if (const Json* assigned = at(shown, "identity.userAssignedIdentities");
      out->principal_id.empty() && assigned && assigned->is_object()) {
    for (const auto& [id, value] : assigned->get_object()) {
      out->principal_id = text_at(value, "principalId");
      break;
    }
  }
  if (const auto* principal = find_service_principal(state, out->principal_id)) {
    out->client_id = principal->client_id;
  }
  out->bindings = bind(state, *out);
  if (to_lower(out->facts.definition_id).find("/policysetdefinitions/") != std::string::npos) {
    out->set = set(state, out->facts.definition_id);
  }
  return out;
}

// A policy whose definition is gone, or whose parameters no longer fit, is not enforced.
std::vector<Binding> Catalog::bind(const State& state, const Assigned& assigned) {
  std::vector<Binding> out;
  const AssignmentFacts& facts = assigned.facts;
  const auto add = [&](const std::string& id, std::map<std::string, Json> given,
                       const Reference* reference) {
    auto known = definition(state, id);
    if (!known) return;
    auto one = bind_one(facts, assigned.id, std::move(known), std::move(given),
                        reference ? reference->reference_id : "");
    if (!one) return;
    if (reference) {
      one->groups = reference->groups;
      one->policy.get_object()["setDefinitionId"] = facts.definition_id;
    }
    out.push_back(*std::move(one));
  };
  if (to_lower(facts.definition_id).find("/policysetdefinitions/") == std::string::npos) {
    add(facts.definition_id, facts.parameters, nullptr);
    return out;
  }
  const auto whole = set(state, facts.definition_id);
  if (!whole) return out;
  const auto values = fill_parameters(whole->parameters, facts.parameters, facts.name, whole->name);
  if (!values) return out;
  for (const Reference& reference : whole->references) {
    if (auto given = handed_on(reference, *values)) {
      add(reference.definition_id, *std::move(given), &reference);
    }
  }
  return out;
}

tmpl::Outcome<std::map<std::string, Json>> handed_on(const Reference& reference,
                                                     const std::map<std::string, Json>& values) {
  const Subject none{JsonObject{}};
  Facts facts;
  facts.parameters = &values;
  Judgement judgement(none, facts);
  std::map<std::string, Json> out;
  for (const auto& [name, written] : reference.parameters) {
    ARMATURE_TRY(Json value, judgement.value(written));
    out.emplace(name, std::move(value));
  }
  return out;
}

tmpl::Outcome<Binding> bind_one(const AssignmentFacts& facts, std::string assignment_id,
                                std::shared_ptr<const Definition> definition,
                                std::map<std::string, Json> given, std::string reference_id) {
  Binding out;
  out.reference_id = std::move(reference_id);
  ARMATURE_TRY(out.parameters,
               fill_parameters(definition->parameters, given, facts.name, definition->name));
  const Subject none{JsonObject{}};
  Facts known;
  known.parameters = &out.parameters;
  Judgement judgement(none, known);
  ARMATURE_TRY(const std::string effect, judgement.text(definition->effect));
  const auto chosen = effect_of(effect);
  if (!chosen) {
    return tmpl::TemplateError{
        "InvalidPolicyParameters",
        "The policy definition '" + definition->name + "' has no effect '" + effect + "'.", ""};
  }
  out.effect = *chosen;
  out.message = message_for(facts, out.reference_id);
  out.policy = JsonObject{
      {"assignmentId",          std::move(assignment_id)},
      {"definitionId",          definition->id          },
      {"setDefinitionId",       ""                      },
      {"definitionReferenceId", out.reference_id        }
  };
  out.definition = std::move(definition);
  apply_overrides(facts, out);
  return out;
}

}  // namespace armature::sandbox::policy
