#include "sandbox/keyvault/vaults.h"

#include <algorithm>

#include "base/bytes.h"
#include "http/message.h"

namespace armature::sandbox {

std::string vault_dns_suffix(const Cloud& cloud) {
  const auto url = http::parse_url(cloud.url());
  const std::string port = url ? url->port : "443";
  return std::string(kVaultDomain) + (port == "443" ? "" : ":" + port);
}

std::string vault_uri(const Cloud& cloud, std::string_view name) {
  return "https://" + to_lower(name) + "." + vault_dns_suffix(cloud);
}

// 3 to 24 letters, digits and hyphens; a letter first, none but a letter or digit last, no "--".
bool is_vault_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto word = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return name.size() >= 3 && name.size() <= 24 && letter(name.front()) && word(name.back()) &&
         name.find("--") == std::string_view::npos &&
         std::ranges::all_of(name, [&](char c) { return word(c) || c == '-'; });
}

std::string VaultSettings::recovery_level() const {
  return std::string(retention_days < 90 ? "CustomizedRecoverable" : "Recoverable") +
         (purge_protection ? "" : "+Purgeable");
}

VaultSettings vault_settings(const Record& vault) {
  VaultSettings out;
  out.retention_days = static_cast<int>(std::clamp<std::int64_t>(
      int_at(vault.body, "properties.softDeleteRetentionInDays", 90), 7, 90));
  out.purge_protection = bool_at(vault.body, "properties.enablePurgeProtection");
  out.rbac = bool_at(vault.body, "properties.enableRbacAuthorization");
  out.for_template_deployment = bool_at(vault.body, "properties.enabledForTemplateDeployment");
  out.location = text_at(vault.body, "location");
  return out;
}

const Record* find_vault(const State& state, std::string_view name) {
  const Vault* vault = state.get<Vault>(to_lower(name));
  return vault && !vault->deleted ? state.get<Record>(to_lower(vault->id)) : nullptr;
}

const Vault* find_deleted_vault(const State& state, std::string_view name, Instant now) {
  const Vault* vault = state.get<Vault>(to_lower(name));
  return vault && vault->deleted && vault->purge > now ? vault : nullptr;
}

void register_vault(Change& change, const Record& vault) {
  const std::string key = to_lower(vault.name);
  const Vault* old = change.state().get<Vault>(key);
  if (old && !old->deleted) return;
  purge_vault(change, key);  // what is left of one whose time is over
  Vault item;
  item.id = vault.id;
  change.put(key, std::move(item));
}

void retire_vault(Change& change, const Record& vault, Instant now) {
  Vault item;
  item.id = vault.id;
  item.deleted = true;
  item.resource = to_item(vault);
  item.deletion = now;
  item.purge = now + std::chrono::hours(24) * vault_settings(vault).retention_days;
  change.put(to_lower(vault.name), std::move(item));
}

Record recover_vault(Change& change, const Vault& vault) {
  Record record;
  from_item(vault.resource, record);
  Vault live;
  live.id = vault.id;
  change.put(to_lower(record.name), std::move(live));  // `vault` is gone from here on
  change.put(to_lower(record.id), record);
  return record;
}

void purge_vault(Change& change, std::string_view name) {
  const std::string key = to_lower(name);
  const std::string prefix = key + "/";
  const auto erase_all = [&]<class T>(const Table<T>& table) {
    for (auto it = table.lower_bound(prefix); it != table.end() && it->first.starts_with(prefix);
         it = table.lower_bound(prefix)) {
      change.erase<T>(std::string(it->first));
    }
  };
  erase_all(change.state().table<SecretVersion>());
  erase_all(change.state().table<DeletedSecret>());
  if (change.state().get<Vault>(key)) change.erase<Vault>(key);
}

}  // namespace armature::sandbox
