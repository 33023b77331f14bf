#pragma once
// Resources of extensions (Kubernetes, Microsoft Graph) in a deployment: kept, sent nowhere.
//
//   keep   what the template says of one, its secure values out; Microsoft Graph's own ids are
//   added find   what reference('symbol') reads; null when nothing was kept under the id forget all
//   of one deployment Threads   keep: any; the others run under the store's lock
#include "sandbox/cloud.h"
#include "sandbox/deployments/run.h"

namespace armature::sandbox {

Status keep_extension_resource(Cloud& cloud, const Run& run, const tmpl::Resource& resource,
                               const Json& body);
const Json* find_extension_resource(const State& state, const std::string& id);
void forget_extension_resources(Change& change, const std::string& deployment_id);

}  // namespace armature::sandbox
