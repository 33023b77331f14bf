#pragma once
// The secrets of a vault: versions in the order they were set, the newest of which is current.
//
//   Keys      "vault/secret" in lower case: secret_key()
//   State     a deleted secret keeps its versions until it is purged or its time is over
//   Values    sealed under Cloud::vault_key(). A value that does not open (the state key is another
//             one now) is kInternal; nothing is thrown away for it
//   Threads   under the store's lock, but for the pure functions
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/cloud.h"
#include "sandbox/keyvault/vaults.h"
#include "sandbox/store.h"

namespace armature::sandbox {

// What a client may say of a secret; absent fields keep what is there, or the default.
struct SecretInput {
  std::optional<Secret> value;
  std::optional<std::string> content_type;
  std::optional<Json> tags;
  std::optional<bool> enabled;
  std::optional<std::int64_t> not_before;
  std::optional<std::int64_t> expires;
};
// Reads {value, contentType, tags, attributes: {enabled, nbf, exp}}; kInvalid names the field.
// `tags` null: they are not in `body`.
Result<SecretInput> read_secret_input(const Json& body, const Json* tags);
bool is_secret_name(std::string_view name);

std::string secret_key(std::string_view vault, std::string_view secret);
enum class SecretState { kAbsent, kLive, kDeleted };
SecretState secret_state(const State& state, const std::string& key, Instant now);
std::vector<const SecretVersion*> versions_of(const State& state, const std::string& key);
// `version` empty: the current one.
const SecretVersion* find_version(const State& state, const std::string& key,
                                  std::string_view version);
// The key of the first secret after `after` ("" : the first) in a vault; "" at the end.
std::string next_secret(const State& state, std::string_view vault, const std::string& after);

// A new version, current from now on; input.value is set. The secret is not deleted.
Result<SecretVersion> add_version(Cloud& cloud, Change& change, const std::string& key,
                                  std::string_view name, const SecretInput& input);
void append_version(Change& change, const std::string& key, SecretVersion version);
// Attributes, tags and content type of a version; false: there is none.
bool update_version(Change& change, const std::string& key, std::string_view version,
                    const SecretInput& input, Instant now);
void delete_secret(Change& change, const std::string& key, const VaultSettings& settings,
                   Instant now);
void purge_secret(Change& change, const std::string& key);
Result<Secret> open_value(const Cloud& cloud, const SecretVersion& version);

// {enabled, nbf, exp, created, updated, recoveryLevel, recoverableDays}
Json attributes_json(const SecretVersion& version, const VaultSettings& settings);

// For the parameters of deployments: the value of a secret as a JSON string. Takes the store's
// lock. kNotFound: no such vault, secret or version; kDenied: it is disabled.
Result<Json> read_secret(Cloud& cloud, const std::string& vault_id, const std::string& name,
                         const std::string& version);

}  // namespace armature::sandbox
