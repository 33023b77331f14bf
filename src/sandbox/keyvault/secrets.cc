#include "sandbox/keyvault/secrets.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/seal.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMostName = 127;
constexpr std::size_t kMostValue = 25 * 1024;
constexpr std::size_t kMostContentType = 255;
constexpr std::size_t kMostTags = 15;
constexpr std::size_t kMostTag = 256;

Error bad(std::string_view field) {
  return fail(Code::kInvalid, "Property " + std::string(field) + " has invalid value");
}

std::string prefix_of(const std::string& key) { return key + "/"; }

std::string version_key(const std::string& key, std::size_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, digits.size() < 8 ? 8 - digits.size() : 0, '0');
  return prefix_of(key) + digits;
}

// The place of a version in its table, or its end.
auto place_of(const State& state, const std::string& key, std::string_view version) {
  const auto& table = state.table<SecretVersion>();
  const std::string prefix = prefix_of(key);
  auto found = table.end();
  for (auto it = table.lower_bound(prefix); it != table.end() && it->first.starts_with(prefix);
       ++it) {
    if (version.empty() || equal_ci(it->second.version, version)) found = it;
  }
  return found;
}

void apply(SecretVersion& version, const SecretInput& input) {
  if (input.content_type) version.content_type = *input.content_type;
  if (input.tags) version.tags = *input.tags;
  if (input.enabled) version.enabled = *input.enabled;
  if (input.not_before) version.not_before = *input.not_before;
  if (input.expires) version.expires = *input.expires;
}

bool are_tags(const Json& tags) {
  if (!tags.is_object() || tags.get_object().size() > kMostTags) return false;
  return std::ranges::all_of(tags.get_object(), [](const auto& tag) {
    return tag.value().is_string() && tag.key().size() <= kMostTag &&
           tag.value().get_string().size() <= kMostTag;
  });
}

Status read_time(const Json& attributes, const char* name, std::optional<std::int64_t>& out) {
  const Json* time = find(attributes, name);
  if (!time || time->is_null()) return Ok{};
  if (!time->is_int64() || time->get_int64() < 0) return bad(name);
  out = time->get_int64();
  return Ok{};
}

}  // namespace

Result<SecretInput> read_secret_input(const Json& body, const Json* tags) {
  if (!body.is_object()) return bad("");
  const auto given = [&](const char* name) -> const Json* {
    const Json* found = find(body, name);
    return found && !found->is_null() ? found : nullptr;
  };
  SecretInput out;
  if (const Json* value = given("value")) {
    if (!value->is_string()) return bad("value");
    if (value->get_string().size() > kMostValue) {
      return fail(Code::kInvalid, "The value of a secret has at most 25600 bytes.");
    }
    out.value = Secret(std::string(as_text(*value)));
  }
  if (const Json* type = given("contentType")) {
    if (!type->is_string() || type->get_string().size() > kMostContentType) {
      return bad("contentType");
    }
    out.content_type = std::string(as_text(*type));
  }
  if (!tags) tags = given("tags");
  if (tags && !tags->is_null()) {
    if (!are_tags(*tags)) return bad("tags");
    out.tags = *tags;
  }
  const Json* attributes = given("attributes");
  if (!attributes) return out;
  if (!attributes->is_object()) return bad("attributes");
  if (const Json* enabled = find(*attributes, "enabled"); enabled && !enabled->is_null()) {
    if (!enabled->is_bool()) return bad("enabled");
    out.enabled = enabled->get_bool();
  }
  ARMATURE_CHECK(read_time(*attributes, "nbf", out.not_before));
  ARMATURE_CHECK(read_time(*attributes, "exp", out.expires));
  return out;
}

