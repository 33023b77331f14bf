#include "arm/operation.h"
#include "base/bytes.h"

namespace armature::arm {
namespace {

const Json* member(const JsonObject& object, std::string_view name) {
  const Json* found = find_ci(object, name);
  return found && found->is_null() ? nullptr : found;
}

}  // namespace

Result<RoleGrantRequest> role_grant_request(const Json& body) {
  const auto* object = body.if_object();
  const Json* properties = object ? member(*object, "properties") : nullptr;
  const auto* fields = properties ? properties->if_object() : nullptr;
  if (!fields) return fail(Code::kInvalid, "properties is missing");
  const Json* role = member(*fields, "roleDefinitionId");
  const Json* principal = member(*fields, "principalId");
  if (!role || !role->is_string()) {
    return fail(Code::kInvalid, "properties.roleDefinitionId is missing");
  }
  if (!principal || !principal->is_string()) {
    return fail(Code::kInvalid, "properties.principalId is missing");
  }
  std::string_view id = trim(as_text(*role));
  if (const auto slash = id.rfind('/'); slash != std::string_view::npos)
    id.remove_prefix(slash + 1);
  if (!is_uuid(id)) {
    return fail(Code::kInvalid, "properties.roleDefinitionId does not end in a role's guid");
  }
  return RoleGrantRequest{to_lower(id), std::string(as_text(*principal))};
}

}  // namespace armature::arm
