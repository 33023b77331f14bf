#include "access/explain.h"

#include "base/bytes.h"

namespace armature::access {
namespace {

std::string role_name(const std::string& role_id) {
  const arm::Role* role = arm::find_builtin_role(role_id);
  return role ? role->name : role_id;
}

std::string proposed_role(const std::string& action) {
  const arm::Role* role = arm::smallest_builtin_role(action);
  return role ? role->name : "";
}

// The entry a reviewer would add, and nothing wider: this task, this scope, the smallest role.
std::string dag_entry(const Facts& facts, const std::string& role, const std::string& scope,
                      const std::string& assignable) {
  std::string out = "- role: " + role + "\n  scope: " + scope + "\n  tasks: [" +
                    facts.attempt.key.task.str() + "]";
  if (!assignable.empty()) out += "\n  assignable_roles: [" + assignable + "]";
  return out;
}

std::string layer_text(const Facts& facts, const Ask& ask, const Decision& decision) {
  switch (decision.layer) {
    case Layer::kGrant:
      return "The DAG file grants this task no role that permits it there.";
    case Layer::kCeiling:
      return decision.reason == "role_not_assignable"
                 ? "The ceiling of identity '" + facts.identity +
                       "' does not let it hand out role '" + role_name(ask.assigns_role_id) +
                       "'. The server's operator can add it to assignable_roles in "
                       "identities[].ceiling."
                 : "The DAG file grants it, but the ceiling of identity '" + facts.identity +
                       "' does not reach there. The server's operator can extend "
                       "identities[].ceiling.";
    case Layer::kAssignableRole:
      return "The grant that covers it may not hand out role '" + role_name(ask.assigns_role_id) +
             "'.";
    case Layer::kRequest:
      return "What cannot be checked is refused: " + ask.unreadable;
    default:
      return "";
  }
}

}  // namespace

Explanation explain(const Facts& facts, const Ask& ask, const Decision& decision) {
  Explanation out;
  out.layer = decision.layer;
  out.reason = decision.reason;
  out.missing_action = decision.missing.action;
  out.missing_scope = decision.missing.scope;
  const std::string task = facts.attempt.key.task.str();
  out.message = "Task '" + task + "' of DAG '" + facts.attempt.key.dag.str() +
                "' may not perform '" + out.missing_action + "' on '" + out.missing_scope + "'. " +
                layer_text(facts, ask, decision);
  const std::string role = proposed_role(out.missing_action);
  if (decision.layer == Layer::kGrant) {
    out.fix_dag = role.empty() ? "# no built-in role permits " + out.missing_action +
                                     ": a custom role with this action is needed"
                               : dag_entry(facts, role, out.missing_scope, "");
  } else if (decision.layer == Layer::kAssignableRole) {
    out.fix_dag = dag_entry(facts, role, out.missing_scope, role_name(ask.assigns_role_id));
  }
  return out;
}

Explanation explain_azure(const Facts& facts, const Ask& ask, const arm::ErrorBody& error,
                          const std::string& principal_id) {
  Explanation out;
  out.layer = Layer::kAzure;
  out.reason = error.code;
  out.missing_action = ask.action;
  out.missing_scope = ask.scope;
  out.message = "Armature allowed it, Azure did not: identity '" + facts.identity +
                "' was refused '" + ask.action + "' on '" + ask.scope +
                "'. Azure says: " + error.code + ": " + error.message;
  const std::string role = proposed_role(ask.action);
  if (equal_ci(error.code, "AuthorizationFailed") && !role.empty()) {
    out.fix_az = "az role assignment create --assignee-object-id " +
                 (principal_id.empty() ? "OBJECT_ID_OF_" + facts.identity : principal_id) +
                 " --assignee-principal-type ServicePrincipal --role '" + role + "' --scope '" +
                 ask.scope + "'";
  }
  return out;
}

Json to_json(const Explanation& explanation) {
  JsonObject out;
  out["layer"] = to_string(explanation.layer);
  out["reason"] = explanation.reason;
  out["message"] = explanation.message;
  out["missing_action"] = explanation.missing_action;
  out["missing_scope"] = explanation.missing_scope;
  out["fix_dag"] = explanation.fix_dag;
  out["fix_az"] = explanation.fix_az;
  return out;
}

Explanation explanation_from_json(const Json& value) {
  Explanation out;
  const std::string layer = text_at(value, "layer");
  for (const Layer known : {Layer::kToken, Layer::kGrant, Layer::kCeiling, Layer::kAssignableRole,
                            Layer::kRequest, Layer::kAzure}) {
    if (to_string(known) == layer) out.layer = known;
  }
  out.reason = text_at(value, "reason");
  out.message = text_at(value, "message");
  out.missing_action = text_at(value, "missing_action");
  out.missing_scope = text_at(value, "missing_scope");
  out.fix_dag = text_at(value, "fix_dag");
  out.fix_az = text_at(value, "fix_az");
  return out;
}

std::string to_text(const Explanation& explanation) {
  std::string out = explanation.message;
  out += "\n  layer:          " + std::string(to_string(explanation.layer)) + " (" +
         explanation.reason + ")";
  if (!explanation.missing_action.empty()) {
    out += "\n  missing action: " + explanation.missing_action;
    out += "\n  missing scope:  " + explanation.missing_scope;
  }
  if (!explanation.fix_dag.empty()) {
    out += "\n  fix, in the DAG file under access.azure.roles:";
    for (const std::string& line : split(explanation.fix_dag, '\n')) out += "\n    " + line;
  }
  if (!explanation.fix_az.empty()) {
    out += "\n  fix, on Azure's side:\n    " + explanation.fix_az;
  }
  return out;
}

}  // namespace armature::access
