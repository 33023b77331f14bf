#include "sandbox/policy/effect.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/result.h"

namespace armature::sandbox::policy {
namespace {

using tmpl::Outcome;

struct Row {
  std::string_view name;
  Effect effect;
};
constexpr std::array kRows = {
    Row{"Disabled",             Effect::kDisabled         },
    Row{"Append",               Effect::kAppend           },
    Row{"Modify",               Effect::kModify           },
    Row{"Deny",                 Effect::kDeny             },
    Row{"Audit",                Effect::kAudit            },
    Row{"Manual",               Effect::kManual           },
    Row{"AuditIfNotExists",     Effect::kAuditIfNotExists },
    Row{"DeployIfNotExists",    Effect::kDeployIfNotExists},
    Row{"DenyAction",           Effect::kDenyAction       },
    Row{"Mutate",               Effect::kOther            },
    Row{"AddToNetworkGroup",    Effect::kOther            },
    Row{"EnforceOPAConstraint", Effect::kOther            },
    Row{"EnforceRegoPolicy",    Effect::kOther            },
};

Outcome<std::optional<Written>> optional_value(const JsonObject& object, std::string_view key,
                                               Usage& usage) {
  const Json* written = find_ci(object, key);
  if (!written) return std::optional<Written>();
  ARMATURE_TRY(Written value, read_written(*written, usage));
  return std::optional(std::move(value));
}

Outcome<FieldOperation> read_operation(const Json& written, bool append, Usage& usage) {
  const auto* object = written.if_object();
  if (!object) return invalid_rule("An operation on a field must be an object.");
  FieldOperation out;
  ARMATURE_TRY(auto field, optional_value(*object, "field", usage));
  if (!field) return invalid_rule("An operation on a field expects 'field'.");
  if (!field->tree && !(field->value.is_string() && read_field(as_text(field->value)))) {
    return invalid_rule("The 'field' property " + dump(field->value) +
                        " of the policy effect details is no field.");
  }
  out.field = *std::move(field);
  ARMATURE_TRY(out.value, optional_value(*object, "value", usage));
  ARMATURE_TRY(out.condition, optional_value(*object, "condition", usage));
  const std::string kind = append ? "add" : to_lower(text_at(written, "operation"));
  if (kind == "add") {
    out.kind = FieldOperation::Kind::kAdd;
  } else if (kind == "addorreplace") {
    out.kind = FieldOperation::Kind::kAddOrReplace;
  } else if (kind == "remove") {
    out.kind = FieldOperation::Kind::kRemove;
    return out;
  } else {
    return invalid_rule("The operation '" + kind +
                        "' is not one of 'add', 'addOrReplace' and 'remove'.");
  }
  if (!out.value) return invalid_rule("An operation that adds expects 'value'.");
  return out;
}

Outcome<std::vector<FieldOperation>> read_operations(const Json& written, bool append,
                                                     Usage& usage) {
  const auto* list = written.if_array();
  if (!list || list->empty()) {
    return invalid_rule("The effect's operations must be a list that is not empty.");
  }
  std::vector<FieldOperation> out;
  for (const Json& one : *list) {
    ARMATURE_TRY(FieldOperation operation, read_operation(one, append, usage));
    out.push_back(std::move(operation));
  }
  return out;
}

std::optional<tmpl::TemplateError> read_existence(const JsonObject& object, Details& out,
                                                  Usage& usage) {
  const auto take = [&](std::string_view key,
                        std::optional<Written>& into) -> std::optional<tmpl::TemplateError> {
    auto value = optional_value(object, key, usage);
    if (!value) return value.error();
    into = *std::move(value);
    return std::nullopt;
  };
  if (auto error = take("type", out.type)) return error;
  if (auto error = take("name", out.name)) return error;
  if (auto error = take("kind", out.kind)) return error;
  if (auto error = take("resourceGroupName", out.group)) return error;
  const Json whole(object);
  const auto text = [&](std::string_view key) {
    const Json* value = find_ci(object, key);
    return value && value->is_string() ? std::string(as_text(*value)) : std::string();
  };
  out.in_subscription = equal_ci(text("existenceScope"), "subscription");
  out.deploy_to_subscription = equal_ci(text("deploymentScope"), "subscription");
  if (const Json* condition = find_ci(object, "existenceCondition")) {
    auto read = read_condition(*condition, usage);
    if (!read) return read.error();
    out.existence = *std::move(read);
  }
  if (const Json* deployment = find_ci(object, "deployment")) {
    out.deployment = *deployment;
    // The template is evaluated by its deployment; what goes into it is the rule's.
    for (const char* path : {"properties.parameters", "location"}) {
      const Json* part = at(*deployment, path);
      if (!part) continue;
      if (auto error = check_expressions(*part, usage)) return error;
    }
  }
  return std::nullopt;
}

Json* member(Json& resource, const std::vector<std::string>& path, bool make) {
  Json* at = &resource;
  for (const std::string& name : path) {
    if (!at->is_object()) {
      if (!make || !at->is_null()) return nullptr;
      *at = JsonObject{};
    }
    auto& object = at->get_object();
    Json* next = find_ci(object, name);
    if (!next) {
      if (!make) return nullptr;
      next = &object[name];
    }
    at = next;
  }
  return at;
}

bool erase(Json& resource, std::vector<std::string> path) {
  const std::string last = path.back();
  path.pop_back();
  Json* parent = member(resource, path, false);
  if (!parent || !parent->is_object()) return false;
  auto& object = parent->get_object();
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (!equal_ci(it->key(), last)) continue;
    object.erase(it);
    return true;
  }
  return false;
}

// Adds what the array does not hold yet.
bool add_to_array(Json& array, const Json& value) {
  if (array.is_null()) array = JsonArray{};
  if (!array.is_array()) return false;
  bool changed = false;
  const auto add = [&](const Json& one) {
    auto& list = array.get_array();
    if (std::ranges::any_of(list, [&](const Json& old) { return same_ci(old, one); })) return;
    list.push_back(one);
    changed = true;
  };
  if (const auto* many = value.if_array()) {
    for (const Json& one : *many) add(one);
  } else {
    add(value);
  }
  return changed;
}

}  // namespace

