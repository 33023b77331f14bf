#include "sandbox/keyvault/operations.h"

#include <array>

#include "base/bytes.h"

namespace armature::sandbox {
namespace {

std::string resource_id(const SecretContext& context) {
  return context.vault.id + "/secrets/" + context.call.secret;
}

ArmAnswer set_secret(const SecretContext& context) {
  auto input = read_secret_input(context.call.body, nullptr);
  if (!input) return bad_parameter(input.error().message);
  if (!input->value) return bad_parameter("Property value has invalid value");
  const SecretState before = context.secret_state_now();
  if (before == SecretState::kDeleted) return still_deleted(context.call.secret);
  const auto version =
      add_version(context.cloud, *context.change, context.key(), context.call.secret, *input);
  if (!version) return vault_error(500, "InternalServerError", version.error().message);
  if (before == SecretState::kAbsent) {
    context.change->created(resource_id(context));
  } else {
    context.change->updated(resource_id(context));
  }
  JsonObject out = secret_json(context, *version, true);
  out["value"] = input->value->reveal();
  return answer(200, std::move(out));
}

ArmAnswer get_secret(const SecretContext& context) {
  const SecretVersion* version = nullptr;
  if (context.secret_state_now() == SecretState::kLive) {
    version = find_version(context.state, context.key(), context.call.version);
  }
  if (!version) return secret_not_found(context.call.secret, context.call.version);
  if (!version->enabled) {
    return vault_error(403, "Forbidden", "Operation get is not allowed on a disabled secret.",
                       "SecretDisabled");
  }
  const auto value = open_value(context.cloud, *version);
  if (!value) return vault_error(500, "InternalServerError", value.error().message);
  JsonObject out{
      {"value", value->reveal()}
  };
  for (auto& [name, field] : secret_json(context, *version, true)) out[name] = std::move(field);
  return answer(200, std::move(out));
}

ArmAnswer update_secret(const SecretContext& context) {
  const auto input = read_secret_input(context.call.body, nullptr);
  if (!input) return bad_parameter(input.error().message);
  const bool live = context.secret_state_now() == SecretState::kLive;
  if (!live || !update_version(*context.change, context.key(), context.call.version, *input,
                               context.cloud.clock().now())) {
    return secret_not_found(context.call.secret, context.call.version);
  }
  context.change->updated(resource_id(context));
  const auto* version = find_version(context.state, context.key(), context.call.version);
  return answer(200, secret_json(context, *version, true));
}

ArmAnswer remove_secret(const SecretContext& context) {
  if (context.secret_state_now() != SecretState::kLive) {
    return secret_not_found(context.call.secret);
  }
  delete_secret(*context.change, context.key(), context.settings, context.cloud.clock().now());
  context.change->deleted(resource_id(context));
  const auto* deleted = context.state.get<DeletedSecret>(context.key());
  return answer(200, deleted_json(context, context.key(), *deleted, true));
}

ArmAnswer deleted_not_found(const SecretContext& context) {
  return vault_error(404, "SecretNotFound", "Deleted Secret not found: " + context.call.secret);
}

ArmAnswer get_deleted(const SecretContext& context) {
  if (context.secret_state_now() != SecretState::kDeleted) return deleted_not_found(context);
  const auto* deleted = context.state.get<DeletedSecret>(context.key());
  return answer(200, deleted_json(context, context.key(), *deleted, true));
}

ArmAnswer purge_deleted(const SecretContext& context) {
  if (context.secret_state_now() != SecretState::kDeleted) return deleted_not_found(context);
  if (context.settings.purge_protection) {
    return vault_error(403, "Forbidden",
                       "Operation \"purge\" is not allowed because purge protection is enabled for "
                       "this vault. Key Vault service will automatically purge it after the "
                       "retention period has passed.\r\nVault: " +
                           context.vault.name + ";location=" + context.settings.location,
                       "ForbiddenByPolicy");
  }
  purge_secret(*context.change, context.key());
  return answer(204);
}

ArmAnswer recover_deleted(const SecretContext& context) {
  if (context.secret_state_now() != SecretState::kDeleted) return deleted_not_found(context);
  context.change->erase<DeletedSecret>(context.key());
  context.change->created(resource_id(context));
  const auto* version = find_version(context.state, context.key(), "");
  return answer(200, secret_json(context, *version, true));
}

constexpr DataRight kList{"readMetadata/action", "list"};
// clang-format off
constexpr SecretOperation kOperations[] = {
  {"GET",    "secrets",                       kList,                              false, list_secrets},
  {"POST",   "secrets/restore",               {"restore/action", "restore"},      true,  restore_secret},
  {"PUT",    "secrets/{name}",                {"setSecret/action", "set"},        true,  set_secret},
  {"GET",    "secrets/{name}",                {"getSecret/action", "get"},        false, get_secret},
  {"PATCH",  "secrets/{name}",                {"update/action", "set"},           true,  update_secret},
  {"DELETE", "secrets/{name}",                {"delete", "delete"},               true,  remove_secret},
  {"GET",    "secrets/{name}/versions",       kList,                              false, list_versions},
  {"POST",   "secrets/{name}/backup",         {"backup/action", "backup"},        false, backup_secret},
  {"GET",    "secrets/{name}/{version}",      {"getSecret/action", "get"},        false, get_secret},
  {"PATCH",  "secrets/{name}/{version}",      {"update/action", "set"},           true,  update_secret},
  {"GET",    "deletedsecrets",                kList,                              false, list_deleted},
  {"GET",    "deletedsecrets/{name}",         {"readMetadata/action", "get"},     false, get_deleted},
  {"DELETE", "deletedsecrets/{name}",         {"purge/action", "purge"},          true,  purge_deleted},
  {"POST",   "deletedsecrets/{name}/recover", {"recover/action", "recover"},      true,  recover_deleted},
};
// clang-format on

// Do the segments fit the pattern? Then what stands in its places is kept.
bool fits(std::string_view pattern, VaultRequest& call) {
  const auto words = split(pattern, '/');
  if (words.size() != call.path.size()) return false;
  std::string secret, version;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "{name}") {
      secret = call.path[i];
    } else if (words[i] == "{version}") {
      version = call.path[i];
    } else if (!equal_ci(words[i], call.path[i])) {
      return false;
    }
  }
  call.secret = std::move(secret);
  call.version = std::move(version);
  return true;
}

}  // namespace

