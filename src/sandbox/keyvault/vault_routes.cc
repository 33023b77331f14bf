#include "sandbox/keyvault/vault_routes.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/keyvault/vaults.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

ArmAnswer invalid_name(const std::string& name) {
  return refuse(400, "VaultNameNotValid",
                "The vault name '" + name +
                    "' is invalid. A vault's name must be between 3-24 alphanumeric characters. "
                    "The name must begin with a letter, end with a letter or digit, and not "
                    "contain consecutive hyphens. Follow this link for more information: "
                    "https://go.microsoft.com/fwlink/?linkid=2147742");
}

std::string name_in_use(const std::string& name) {
  return "The vault name '" + name +
         "' is already in use. Vault names are globaly unique so it is possible that the name is "
         "already taken. If you are sure that the vault name was not taken then it is possible "
         "that a vault with the same name was recently deleted but not purged after being placed "
         "in a recoverable state. If the vault is in a recoverable state then the vault will need "
         "to be purged before reusing the name. For more information about VaultAlreadyExists, "
         "soft delete and purging a vault follow this link "
         "https://go.microsoft.com/fwlink/?linkid=2147740.";
}

ArmAnswer in_deleted_state() {
  return refuse(409, "ConflictError",
                "A vault with the same name already exists in deleted state. You need to either "
                "recover or purge existing key vault. Follow this link "
                "https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft "
                "delete.");
}

// Is the name free for a new vault of this id?
std::optional<ArmAnswer> check_name(const State& state, const std::string& name,
                                    const std::string& id, Instant now) {
  if (!is_vault_name(name)) return invalid_name(name);
  const Vault* vault = state.get<Vault>(to_lower(name));
  if (!vault || (vault->deleted && vault->purge <= now)) return std::nullopt;
  if (!equal_ci(vault->id, id)) return refuse(409, "VaultAlreadyExists", name_in_use(name));
  return vault->deleted ? std::optional(in_deleted_state()) : std::nullopt;
}

std::string create_mode(const ArmCall& call) {
  return call.body ? text_at(*call.body, "properties.createMode") : "";
}

ArmAnswer recover(Cloud& cloud, Change& change, const ArmCall& call) {
  const State& state = change.state();
  const Instant now = cloud.clock().now();
  const Vault* deleted = find_deleted_vault(state, call.at.tail[1], now);
  if (!deleted || !equal_ci(deleted->id, call.op.target)) {
    return refuse(404, "SoftDeletedVaultDoesNotExist",
                  "A soft deleted vault with the given name does not exist. Ensure that the name "
                  "for the vault that is being attempted to recover is in a recoverable state. For "
                  "more information on soft delete please follow this link "
                  "https://go.microsoft.com/fwlink/?linkid=2149745");
  }
  // As it was: what the request says besides counts for nothing.
  const Record record = recover_vault(change, *deleted);
  change.created(record.id);
  return answer(200, render(cloud, change.state(), record));
}

ArmAnswer put_vault(Cloud& cloud, Change& change, const ArmCall& call) {
  const State& state = change.state();
  const Record* old = state.get<Record>(to_lower(call.op.target));
  if (!old && equal_ci(create_mode(call), "recover")) return recover(cloud, change, call);
  if (!old) {
    if (auto refused = check_name(state, call.at.tail[1], call.op.target, cloud.clock().now())) {
      return *std::move(refused);
    }
  }
  ArmCall completed = call;
  if (completed.body && completed.body->is_object()) {
    if (auto refused = complete_vault(*completed.body, old ? &old->body : nullptr)) {
      return *std::move(refused);
    }
  }
  ArmAnswer out = put_resource(cloud, change, completed);
  if (!out.ok()) return out;
  if (const Record* made = state.get<Record>(to_lower(call.op.target))) {
    register_vault(change, *made);
  }
  return out;
}

ArmAnswer patch_vault(Cloud& cloud, Change& change, const ArmCall& call) {
  const Record* old = change.state().get<Record>(to_lower(call.op.target));
  if (!old || !call.body || !call.body->is_object()) return patch_resource(cloud, change, call);
  Json merged = merge_patch(old->body, *call.body);
  // A vault shows policies, none at first, also when RBAC spared it from naming any.
  if (Json* properties = find_ci(merged.get_object(), "properties");
      properties && properties->is_object() &&
      !find_ci(properties->get_object(), "accessPolicies")) {
    properties->get_object()["accessPolicies"] = JsonArray{};
  }
  if (auto refused = complete_vault(merged, &old->body)) return *std::move(refused);
  ArmCall completed = call;
  if (const Json* properties = find(*call.body, "properties"); properties) {
    completed.body->get_object()["properties"] = *find(merged, "properties");
  }
  return patch_resource(cloud, change, completed);
}

// Managed HSMs have names of their own, by the same rule.
bool is_hsm_name_taken(const State& state, const std::string& name) {
  return !state.index().named("Microsoft.KeyVault/managedHSMs", name).empty();
}

ArmAnswer check_availability(const Cloud& cloud, const State& state, const ArmCall& call,
                             bool hsm) {
  const std::string name = call.body ? text_at(*call.body, "name") : "";
  JsonObject out{
      {"nameAvailable", true}
  };
  if (!is_vault_name(name)) {
    out["nameAvailable"] = false;
    out["reason"] = "AccountNameInvalid";
    out["message"] = invalid_name(name).error_message();
  } else if (hsm ? is_hsm_name_taken(state, name)
                 : check_name(state, name, "", cloud.clock().now()).has_value()) {
    out["nameAvailable"] = false;
    out["reason"] = "AlreadyExists";
    out["message"] = name_in_use(name);
  }
  return answer(200, std::move(out));
}