std::optional<Effect> effect_of(std::string_view name) {
  for (const Row& row : kRows) {
    if (equal_ci(row.name, name)) return row.effect;
  }
  return std::nullopt;
}

std::string_view name_of(Effect effect) {
  return std::ranges::find(kRows, effect, &Row::effect)->name;
}

Outcome<Details> read_details(const Json& then, Usage& usage) {
  Details out;
  const Json* details = then.is_object() ? find_ci(then.get_object(), "details") : nullptr;
  if (!details || details->is_null()) return out;
  if (details->is_array()) {
    ARMATURE_TRY(out.append, read_operations(*details, true, usage));
    return out;
  }
  const auto* object = details->if_object();
  if (!object) return invalid_rule("The effect's details must be an object or a list.");
  if (const Json* operations = find_ci(*object, "operations")) {
    ARMATURE_TRY(out.modify, read_operations(*operations, false, usage));
    ARMATURE_TRY(out.conflict_effect, optional_value(*object, "conflictEffect", usage));
  }
  if (const Json* roles = find_ci(*object, "roleDefinitionIds"); roles && roles->is_array()) {
    for (const Json& role : roles->get_array()) {
      if (role.is_string()) out.role_ids.emplace_back(as_text(role));
    }
  }
  if (const Json* actions = find_ci(*object, "actionNames"); actions && actions->is_array()) {
    for (const Json& action : actions->get_array()) {
      if (action.is_string()) out.actions.push_back(to_lower(as_text(action)));
    }
    out.deny_cascade = equal_ci(text_at(*details, "cascadeBehaviors.resourceGroup"), "deny");
  }
  out.default_state = text_at(*details, "defaultState");
  if (find_ci(*object, "type")) {
    if (auto error = read_existence(*object, out, usage)) return *std::move(error);
    return out;
  }
  // Details of resource providers' modes: their values are the rule's all the same.
  if (out.modify.empty() && out.actions.empty()) {
    if (auto error = check_expressions(*details, usage)) return *std::move(error);
  }
  return out;
}

Outcome<Applied> apply(const std::vector<FieldOperation>& operations, bool append,
                       Judgement& judgement, const Subject& subject, Json& resource) {
  Applied out;
  for (const FieldOperation& operation : operations) {
    if (operation.condition) {
      ARMATURE_TRY(const Json holds, judgement.value(*operation.condition));
      if (!same_ci(holds, Json(true))) continue;
    }
    ARMATURE_TRY(const Field field, judgement.field(operation.field));
    const auto place = place_of(subject, field);
    if (!place) continue;  // an alias of another type: this resource has no such field
    std::string key;
    for (const std::string& name : place->path) key += "/" + to_lower(name);
    out.fields.push_back(key);
    if (operation.kind == FieldOperation::Kind::kRemove) {
      out.changed = erase(resource, place->path) || out.changed;
      continue;
    }
    ARMATURE_TRY(const Json value, judgement.value(*operation.value));
    const bool replace = operation.kind == FieldOperation::Kind::kAddOrReplace;
    const Json* old = member(resource, place->path, false);
    const bool absent = !old || old->is_null();
    if (!place->each && !absent && !replace) {
      out.conflict = out.conflict || (append && !same_ci(*old, value));
      continue;
    }
    if (!absent && !place->each && *old == value) continue;
    Json* target = member(resource, place->path, true);
    if (!target) continue;  // something else than an object is in the way
    if (place->each && !replace) {
      out.changed = add_to_array(*target, value) || out.changed;
    } else {
      *target = place->each && !value.is_array() ? Json(JsonArray{value}) : value;
      out.changed = true;
    }
  }
  return out;
}

}  // namespace armature::sandbox::policy
