#include "app/workloads.h"

namespace armature::app {

Result<std::vector<access::Grant>> grants_of(const std::vector<RoleAtScope>& roles,
                                             const std::string& declared_at) {
  std::vector<access::Grant> out;
  for (const RoleAtScope& entry : roles) {
    ARMATURE_TRY(access::Grant grant,
                 access::make_grant(entry.role, entry.scope, entry.assignable_roles, declared_at));
    out.push_back(std::move(grant));
  }
  return out;
}

Status Workloads::put(const std::vector<IdentityConfig>& identities,
                      std::vector<WorkloadConfig> workloads) {
  std::vector<access::Ceiling> ceilings;
  for (const IdentityConfig& one : identities) {
    ARMATURE_TRY(auto most, grants_of(one.ceiling, "identities." + one.name + ".ceiling"));
    ceilings.push_back({one.name, std::move(most)});
  }
  std::vector<access::Entitled> entitled;
  std::vector<identity::Trust> trusts;
  std::vector<identity::CertificateTrust> certificates;
  for (const WorkloadConfig& one : workloads) {
    const std::string where = "workloads." + one.trust.name;
    ARMATURE_TRY(const Attempt attempt, identity::workload_attempt(one.trust.name));
    ARMATURE_TRY(auto granted, grants_of(one.roles, where + ".roles"));
    entitled.push_back({attempt, one.identity, std::move(granted), where});
    if (!one.certificate.empty()) {
      certificates.push_back({one.trust.name, one.certificate});
    } else if (!one.local) {
      trusts.push_back(one.trust);
    }
  }
  const std::lock_guard lock(mutex_);
  std::vector<Attempt> before;
  for (const WorkloadConfig& one : workloads_) {
    ARMATURE_TRY(Attempt attempt, identity::workload_attempt(one.trust.name));
    before.push_back(std::move(attempt));
  }
  ARMATURE_CHECK(grants_.replace(std::move(ceilings), before, std::move(entitled)));
  outside_.trust(std::move(trusts));
  certificates_.trust(std::move(certificates));
  workloads_ = std::move(workloads);
  return Ok{};
}

std::vector<WorkloadConfig> Workloads::list() const {
  const std::lock_guard lock(mutex_);
  return workloads_;
}

std::vector<identity::Principal> Workloads::principals_of(const std::string& identity) const {
  std::vector<identity::Principal> out;
  for (const WorkloadConfig& one : list()) {
    if (one.identity != identity) continue;
    if (auto attempt = identity::workload_attempt(one.trust.name)) {
      identity::Workload named{one.trust.name, one.trust.issuer, one.trust.name};
      out.push_back({*std::move(attempt), std::move(named)});
    }
  }
  return out;
}

}  // namespace armature::app
