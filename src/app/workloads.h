#pragma once
// Workloads: who may call the gateway beside tasks, by the configuration: whose tokens count, and
// what each caller is granted under its identity's ceiling. Put anew when the configuration is read
// again.
//
//   put       all of them, or none: what cannot be understood changes nothing
//   Errors    kInvalid: a role or scope; kNotFound: an identity; naming the workload
//   Threads   every call from any thread
//   Lifetime  everything passed in outlives it
#include <mutex>
#include <string>
#include <vector>

#include "access/grant.h"
#include "app/config.h"
#include "identity/client_certificates.h"
#include "identity/outside_tokens.h"
#include "identity/principal.h"

namespace armature::app {

// Scopes and roles as the operator wrote them, checked like a DAG's grants.
Result<std::vector<access::Grant>> grants_of(const std::vector<RoleAtScope>& roles,
                                             const std::string& declared_at);

class Workloads {
 public:
  Workloads(access::GrantStore& grants, identity::OutsideTokens& outside,
            identity::ClientCertificates& certificates)
      : grants_(grants), outside_(outside), certificates_(certificates) {}
  Status put(const std::vector<IdentityConfig>& identities, std::vector<WorkloadConfig> workloads);
  std::vector<WorkloadConfig> list() const;
  // Those that call Azure as the identity.
  std::vector<identity::Principal> principals_of(const std::string& identity) const;

 private:
  access::GrantStore& grants_;
  identity::OutsideTokens& outside_;
  identity::ClientCertificates& certificates_;
  mutable std::mutex mutex_;
  std::vector<WorkloadConfig> workloads_;
};

}  // namespace armature::app
