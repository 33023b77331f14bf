// Access policies of a vault as a resource of their own: accessPolicies/add, /replace, /remove.
#include <algorithm>

#include "base/bytes.h"
#include "sandbox/keyvault/vault_routes.h"
#include "sandbox/keyvault/vaults.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

bool same_principal(const Json& a, const Json& b) {
  return equal_ci(text_at(a, "tenantId"), text_at(b, "tenantId")) &&
         equal_ci(text_at(a, "objectId"), text_at(b, "objectId")) &&
         equal_ci(text_at(a, "applicationId"), text_at(b, "applicationId"));
}

bool holds(const JsonArray& list, const Json& permission) {
  return std::ranges::any_of(list, [&](const Json& one) {
    return one.is_string() && permission.is_string() && equal_ci(as_text(one), as_text(permission));
  });
}

const JsonObject* permissions_of(const Json& policy) {
  const Json* found = find(policy, "permissions");
  return found && found->is_object() ? &found->get_object() : nullptr;
}

// Adds or takes away the permissions of `given`, kind by kind: keys, secrets, certificates,
// storage.
Json combine(Json policy, const Json& given, PolicyChange how) {
  const JsonObject* changes = permissions_of(given);
  if (!changes || !policy.is_object()) return policy;
  JsonObject permissions;
  if (const JsonObject* had = permissions_of(policy)) permissions = *had;
  for (const auto& [kind, list] : *changes) {
    if (!list.is_array()) continue;
    JsonArray kept;
    if (const Json* had = find_ci(permissions, kind); had && had->is_array()) {
      for (const Json& one : had->get_array()) {
        if (how == PolicyChange::kAdd || !holds(list.get_array(), one)) kept.push_back(one);
      }
    }
    if (how == PolicyChange::kAdd) {
      for (const Json& one : list.get_array()) {
        if (!holds(kept, one)) kept.push_back(one);
      }
    }
    permissions[kind] = std::move(kept);
  }
  policy.get_object()["permissions"] = std::move(permissions);
  return policy;
}

bool is_empty(const Json& policy) {
  const JsonObject* permissions = permissions_of(policy);
  return !permissions || std::ranges::all_of(*permissions, [](const auto& kind) {
    return !kind.value().is_array() || kind.value().get_array().empty();
  });
}

std::optional<PolicyChange> kind_of(std::string_view name) {
  if (equal_ci(name, "add")) return PolicyChange::kAdd;
  if (equal_ci(name, "replace")) return PolicyChange::kReplace;
  if (equal_ci(name, "remove")) return PolicyChange::kRemove;
  return std::nullopt;
}

}  // namespace

JsonArray change_policies(const JsonArray& policies, const JsonArray& given, PolicyChange how) {
  JsonArray out = policies;
  for (const Json& one : given) {
    const auto found =
        std::ranges::find_if(out, [&](const Json& had) { return same_principal(had, one); });
    if (found == out.end()) {
      if (how != PolicyChange::kRemove) out.push_back(one);
    } else if (how == PolicyChange::kReplace) {
      *found = one;
    } else {
      *found = combine(*found, one, how);
    }
  }
  if (how != PolicyChange::kRemove) return out;
  JsonArray left;
  std::ranges::copy_if(out, std::back_inserter(left),
                       [](const Json& one) { return !is_empty(one); });
  return left;
}

ArmAnswer put_access_policies(Cloud&, Change& change, const ArmCall& call) {
  const auto& tail = call.at.tail;
  const std::string vault_id = call.at.scope + "/providers/Microsoft.KeyVault/vaults/" + tail[1];
  const Record* vault = change.state().get<Record>(to_lower(vault_id));
  if (!vault) return resource_not_found(vault_id);
  const auto how = tail.size() == 4 ? kind_of(tail[3]) : std::nullopt;
  if (!how) {
    return refuse(400, "BadRequest",
                  "Access policies are changed by 'add', 'replace' or 'remove', not by '" +
                      tail.back() + "'.");
  }
  const Json* given = call.body ? at(*call.body, "properties.accessPolicies") : nullptr;
  if (!given || !given->is_array()) {
    return refuse(400, "BadRequest", "An invalid value was provided for 'accessPolicies'.");
  }
  Record record = *vault;
  const Json* had = at(record.body, "properties.accessPolicies");
  JsonArray policies = change_policies(had && had->is_array() ? had->get_array() : JsonArray{},
                                       given->get_array(), *how);
  const bool same = had && had->is_array() && canonical(*had) == canonical(policies);
  if (!same) {
    find_ci(record.body.get_object(), "properties")->get_object()["accessPolicies"] = policies;
    change.updated(record.id);
    change.put(to_lower(record.id), record);
  }
  return answer(same ? 200 : 201,
                JsonObject{
                    {"id",       record.id + "/accessPolicies/"            },
                    {"type",     "Microsoft.KeyVault/vaults/accessPolicies"},
                    {"location", text_at(record.body,                        "location")},
                    {"properties",          JsonObject{{"accessPolicies", std::move(policies)}}                                        }
  });
}

}  // namespace armature::sandbox
