#pragma once
// Workloads on the gateway's own machine: whoever may read a file of theirs calls as them.
//
//   Files     DATA_DIR/workloads/NAME.env   shell lines (also for systemd's EnvironmentFile) that
//             point az, the SDKs and Terraform at the doors, as a task process is; 0600. The
//             credential in it is new at every start; that of one that is no longer local is gone
//   Errors    those of files and grants, naming the workload
//   Threads   one
#include <filesystem>

#include "app/config.h"
#include "app/doors.h"
#include "app/ports.h"

namespace armature::app {

std::filesystem::path workload_file(const Config& config, const WorkloadConfig& workload);
// Opens the doors to each of them that is local, and writes its file; files of others are removed.
// May be called again: the credentials before hold on.
Status admit_local(const Config& config, const std::vector<WorkloadConfig>& workloads,
                   TokensAndGrants& attempts, const Doors& doors);

}  // namespace armature::app