bool is_secret_name(std::string_view name) {
  return !name.empty() && name.size() <= kMostName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string secret_key(std::string_view vault, std::string_view secret) {
  return to_lower(vault) + "/" + to_lower(secret);
}

SecretState secret_state(const State& state, const std::string& key, Instant now) {
  if (const DeletedSecret* deleted = state.get<DeletedSecret>(key)) {
    return deleted->purge > now ? SecretState::kDeleted : SecretState::kAbsent;
  }
  return find_version(state, key, "") ? SecretState::kLive : SecretState::kAbsent;
}

std::vector<const SecretVersion*> versions_of(const State& state, const std::string& key) {
  std::vector<const SecretVersion*> out;
  const auto& table = state.table<SecretVersion>();
  const std::string prefix = prefix_of(key);
  for (auto it = table.lower_bound(prefix); it != table.end() && it->first.starts_with(prefix);
       ++it) {
    out.push_back(&it->second);
  }
  return out;
}

const SecretVersion* find_version(const State& state, const std::string& key,
                                  std::string_view version) {
  const auto place = place_of(state, key, version);
  return place == state.table<SecretVersion>().end() ? nullptr : &place->second;
}

std::string next_secret(const State& state, std::string_view vault, const std::string& after) {
  const auto& table = state.table<SecretVersion>();
  const std::string prefix = to_lower(vault) + "/";
  // '0' follows '/': the first key behind all versions of `after`.
  const auto it = table.lower_bound(after.empty() ? prefix : after + "0");
  if (it == table.end() || !it->first.starts_with(prefix)) return "";
  return it->first.substr(0, it->first.rfind('/'));
}

Result<SecretVersion> add_version(Cloud& cloud, Change& change, const std::string& key,
                                  std::string_view name, const SecretInput& input) {
  SecretVersion version;
  version.name = name;
  version.version = to_hex(cloud.random().bytes(16));
  version.created = version.updated = cloud.clock().now();
  ARMATURE_TRY(version.sealed, seal(input.value->reveal(), cloud.vault_key(), cloud.random()));
  apply(version, input);
  // What is left of one whose time is over would come back otherwise.
  if (change.state().get<DeletedSecret>(key)) purge_secret(change, key);
  if (const SecretVersion* first = find_version(change.state(), key, "")) {
    version.name = first->name;  // the name keeps the case it was first given in
  }
  append_version(change, key, version);
  return version;
}

void append_version(Change& change, const std::string& key, SecretVersion version) {
  const auto last = place_of(change.state(), key, "");
  std::size_t number = 1;
  if (last != change.state().table<SecretVersion>().end()) {
    number = std::stoull(last->first.substr(last->first.rfind('/') + 1)) + 1;
  }
  change.put(version_key(key, number), std::move(version));
}

bool update_version(Change& change, const std::string& key, std::string_view version,
                    const SecretInput& input, Instant now) {
  const auto place = place_of(change.state(), key, version);
  if (place == change.state().table<SecretVersion>().end()) return false;
  SecretVersion renewed = place->second;
  apply(renewed, input);
  renewed.updated = now;
  change.put(std::string(place->first), std::move(renewed));
  return true;
}

void delete_secret(Change& change, const std::string& key, const VaultSettings& settings,
                   Instant now) {
  change.put(key, DeletedSecret{now, now + std::chrono::hours(24) * settings.retention_days});
}

void purge_secret(Change& change, const std::string& key) {
  const auto& table = change.state().table<SecretVersion>();
  const std::string prefix = prefix_of(key);
  for (auto it = table.lower_bound(prefix); it != table.end() && it->first.starts_with(prefix);
       it = table.lower_bound(prefix)) {
    change.erase<SecretVersion>(std::string(it->first));
  }
  change.erase<DeletedSecret>(key);
}

Result<Secret> open_value(const Cloud& cloud, const SecretVersion& version) {
  auto value = unseal(version.sealed, cloud.vault_key());
  if (!value) {
    return fail(Code::kInternal,
                "The value was sealed under another state key, which this process does not have.");
  }
  return value;
}

Json attributes_json(const SecretVersion& version, const VaultSettings& settings) {
  const auto seconds = [](Instant at) {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  };
  JsonObject out{
      {"enabled", version.enabled}
  };
  if (version.not_before != 0) out["nbf"] = version.not_before;
  if (version.expires != 0) out["exp"] = version.expires;
  out["created"] = seconds(version.created);
  out["updated"] = seconds(version.updated);
  out["recoveryLevel"] = settings.recovery_level();
  out["recoverableDays"] = settings.retention_days;
  return out;
}

Result<Json> read_secret(Cloud& cloud, const std::string& vault_id, const std::string& name,
                         const std::string& version) {
  return cloud.store().read([&](const State& state) -> Result<Json> {
    const Record* vault = state.get<Record>(to_lower(vault_id));
    if (!vault || find_vault(state, vault->name) != vault) {
      return fail(Code::kNotFound, "the vault '" + vault_id + "' does not exist");
    }
    const std::string key = secret_key(vault->name, name);
    const bool live = secret_state(state, key, cloud.clock().now()) == SecretState::kLive;
    const SecretVersion* found = live ? find_version(state, key, version) : nullptr;
    if (!found) {
      return fail(Code::kNotFound, "the vault '" + vault->name + "' has no secret '" + name +
                                       (version.empty() ? "" : "' of the version '" + version) +
                                       "'");
    }
    if (!found->enabled) return fail(Code::kDenied, "the secret '" + name + "' is disabled");
    ARMATURE_TRY(const Secret value, open_value(cloud, *found));
    return Json(value.reveal());
  });
}

}  // namespace armature::sandbox
