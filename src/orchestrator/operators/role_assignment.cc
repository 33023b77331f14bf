// azure.role_assignment: gives a principal a role at a scope. The assignment's name is computed
// from scope, role and principal, so that every try names the same one.
#include "arm/error_body.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "orchestrator/operators/arm_session.h"

namespace armature::orchestrator {
namespace {

constexpr auto kApiVersion = "2022-04-01";

// The definition's full id by name, guid or id.
std::variant<std::string, Finished> role_definition_id(Bench& bench, const std::string& scope,
                                                       const std::string& role) {
  if (role.starts_with('/')) return role;
  ArmSession session(bench);
  const std::string list = scope + "/providers/Microsoft.Authorization/roleDefinitions";
  if (is_uuid(role)) return list + "/" + role;
  std::string quoted = role;
  for (std::size_t at = 0; (at = quoted.find('\'', at)) != std::string::npos; at += 2) {
    quoted.insert(at, 1, '\'');
  }
  auto found = session.call("GET", with_api_version(list, kApiVersion) + "&$filter=" +
                                       http::percent_encode("roleName eq '" + quoted + "'"));
  if (auto* finished = std::get_if<Finished>(&found)) return *finished;
  const Json& body = std::get<ArmAnswer>(found).body;
  const Json* values = find(body, "value");
  if (!values || !values->is_array() || values->get_array().empty()) {
    return give_up(bench, dag::FailureClass::kFatal,
                   "no role definition is called '" + role + "' at " + scope,
                   "RoleDefinitionDoesNotExist");
  }
  return text_at(values->get_array()[0], "id");
}

}  // namespace

Finished run_role_assignment(Bench& bench) {
  const Json arguments(bench.work.arguments);
  std::string scope = text_at(arguments, "scope");
  while (scope.size() > 1 && scope.ends_with('/')) scope.pop_back();
  const std::string principal = text_at(arguments, "principal_id");
  auto role = role_definition_id(bench, scope, text_at(arguments, "role_definition"));
  if (auto* finished = std::get_if<Finished>(&role)) return *finished;
  const std::string& role_id = std::get<std::string>(role);
  const std::string name =
      arm_guid(to_lower(scope) + "-" + to_lower(role_id.substr(role_id.rfind('/') + 1)) + "-" +
               to_lower(principal));

  JsonObject properties;
  properties["roleDefinitionId"] = role_id;
  properties["principalId"] = principal;
  properties["principalType"] = text_at(arguments, "principal_type", "ServicePrincipal");
  const std::string description = text_at(arguments, "description");
  if (!description.empty()) properties["description"] = description;
  JsonObject body;
  body["properties"] = std::move(properties);

  const std::string target = with_api_version(
      scope + "/providers/Microsoft.Authorization/roleAssignments/" + name, kApiVersion);
  ArmSession session(bench);
  auto put = session.call("PUT", target, body, 409);
  if (auto* finished = std::get_if<Finished>(&put)) return *finished;
  ArmAnswer& answer = std::get<ArmAnswer>(put);
  if (answer.status == 409) {
    const auto error = arm::read_error(answer.status, dump(answer.body));
    if (!equal_ci(error.code, "RoleAssignmentExists")) {
      return give_up(bench, failure_class(409, error.code),
                     describe_error(answer.status, answer.body), error.code);
    }
    bench.log.info("the principal has this role at this scope already");
    JsonObject output;
    output["properties"] = body["properties"];
    return succeed(bench, std::move(output));
  }
  return succeed(bench, std::move(answer.body));
}

}  // namespace armature::orchestrator
