#include "app/local_workloads.h"

#include <set>

#include "base/files.h"
#include "identity/principal.h"

namespace armature::app {
namespace {

// Renewed at the doors for as long as the gateway runs.
constexpr auto kTokenLength = std::chrono::hours(1);

Status admit(const Config& config, const WorkloadConfig& one, TokensAndGrants& attempts,
             const Doors& doors) {
  const std::string where = "workloads." + one.trust.name;
  ARMATURE_TRY(const Attempt attempt, identity::workload_attempt(one.trust.name));
  std::vector<orchestrator::RoleGrant> roles;
  for (const RoleAtScope& role : one.roles) {
    roles.push_back({role.role, role.scope, role.assignable_roles, where + ".roles"});
  }
  ARMATURE_CHECK(attempts.begin(attempt, one.identity, roles, kTokenLength));
  std::string lines;
  for (const auto& [name, value] : doors.environment_of(attempt)) {
    lines += name + "='" + value.reveal() + "'\n";
  }
  return write_file(workload_file(config, one), lines, 0600);
}

}  // namespace

std::filesystem::path workload_file(const Config& config, const WorkloadConfig& workload) {
  return config.data_dir / "workloads" / (workload.trust.name + ".env");
}

Status admit_local(const Config& config, const std::vector<WorkloadConfig>& workloads,
                   TokensAndGrants& attempts, const Doors& doors) {
  const std::filesystem::path folder = config.data_dir / "workloads";
  std::set<std::filesystem::path> written;
  for (const WorkloadConfig& one : workloads) {
    if (!one.local) continue;
    ARMATURE_CHECK(make_private_directory(folder));
    ARMATURE_CHECK(admit(config, one, attempts, doors));
    written.insert(workload_file(config, one));
  }
  std::error_code error;
  std::vector<std::filesystem::path> others;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!written.contains(entry->path())) others.push_back(entry->path());
  }
  for (const auto& other : others) std::filesystem::remove(other, error);
  return Ok{};
}

}  // namespace armature::app