std::string VaultRequest::query_value(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (equal_ci(key, name)) return value;
  }
  return "";
}

SecretState SecretContext::secret_state_now() const {
  return secret_state(state, key(), cloud.clock().now());
}

const SecretOperation* find_operation(VaultRequest& call) {
  for (const SecretOperation& operation : kOperations) {
    if (call.method == operation.method && fits(operation.path, call)) return &operation;
  }
  return nullptr;
}

JsonObject secret_json(const SecretContext& context, const SecretVersion& version,
                       bool with_version) {
  JsonObject out;
  if (!version.content_type.empty()) out["contentType"] = version.content_type;
  out["id"] =
      context.call.uri + "/secrets/" + version.name + (with_version ? "/" + version.version : "");
  out["attributes"] = attributes_json(version, context.settings);
  if (version.tags.is_object()) out["tags"] = version.tags;
  return out;
}

JsonObject deleted_json(const SecretContext& context, const std::string& key,
                        const DeletedSecret& deleted, bool with_version) {
  const auto seconds = [](Instant at) {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  };
  const SecretVersion* version = find_version(context.state, key, "");
  JsonObject out{
      {"recoveryId",         context.call.uri + "/deletedsecrets/" + version->name},
      {"deletedDate",        seconds(deleted.deletion)                            },
      {"scheduledPurgeDate", seconds(deleted.purge)                               }
  };
  for (auto& [name, field] : secret_json(context, *version, with_version)) {
    out[name] = std::move(field);
  }
  return out;
}

ArmAnswer secret_not_found(std::string_view name, std::string_view version) {
  return vault_error(404, "SecretNotFound",
                     "A secret with (name/id) " + std::string(name) +
                         (version.empty() ? "" : "/" + std::string(version)) +
                         " was not found in this key vault. If you recently deleted this secret "
                         "you may be able to recover it using the correct recovery command. For "
                         "help resolving this issue, please see "
                         "https://go.microsoft.com/fwlink/?linkid=2125182");
}

ArmAnswer still_deleted(std::string_view name) {
  return vault_error(409, "Conflict",
                     "Secret " + std::string(name) +
                         " is currently in a deleted but recoverable state, and its name cannot be "
                         "reused; in this state, the secret can only be recovered or purged.",
                     "ObjectIsDeletedButRecoverable");
}

ArmAnswer bad_parameter(const std::string& message) {
  return vault_error(400, "BadParameter", message);
}

}  // namespace armature::sandbox
