#pragma once
// The operations on secrets, by method and path; which right each needs, and what it does.
//
//   find_operation  the row that fits, with the request's secret and version filled in; null: none
//   run             under the store's lock, after the right was checked; change is null for those
//                   that only read
#include <string>
#include <utility>
#include <vector>

#include "sandbox/keyvault/data_access.h"
#include "sandbox/keyvault/secrets.h"

namespace armature::sandbox {

struct VaultRequest {
  std::string vault;
  std::string base;
  std::string uri;
  std::string method;
  std::string shown_path;
  std::vector<std::string> path;  // decoded, without empty segments
  std::vector<std::pair<std::string, std::string>> query;
  Json body;
  Caller caller;
  std::string secret;   // as in the path
  std::string version;  // empty: the current one

  std::string query_value(std::string_view name) const;
};

struct SecretContext {
  Cloud& cloud;
  const State& state;
  Change* change;
  const Record& vault;
  VaultSettings settings;
  const VaultRequest& call;

  std::string key() const { return secret_key(call.vault, call.secret); }
  SecretState secret_state_now() const;
};

struct SecretOperation {
  std::string_view method;
  std::string_view path;  // "secrets/{name}/{version}"
  DataRight right;
  bool changes;
  ArmAnswer (*run)(const SecretContext&);
};
const SecretOperation* find_operation(VaultRequest& call);

// backup.cc
ArmAnswer backup_secret(const SecretContext& context);
ArmAnswer restore_secret(const SecretContext& context);
// secret_lists.cc
ArmAnswer list_secrets(const SecretContext& context);
ArmAnswer list_versions(const SecretContext& context);
ArmAnswer list_deleted(const SecretContext& context);

// {id, attributes, contentType?, tags?}; the id with the version, or without where lists show it
// so.
JsonObject secret_json(const SecretContext& context, const SecretVersion& version,
                       bool with_version);
// The same of a deleted one, with recoveryId, deletedDate and scheduledPurgeDate.
JsonObject deleted_json(const SecretContext& context, const std::string& key,
                        const DeletedSecret& deleted, bool with_version);
ArmAnswer secret_not_found(std::string_view name, std::string_view version = "");
ArmAnswer still_deleted(std::string_view name);
ArmAnswer bad_parameter(const std::string& message);

}  // namespace armature::sandbox
