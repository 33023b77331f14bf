#include "sandbox/entra/managed_identity.h"

#include "base/bytes.h"
#include "sandbox/entra/directory.h"

namespace armature::sandbox {
namespace {

bool is_user_assigned(const Record& record) {
  return equal_ci(record.type, "Microsoft.ManagedIdentity/userAssignedIdentities");
}

const Json* identity_block(const Json& body) {
  if (!body.is_object()) return nullptr;
  const Json* block = find_ci(body.get_object(), "identity");
  return block && block->is_object() ? block : nullptr;
}

bool wants_system_assigned(const Record& record) {
  const Json* block = identity_block(record.body);
  if (!block) return false;
  return to_lower(text_at(*block, "type")).find("systemassigned") != std::string::npos;
}

// The keys of "userAssignedIdentities".
std::vector<std::string> assigned_to(const Record& record) {
  std::vector<std::string> out;
  const Json* block = identity_block(record.body);
  const Json* assigned = block ? find_ci(block->get_object(), "userAssignedIdentities") : nullptr;
  if (!assigned || !assigned->is_object()) return out;
  for (const auto& member : assigned->get_object()) out.emplace_back(member.key());
  return out;
}

}  // namespace

void sync_identity(Cloud& cloud, Change& change, const Record& record) {
  const ServicePrincipal* known = find_identity(change.state(), record.id);
  const bool wanted = is_user_assigned(record) || wants_system_assigned(record);
  if (known && !wanted) erase_service_principal(change, ServicePrincipal(*known));
  if (known || !wanted) return;
  ServicePrincipal made;
  made.client_id = cloud.random().uuid();
  made.object_id = cloud.random().uuid();
  made.display_name = record.name;
  made.type = "ManagedIdentity";
  made.resource_id = record.id;
  made.user_assigned = is_user_assigned(record);
  made.created = cloud.clock().now();
  put_service_principal(change, made);
}

void forget_identity(Change& change, const std::string& resource_id) {
  const ServicePrincipal* known = find_identity(change.state(), resource_id);
  if (known) erase_service_principal(change, ServicePrincipal(*known));
}

void show_identity(const Cloud& cloud, const State& state, const Record& record,
                   JsonObject& resource) {
  const ServicePrincipal* own = find_identity(state, record.id);
  if (own && is_user_assigned(record)) {
    Json* properties = find_ci(resource, "properties");
    if (!properties || !properties->is_object()) return;
    properties->get_object()["tenantId"] = cloud.tenant();
    properties->get_object()["principalId"] = own->object_id;
    properties->get_object()["clientId"] = own->client_id;
    return;
  }
  Json* block = find_ci(resource, "identity");
  if (!block || !block->is_object()) return;
  if (own) {
    block->get_object()["principalId"] = own->object_id;
    block->get_object()["tenantId"] = cloud.tenant();
  }
  Json* assigned = find_ci(block->get_object(), "userAssignedIdentities");
  if (!assigned || !assigned->is_object()) return;
  for (auto& [id, value] : assigned->get_object()) {
    const ServicePrincipal* one = find_identity(state, id);
    value = JsonObject{};
    if (!one) continue;
    value.get_object()["principalId"] = one->object_id;
    value.get_object()["clientId"] = one->client_id;
  }
}

std::vector<ServicePrincipal> identities_on(const State& state, const std::string& resource_id) {
  std::vector<ServicePrincipal> out;
  if (const ServicePrincipal* own = find_identity(state, resource_id)) out.push_back(*own);
  const Record* record = state.get<Record>(to_lower(resource_id));
  if (!record) return out;
  for (const std::string& id : assigned_to(*record)) {
    const ServicePrincipal* one = find_identity(state, id);
    if (one && one->user_assigned) out.push_back(*one);
  }
  return out;
}

}  // namespace armature::sandbox
