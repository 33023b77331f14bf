#include "sandbox/deployments/scope.h"

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/rbac/hierarchy.h"

namespace armature::sandbox {

std::optional<ArmAnswer> check_scope_of(const Deployment& deployment) {
  const auto scope = arm::ResourceId::parse(deployment.scope);
  if (!scope || scope->kind == arm::ScopeKind::kResource) {
    return refuse(400, "InvalidDeploymentScope",
                  "A deployment goes to a tenant, a management group, a subscription or a resource "
                  "group, not to '" +
                      deployment.scope + "'.");
  }
  if (scope->kind == arm::ScopeKind::kResourceGroup) return std::nullopt;
  if (deployment.location.empty()) {
    return refuse(400, "LocationRequired",
                  "The location property is required for this definition.");
  }
  if (deployment.mode == "Complete") {
    return refuse(400, "InvalidDeploymentMode",
                  "The deployment mode 'Complete' is not supported for deployments at the scope '" +
                      deployment.scope + "': it is for resource groups alone.");
  }
  return std::nullopt;
}

Json management_group_json(const Cloud& cloud, const State& state, std::string_view name) {
  if (!management_group_exists(state, name)) return nullptr;
  const ManagementGroup* group = state.get<ManagementGroup>(to_lower(name));
  const std::string shown = group ? group->name : cloud.tenant();
  JsonObject properties{
      {"tenantId",    cloud.tenant()                                   },
      {"displayName", group ? group->display_name : "Tenant root group"}
  };
  if (const std::string parent = parent_group(state, name); !parent.empty()) {
    properties["details"] = JsonObject{
        {"parent", JsonObject{{"id", management_group_id(parent)}, {"name", parent}}}
    };
  }
  return JsonObject{
      {"id",         management_group_id(shown)                        },
      {"name",       shown                                             },
      {"type",       "/providers/Microsoft.Management/managementGroups"},
      {"properties", std::move(properties)                             }
  };
}

std::optional<ArmAnswer> check_management_group(const Cloud& cloud, const State& state,
                                                const std::string& scope) {
  const auto id = arm::ResourceId::parse(scope);
  if (!id || id->kind != arm::ScopeKind::kManagementGroup) return std::nullopt;
  if (!management_group_json(cloud, state, id->management_group).is_null()) return std::nullopt;
  return refuse(404, "ManagementGroupNotFound",
                "The management group '" + id->management_group + "' cannot be found.");
}

std::string operation_result_path(const std::string& scope, const std::string& operation) {
  const auto id = arm::ResourceId::parse(scope);
  if (id && !id->subscription_id.empty()) {
    return "/subscriptions/" + id->subscription_id + "/operationresults/" + operation;
  }
  const std::string base = scope == "/" ? "" : scope;
  return base + "/providers/Microsoft.Resources/operationResults/" + operation;
}

}  // namespace armature::sandbox
