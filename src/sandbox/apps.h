#pragma once
// Applications as the program that starts the sandbox needs them: registered with a secret, with
// their rights in ARM and in Microsoft Graph.
//
//   Errors    kNotFound: an unknown built-in role or Graph permission; then nothing is made
//   Threads   any
#include "sandbox/cloud.h"

namespace armature::sandbox {

struct Application {
  std::string client_id;
  std::string object_id;  // of its service principal
};

// The application of that name; made with its rights when absent, otherwise given the seed's secret
// in place of the one it had from here, and nothing else: rights that were taken away stay away.
Result<Application> ensure_app(Cloud& cloud, const AppSeed& seed);
Result<Application> ensure_app(Cloud& cloud, Change& change, const AppSeed& seed);

// A user-assigned identity and the group around it, with its rights when absent; its object id.
Result<std::string> ensure_identity(Cloud& cloud, const std::string& resource_id,
                                    const std::vector<AppSeed::Assignment>& roles);

// The service principals of Microsoft's own that role assignments and app roles refer to.
void seed_directory(Cloud& cloud, Change& change);

}  // namespace armature::sandbox