std::string deleted_id(const Cloud& cloud, const Record& record) {
  return "/subscriptions/" + cloud.subscription() + "/providers/Microsoft.KeyVault/locations/" +
         text_at(record.body, "location") + "/deletedVaults/" + record.name;
}

Json deleted_vault_json(const Cloud& cloud, const Vault& vault) {
  Record record;
  from_item(vault.resource, record);
  const Json* tags = find(record.body, "tags");
  JsonObject properties{
      {"vaultId",  vault.id           },
      {"location", text_at(record.body, "location")},
      {"tags",          tags ? *tags : JsonObject{}                       },
      {"deletionDate",          to_rfc3339(vault.deletion)},
      {"scheduledPurgeDate",          to_rfc3339(vault.purge)                 }
  };
  if (vault_settings(record).purge_protection) properties["purgeProtectionEnabled"] = true;
  return JsonObject{
      {"id", deleted_id(cloud, record)},
      {"name",    record.name              },
      {"type",    "Microsoft.KeyVault/deletedVaults"},
      {"properties",    std::move(properties)        }
  };
}

ArmAnswer list_deleted_vaults(const Cloud& cloud, const State& state) {
  const Instant now = cloud.clock().now();
  JsonArray out;
  for (const auto& [name, vault] : state.table<Vault>()) {
    if (find_deleted_vault(state, name, now)) out.push_back(deleted_vault_json(cloud, vault));
  }
  return list_answer(std::move(out));
}

// "…/locations/L/deletedVaults/N[/purge]"
const Vault* addressed_deleted(const Cloud& cloud, const State& state, const ArmCall& call) {
  const Vault* vault = find_deleted_vault(state, call.at.tail[3], cloud.clock().now());
  const bool here = vault && equal_ci(text_at(vault->resource, "body.location"), call.at.tail[1]);
  return here ? vault : nullptr;
}

ArmAnswer deleted_not_found(const ArmCall& call) {
  return refuse(404, "DeletedVaultNotFound",
                "The specified deleted vault '" + call.at.tail[3] + "' does not exist.");
}

ArmAnswer purge(Cloud& cloud, Change& change, const ArmCall& call) {
  const Vault* vault = addressed_deleted(cloud, change.state(), call);
  if (!vault) return deleted_not_found(call);
  Record record;
  from_item(vault->resource, record);
  if (vault_settings(record).purge_protection) {
    return refuse(405, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed.");
  }
  const Instant now = cloud.clock().now();
  const std::string operation = cloud.random().uuid();
  change.put(operation, AsyncOperation{vault->id, now, now});
  purge_vault(change, record.name);
  ArmAnswer out = answer(202);
  out.headers.set("Location", cloud.link("/subscriptions/" + cloud.subscription() +
                                             "/providers/Microsoft.KeyVault/locations/" +
                                             call.at.tail[1] + "/operationResults/" + operation,
                                         call));
  return out;
}

bool is_deleted_address(const ArmCall& call, std::size_t length) {
  const auto& tail = call.at.tail;
  return tail.size() == length && call.at.is("Microsoft.KeyVault", "locations") &&
         equal_ci(tail[2], "deletedVaults");
}

bool is_vaults(const ArmCall& call) { return call.at.is("Microsoft.KeyVault", "vaults"); }

bool is_child(const ArmCall& call, const char* type) {
  return is_vaults(call) && call.at.tail.size() >= 3 && equal_ci(call.at.tail[2], type);
}

}  // namespace

std::optional<ArmAnswer> read_vaults(const Cloud& cloud, const State& state, const ArmCall& call) {
  if (call.at.is("Microsoft.KeyVault", "deletedVaults") && call.at.tail.size() == 1) {
    return list_deleted_vaults(cloud, state);
  }
  if (is_deleted_address(call, 4)) {
    const Vault* vault = addressed_deleted(cloud, state, call);
    return vault ? answer(200, deleted_vault_json(cloud, *vault)) : deleted_not_found(call);
  }
  if (is_child(call, "secrets") && call.at.tail.size() <= 4) {
    return read_secret_resource(cloud, state, call);
  }
  return std::nullopt;
}

std::optional<ArmAnswer> change_vaults(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string& method = call.op.method;
  if (method == "POST") {
    if (call.at.is("Microsoft.KeyVault", "checkNameAvailability")) {
      return check_availability(cloud, change.state(), call, false);
    }
    if (call.at.is("Microsoft.KeyVault", "checkMhsmNameAvailability")) {
      return check_availability(cloud, change.state(), call, true);
    }
    if (is_deleted_address(call, 5) && equal_ci(call.at.tail[4], "purge")) {
      return purge(cloud, change, call);
    }
    return std::nullopt;
  }
  if (is_child(call, "accessPolicies") && method == "PUT") {
    return put_access_policies(cloud, change, call);
  }
  if (is_child(call, "secrets") && call.at.tail.size() == 4) {
    return put_secret_resource(cloud, change, call);
  }
  if (!is_vaults(call) || call.at.tail.size() != 2) return std::nullopt;
  if (method == "PUT") return put_vault(cloud, change, call);
  if (method == "PATCH") return patch_vault(cloud, change, call);
  return std::nullopt;
}

}  // namespace armature::sandbox
