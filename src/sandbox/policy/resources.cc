#include "sandbox/policy/resources.h"

#include <algorithm>
#include <array>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/bodies.h"
#include "sandbox/entra/managed_identity.h"
#include "sandbox/policy/enforcer.h"
#include "sandbox/policy/resource_checks.h"
#include "sandbox/rbac/hierarchy.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/routes.h"

namespace armature::sandbox::policy {
namespace {

struct Kind {
  const char* type;
  const char* code;  // when it is not there
  const char* words;
  const char* ending;
};
constexpr std::array kKinds = {
    Kind{kDefinitions, "PolicyDefinitionNotFound",    "policy definition",     "could not be found."},
    Kind{kSets,        "PolicySetDefinitionNotFound", "policy set definition", "could not be found."},
    Kind{kAssignments, "PolicyAssignmentNotFound",    "policy assignment",     "is not found."      },
    Kind{kExemptions,  "PolicyExemptionNotFound",     "policy exemption",      "could not be found."},
};

const Kind& kind_of(const ArmCall& call) {
  const auto found = std::ranges::find_if(
      kKinds, [&](const Kind& kind) { return equal_ci(kind.type, call.at.tail[0]); });
  return found == kKinds.end() ? kKinds[0] : *found;
}

bool is_kind(const ArmCall& call, const char* type) {
  return std::string_view(kind_of(call).type) == type;
}
bool is_definition(const ArmCall& call) {
  return is_kind(call, kDefinitions) || is_kind(call, kSets);
}

std::string scope_text(const ArmCall& call) {
  const auto scope = arm::ResourceId::parse(call.at.scope.empty() ? "/" : call.at.scope);
  return scope ? scope->text : call.at.scope;
}

std::string id_of(const ArmCall& call) {
  const std::string scope = scope_text(call);
  return (scope == "/" ? "" : scope) + "/providers/Microsoft.Authorization/" + kind_of(call).type +
         "/" + call.at.tail[1];
}

ArmAnswer not_there(const ArmCall& call) {
  const Kind& kind = kind_of(call);
  return refuse(404, kind.code,
                "The " + std::string(kind.words) + " '" + call.at.tail[1] + "' " + kind.ending);
}

Json shown_builtin(const Json& builtin) {
  JsonObject properties = find(builtin, "properties")->get_object();
  properties["versions"] = JsonArray{properties.at("version")};
  return JsonObject{
      {"id",   builtin_id(builtin)},
      {"name", text_at(builtin,     "name")},
      {"type",      "Microsoft.Authorization/policyDefinitions"                   },
      {"properties",      std::move(properties)}
  };
}

Json shown(const Cloud& cloud, const State& state, const Record& record) {
  return render(cloud, state, record);
}

// One version of a definition, as .../versions/{v} shows it.
Json shown_version(Json definition) {
  auto& object = definition.get_object();
  const std::string version = text_at(definition, "properties.version", "1.0.0");
  object["id"] = text_at(definition, "id") + "/versions/" + version;
  object["type"] = text_at(definition, "type") + "/versions";
  object["name"] = version;
  if (Json* properties = object.if_contains("properties"); properties->is_object()) {
    properties->get_object().erase("versions");
  }
  return definition;
}

std::optional<Json> find_shown(const Cloud& cloud, const State& state, const ArmCall& call) {
  const std::string id = id_of(call);
  if (const Record* record = state.get<Record>(to_lower(id))) return shown(cloud, state, *record);
  if (!is_kind(call, kDefinitions) || scope_text(call) != "/") return std::nullopt;
  for (const Json& builtin : builtin_definitions()) {
    if (equal_ci(builtin_id(builtin), id)) return shown_builtin(builtin);
  }
  return std::nullopt;
}

struct Filter {
  std::string policy_type;
  std::string category;
  std::string definition_id;
  std::string assignment_id;
  bool at_scope = false;
  bool at_exact_scope = false;
  bool exclude_expired = false;
};

std::optional<Filter> read_filter(std::string_view text) {
  Filter out;
  std::string rest(trim(text));
  while (!rest.empty()) {
    const std::string lower = to_lower(rest);
    std::size_t used = 0;
    const auto flag = [&](std::string_view word, bool& into) {
      if (used == 0 && lower.starts_with(word)) {
        into = true;
        used = word.size();
      }
    };
    flag("atscope()", out.at_scope);
    flag("atexactscope()", out.at_exact_scope);
    flag("excludeexpired()", out.exclude_expired);
    const auto value = [&](std::string_view word, std::string& into) {
      const std::string start = std::string(word) + " eq '";
      if (used != 0 || !lower.starts_with(start)) return;
      const std::size_t close = rest.find('\'', start.size());
      if (close == std::string::npos) return;
      into = rest.substr(start.size(), close - start.size());
      used = close + 1;
    };
    value("policytype", out.policy_type);
    value("category", out.category);
    value("policydefinitionid", out.definition_id);
    value("policyassignmentid", out.assignment_id);
    if (used == 0) return std::nullopt;
    rest = std::string(trim(std::string_view(rest).substr(used)));
    if (rest.empty()) break;
    if (!starts_with_ci(rest, "and ")) return std::nullopt;
    rest = std::string(trim(std::string_view(rest).substr(4)));
  }
  return out;
}

bool passes(const Filter& filter, const Json& shown, Instant now) {
  const auto differs = [&](const std::string& wanted, const char* path) {
    return !wanted.empty() && !equal_ci(wanted, text_at(shown, path));
  };
  if (differs(filter.policy_type, "properties.policyType")) return false;
  if (differs(filter.category, "properties.metadata.category")) return false;
  if (differs(filter.definition_id, "properties.policyDefinitionId")) return false;
  if (differs(filter.assignment_id, "properties.policyAssignmentId")) return false;
  if (!filter.exclude_expired) return true;
  const auto expires = from_rfc3339(text_at(shown, "properties.expiresOn"));
  return !expires || *expires > now;
}

std::size_t top_of(const ArmCall& call) {
  const std::string top = call.query_value("$top");
  const bool number =
      !top.empty() && top.size() < 9 && top.find_first_not_of("0123456789") == std::string::npos;
  return number ? std::stoul(top) : std::size_t{100'000'000};
}

ArmAnswer list(const Cloud& cloud, const State& state, const ArmCall& call) {
  const auto filter = read_filter(call.query_value("$filter"));
  if (!filter) return invalid_filter(call.query_value("$filter"));
  const Kind& kind = kind_of(call);
  const std::string scope = scope_text(call);
  std::vector<Json> found;
  const auto add = [&](const std::vector<const Record*>& records) {
    for (const Record* record : records) found.push_back(shown(cloud, state, *record));
  };
  // Definitions and assignments are inherited; assignments of what is below show as well.
  if (filter->at_exact_scope) {
    add(records_at(state, scope, kind.type));
  } else {
    for (const std::string& one : ancestors(state, scope)) {
      add(records_at(state, one, kind.type));
    }
    if (!is_definition(call) && !filter->at_scope) {
      const std::string own = to_lower(scope) + "/providers/microsoft.authorization/";
      for (const Record* record : records_below(state, scope, kind.type)) {
        if (!to_lower(record->id).starts_with(own)) found.push_back(shown(cloud, state, *record));
      }
    }
  }
  if (is_kind(call, kDefinitions) && !filter->at_exact_scope) {
    for (const Json& builtin : builtin_definitions()) found.push_back(shown_builtin(builtin));
  }
  const std::size_t top = top_of(call);
  JsonArray out;
  for (Json& one : found) {
    if (out.size() >= top) break;
    if (passes(*filter, one, cloud.clock().now())) out.push_back(std::move(one));
  }
  return list_answer(std::move(out));
}

// What the service adds to the properties it was given.
void complete(Cloud& cloud, const ArmCall& call, const std::string& scope, const Record* old,
              JsonObject& properties) {
  const std::string now = to_rfc3339(cloud.clock().now());
  const auto set_default = [&](const char* key, Json value) {
    if (!find_ci(properties, key)) properties[key] = std::move(value);
  };
  set_default("metadata", JsonObject{});
  if (is_kind(call, kExemptions)) return;
  if (is_definition(call)) {
    properties["policyType"] = "Custom";
    set_default("version", "1.0.0");
    if (is_kind(call, kDefinitions)) set_default("mode", "Indexed");
    properties["versions"] = JsonArray{Json(*find_ci(properties, "version"))};
  } else {
    properties["scope"] = scope;
    set_default("enforcementMode", "Default");
    set_default("notScopes", JsonArray{});
    set_default("parameters", JsonObject{});
  }
  Json* metadata = find_ci(properties, "metadata");
  if (!metadata->is_object()) *metadata = JsonObject{};
  auto& kept = metadata->get_object();
  const Json before = old ? *at(old->body, "properties.metadata") : Json(JsonObject{});
  const auto stamp = [&](const char* key, std::string value) { kept[key] = std::move(value); };
  stamp("createdBy", text_at(before, "createdBy", call.caller.object_id));
  stamp("createdOn", text_at(before, "createdOn", now));
  kept["updatedBy"] = old ? Json(call.caller.object_id) : Json(nullptr);
  kept["updatedOn"] = old ? Json(now) : Json(nullptr);
  if (is_kind(call, kAssignments) && !find_ci(kept, "assignedBy")) {
    stamp("assignedBy", call.caller.object_id);
  }
}

std::optional<ArmAnswer> check(Cloud& cloud, const State& state, const ArmCall& call,
                               const std::string& scope, const Json& body) {
  Catalog& catalog = cloud.policies().catalog();
  const std::string& name = call.at.tail[1];
  const Json& properties = *find(body, "properties");
  if (is_kind(call, kDefinitions)) return check_definition(state, scope, name, properties);
  if (is_kind(call, kSets)) return check_set(catalog, state, scope, name, properties);
  if (is_kind(call, kExemptions)) return check_exemption(state, scope, properties);
  return check_assignment(catalog, state, scope, name, body);
}

ArmAnswer put(Cloud& cloud, Change& change, const ArmCall& call) {
  const State& state = change.state();
  const std::string scope = scope_text(call);
  const std::string id = id_of(call);
  const Record* old = state.get<Record>(to_lower(id));
  const bool patch = call.op.method == "PATCH";
  if (patch && !old) return not_there(call);
  const std::string_view group = management_group_name(scope);
  if (group.empty() ? !exists(cloud, state, scope) : !management_group_exists(state, group)) {
    return resource_not_found(scope);
  }
  auto read = read_body(call);
  if (!read.value) return *read.refusal;
  Json body = *std::move(read.value);
  if (patch) body = merge_patch(old->body, body);
  if (const Json* properties = find(body, "properties"); !properties || !properties->is_object()) {
    body.get_object()["properties"] = JsonObject{};
  }
  if (auto refused = check(cloud, state, call, scope, body)) return *refused;
  complete(cloud, call, scope, old, body.get_object()["properties"].get_object());
  const Instant now = cloud.clock().now();
  Record record;
  record.id = old ? old->id : id;
  record.type = "Microsoft.Authorization/" + std::string(kind_of(call).type);
  record.name = old ? old->name : call.at.tail[1];
  record.api_version = call.op.api_version;
  record.body = std::move(body);
  record.created = old ? old->created : now;
  record.created_by = old ? old->created_by : call.caller.object_id;
  record.changed = record.ready = now;
  record.changed_by = call.caller.object_id;
  if (old) {
    change.updated(record.id);
  } else {
    change.created(record.id);
  }
  touch(change, cloud);
  change.put(to_lower(record.id), record);
  sync_identity(cloud, change, record);
  return answer(patch ? 200 : 201, shown(cloud, change.state(), record));
}

ArmAnswer remove(Cloud& cloud, Change& change, const ArmCall& call) {
  const Record* record = change.state().get<Record>(to_lower(id_of(call)));
  if (!record) return answer(204);
  if (is_definition(call)) {
    if (auto refused = check_unused(change.state(), *record)) return *refused;
  }
  Json last = shown(cloud, change.state(), *record);
  const std::string key = to_lower(record->id);
  change.deleted(key);
  forget_identity(change, record->id);
  change.erase<Record>(key);
  touch(change, cloud);
  return answer(200, std::move(last));
}

}  // namespace

bool is_policy(const ArmCall& call) {
  if (!equal_ci(call.at.provider, "Microsoft.Authorization") || call.at.tail.empty()) return false;
  return std::ranges::any_of(
      kKinds, [&](const Kind& kind) { return equal_ci(kind.type, call.at.tail[0]); });
}

bool is_builtin_read(const ArmCall& call) {
  return call.op.method == "GET" && is_policy(call) && is_definition(call) &&
         scope_text(call) == "/";
}

ArmAnswer read_policy(Cloud& cloud, const State& state, const ArmCall& call) {
  const auto& tail = call.at.tail;
  if (tail.size() == 1) return list(cloud, state, call);
  const bool versions = tail.size() >= 3 && is_definition(call) && equal_ci(tail[2], "versions");
  if (tail.size() > 4 || (tail.size() > 2 && !versions)) return resource_not_found(call.op.target);
  auto found = find_shown(cloud, state, call);
  if (!found) return call.op.method == "HEAD" ? answer(404) : not_there(call);
  if (!versions) return answer(200, *std::move(found));
  Json version = shown_version(*std::move(found));
  if (tail.size() == 3) return list_answer({std::move(version)});
  if (text_at(version, "name") == tail[3]) return answer(200, std::move(version));
  return refuse(404, "PolicyDefinitionVersionNotFound",
                "The version '" + tail[3] + "' of '" + tail[1] + "' could not be found.");
}

ArmAnswer change_policy(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string& method = call.op.method;
  if (call.at.tail.size() == 2) {
    if (method == "PUT") return put(cloud, change, call);
    if (method == "PATCH" && !is_definition(call)) return put(cloud, change, call);
    if (method == "DELETE") return remove(cloud, change, call);
  }
  return refuse(405, "MethodNotAllowed",
                "The http method '" + method + "' is not supported for '" + call.op.target + "'.");
}

}  // namespace armature::sandbox::policy
