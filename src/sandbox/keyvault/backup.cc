// Backup of a secret with all its versions, as a text that only this sandbox can open, and restore.
#include "base/bytes.h"
#include "base/seal.h"
#include "sandbox/keyvault/operations.h"

namespace armature::sandbox {
namespace {

constexpr std::int64_t kFormat = 1;

Result<std::string> write_backup(const SecretContext& context,
                                 const std::vector<const SecretVersion*>& versions) {
  JsonArray items;
  for (const SecretVersion* version : versions) items.push_back(to_item(*version));
  // The values stay sealed under the same key; the whole is sealed so that it cannot be changed.
  const std::string text = dump(JsonObject{
      {"format",   kFormat         },
      {"versions", std::move(items)}
  });
  ARMATURE_TRY(const std::string sealed,
               seal(text, context.cloud.vault_key(), context.cloud.random()));
  ARMATURE_TRY(const std::string bytes, from_hex(sealed));
  return to_base64url(bytes);
}

Result<std::vector<SecretVersion>> read_backup(const SecretContext& context) {
  ARMATURE_TRY(const std::string bytes, from_base64url(text_at(context.call.body, "value")));
  ARMATURE_TRY(const Secret text, unseal(to_hex(bytes), context.cloud.vault_key()));
  ARMATURE_TRY(const Json document, parse_json(text.reveal()));
  const Json* items = find(document, "versions");
  if (int_at(document, "format") != kFormat || !items || !items->is_array() ||
      items->get_array().empty()) {
    return fail(Code::kInvalid, "not a backup");
  }
  std::vector<SecretVersion> out;
  for (const Json& item : items->get_array()) from_item(item, out.emplace_back());
  return out;
}

}  // namespace

ArmAnswer backup_secret(const SecretContext& context) {
  if (context.secret_state_now() != SecretState::kLive) {
    return secret_not_found(context.call.secret);
  }
  const auto text = write_backup(context, versions_of(context.state, context.key()));
  if (!text) return vault_error(500, "InternalServerError", text.error().message);
  return answer(200, JsonObject{
                         {"value", *text}
  });
}

ArmAnswer restore_secret(const SecretContext& context) {
  auto versions = read_backup(context);
  if (!versions) return bad_parameter("Backup blob is not valid: it was not made by this sandbox");
  const std::string name = versions->front().name;
  const std::string key = secret_key(context.call.vault, name);
  switch (secret_state(context.state, key, context.cloud.clock().now())) {
    case SecretState::kDeleted:
      return still_deleted(name);
    case SecretState::kLive:
      return vault_error(409, "Conflict",
                         "There was a conflict restoring the secret '" + context.call.uri +
                             "/secrets/" + name + "' because it already exists in target vault");
    case SecretState::kAbsent:
      break;
  }
  purge_secret(*context.change, key);
  for (SecretVersion& version : *versions) {
    append_version(*context.change, key, std::move(version));
  }
  context.change->created(context.vault.id + "/secrets/" + name);
  return answer(200, secret_json(context, *find_version(context.state, key, ""), true));
}

}  // namespace armature::sandbox
