#include "sandbox/keyvault/data_access.h"

#include <algorithm>

#include "base/bytes.h"
#include "sandbox/keyvault/vaults.h"
#include "sandbox/rbac.h"

namespace armature::sandbox {
namespace {

std::string describe(const Cloud& cloud, const Caller& caller) {
  return "appid=" + caller.app_id + ";oid=" + caller.object_id + ";iss=https://sts.windows.net/" +
         cloud.tenant() + "/";
}

std::string describe(const Record& vault) {
  return vault.name + ";location=" + text_at(vault.body, "location");
}

bool policy_permits(const Json& policy, const Caller& caller, std::string_view permission) {
  if (!equal_ci(text_at(policy, "objectId"), caller.object_id)) return false;
  const std::string application = text_at(policy, "applicationId");
  if (!application.empty() && !equal_ci(application, caller.app_id)) return false;
  const Json* granted = at(policy, "permissions.secrets");
  if (!granted || !granted->is_array()) return false;
  return std::ranges::any_of(granted->get_array(), [&](const Json& one) {
    return one.is_string() && (equal_ci(as_text(one), permission) || equal_ci(as_text(one), "all"));
  });
}

bool policies_permit(const Record& vault, const Caller& caller, std::string_view permission) {
  const Json* policies = at(vault.body, "properties.accessPolicies");
  return policies && policies->is_array() &&
         std::ranges::any_of(policies->get_array(), [&](const Json& policy) {
           return policy_permits(policy, caller, permission);
         });
}

}  // namespace

ArmAnswer vault_error(int status, std::string_view code, const std::string& message,
                      std::string_view inner) {
  JsonObject error{
      {"code",    code   },
      {"message", message}
  };
  if (!inner.empty()) {
    error["innererror"] = JsonObject{
        {"code", inner}
    };
  }
  ArmAnswer out = answer(status, JsonObject{
                                     {"error", std::move(error)}
  });
  out.headers.set("x-ms-error-code", std::string(inner.empty() ? code : inner));
  return out;
}

std::optional<ArmAnswer> refuse_data(const Cloud& cloud, const State& state, const Record& vault,
                                     const Caller& caller, const DataRight& right,
                                     std::string_view secret) {
  if (!vault_settings(vault).rbac) {
    if (policies_permit(vault, caller, right.permission)) return std::nullopt;
    return vault_error(403, "Forbidden",
                       "The user, group or application '" + describe(cloud, caller) +
                           "' does not have secrets " + std::string(right.permission) +
                           " permission on key vault '" + describe(vault) +
                           "'. For help resolving this issue, please see "
                           "https://go.microsoft.com/fwlink/?linkid=2125287",
                       "AccessDenied");
  }
  const std::string action = "Microsoft.KeyVault/vaults/secrets/" + std::string(right.action);
  const std::string scope = vault.id + (secret.empty() ? "" : "/secrets/" + std::string(secret));
  if (may(cloud, state, caller.object_id, action, scope, true)) return std::nullopt;
  return vault_error(403, "Forbidden",
                     "Caller is not authorized to perform action on resource.\r\n"
                     "If role assignments, deny assignments or role definitions were changed "
                     "recently, please observe propagation time.\r\n"
                     "Caller: " +
                         describe(cloud, caller) + "\r\nAction: '" + action + "'\r\nResource: '" +
                         to_lower(scope) +
                         "'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\n"
                         "DecisionReason: null \r\nVault: " +
                         describe(vault) + "\r\n",
                     "ForbiddenByRbac");
}

}  // namespace armature::sandbox
