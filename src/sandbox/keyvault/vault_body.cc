// The body of a vault: what Key Vault refuses, and what it keeps of what was sent. What it shows
// besides stands in the table of computed properties.
#include "base/bytes.h"
#include "sandbox/keyvault/vault_routes.h"

namespace armature::sandbox {
namespace {

ArmAnswer bad(const std::string& message) { return refuse(400, "BadRequest", message); }
ArmAnswer invalid_value(const char* name) {
  return bad("An invalid value was provided for '" + std::string(name) + "'.");
}

bool is_true(const JsonObject& properties, const char* name) {
  const Json* value = find_ci(properties, name);
  return value && value->is_bool() && value->get_bool();
}
bool is_false(const JsonObject& properties, const char* name) {
  const Json* value = find_ci(properties, name);
  return value && value->is_bool() && !value->get_bool();
}

const JsonObject* properties_of(const Json* body) {
  const Json* found = body ? find(*body, "properties") : nullptr;
  return found && found->is_object() ? &found->get_object() : nullptr;
}

// Soft delete and purge protection go one way only.
std::optional<ArmAnswer> check_protection(const JsonObject& properties, const JsonObject* old) {
  if (old && is_false(properties, "enableSoftDelete")) {
    return bad(
        "The property \"enableSoftDelete\" can be set to false only for creating new vault. "
        "Enabling the 'soft delete' functionality is an irreversible action.");
  }
  if (is_false(properties, "enablePurgeProtection")) {
    return bad(
        "The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge "
        "protection for a vault is an irreversible action.");
  }
  const Json* days = find_ci(properties, "softDeleteRetentionInDays");
  if (!days) return std::nullopt;
  if (!days->is_int64() || days->get_int64() < 7 || days->get_int64() > 90) {
    return invalid_value("softDeleteRetentionInDays");
  }
  const Json* was = old ? find_ci(*old, "softDeleteRetentionInDays") : nullptr;
  const std::int64_t before = was && was->is_int64() ? was->get_int64() : 90;
  if (old && before != days->get_int64()) {
    return bad(
        "The property \"softDeleteRetentionInDays\" has been set already and it can't be "
        "modified.");
  }
  return std::nullopt;
}

std::optional<ArmAnswer> check_required(const JsonObject& properties) {
  const Json* sku = find_ci(properties, "sku");
  const std::string level = sku ? to_lower(text_at(*sku, "name")) : "";
  if (level != "standard" && level != "premium") return invalid_value("sku");
  const Json* tenant = find_ci(properties, "tenantId");
  if (!tenant || !tenant->is_string()) return invalid_value("tenantId");
  const Json* policies = find_ci(properties, "accessPolicies");
  if (!policies && !is_true(properties, "enableRbacAuthorization")) {
    return invalid_value("accessPolicies");
  }
  if (policies && !policies->is_array()) return invalid_value("accessPolicies");
  return std::nullopt;
}

}  // namespace

std::optional<ArmAnswer> complete_vault(Json& body, const Json* old) {
  const JsonObject* before = properties_of(old);
  Json* found = find_ci(body.get_object(), "properties");
  if (!found || !found->is_object()) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: 'the vault has "
                  "no properties'.");
  }
  JsonObject& properties = found->get_object();
  std::vector<std::string> nulls;
  for (const auto& [name, value] : properties) {
    if (value.is_null()) nulls.emplace_back(name);
  }
  for (const std::string& name : nulls) properties.erase(name);
  if (auto refused = check_required(properties)) return refused;
  if (auto refused = check_protection(properties, before)) return refused;
  // The vault's own to say, and what only speaks of this request.
  for (const char* name : {"vaultUri", "hsmPoolResourceId", "createMode"}) properties.erase(name);
  if (before) {
    for (const char* kept : {"enablePurgeProtection", "softDeleteRetentionInDays"}) {
      const Json* value = find_ci(*before, kept);
      if (value && !find_ci(properties, kept)) properties[kept] = *value;
    }
  }
  if (is_false(properties, "enableSoftDelete")) *find_ci(properties, "enableSoftDelete") = true;
  return std::nullopt;
}

}  // namespace armature::sandbox
