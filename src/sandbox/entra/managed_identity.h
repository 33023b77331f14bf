#pragma once
// Managed identities: the service principals that live and go with resources.
//
//   sync    after a resource was put or patched: makes the principal that its "identity" asks for
//           (system-assigned), or that it is (user-assigned), and takes it away when the block
//           went. A resource that is made anew gets a new principal, as in Azure
//   forget  before a resource goes
//   show    what GET adds: principalId, clientId, tenantId
//   Reads   by key; all under the store's lock
#include <string>
#include <vector>

#include "sandbox/cloud.h"

namespace armature::sandbox {

void sync_identity(Cloud& cloud, Change& change, const Record& record);
void forget_identity(Change& change, const std::string& resource_id);
void show_identity(const Cloud& cloud, const State& state, const Record& record,
                   JsonObject& resource);

// The identities that code on the resource may have tokens of: its own, and those assigned to it;
// of a user-assigned identity that stands alone, itself. The system-assigned one comes first.
std::vector<ServicePrincipal> identities_on(const State& state, const std::string& resource_id);

}  // namespace armature::sandbox
