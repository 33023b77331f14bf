#include "access/explain.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"

namespace armature::access {
namespace {

std::string role_name(const std::string& role_id) {
  const arm::Role* role = arm::find_builtin_role(role_id);
  return role ? role->name : role_id;
}

struct Proposal {
  std::string role;  // empty: no built-in role will do
  std::string scope;
};

Proposal propose(const arm::Need& missing) {
  const arm::Role* role = arm::smallest_builtin_role(missing.action);
  return {role ? role->name : "", missing.scope};
}

// A deployment needs its template's writes beside its own, so that one entry should do for all of
// them: at the scope it deploys to. Owner is never proposed for convenience.
Proposal propose(const Ask& ask, const arm::Need& missing) {
  if (ask.linked.empty() || missing.scope != ask.scope) return propose(missing);
  const auto id = arm::ResourceId::parse(ask.scope);
  if (!id) return propose(missing);
  std::vector<std::string> actions = {ask.action};
  for (const arm::Need& need : ask.linked) {
    if (arm::at_or_above(id->scope, need.scope)) actions.push_back(need.action);
  }
  const arm::Role* role = arm::smallest_builtin_role(actions);
  if (role && role->name != "Owner") return {role->name, id->scope};
  return {propose(missing).role, id->scope};
}

// For a POSIX shell: names in a scope may hold quotes.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

// Plain where YAML reads it as plain text.
std::string yaml_text(const std::string& text) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/.-_() ").find(c) != std::string_view::npos;
  });
  return plain ? text : dump(Json(text));
}

// A caller from outside has an attempt that bears its name; "" for a task.
std::string workload_of(const Facts& facts) {
  constexpr std::string_view kPrefix = "workload:";
  const std::string& dag = facts.attempt.key.dag.str();
  return dag.starts_with(kPrefix) ? dag.substr(kPrefix.size()) : "";
}

std::string caller_text(const Facts& facts) {
  const std::string workload = workload_of(facts);
  if (!workload.empty()) return "Workload '" + workload + "'";
  return "Task '" + facts.attempt.key.task.str() + "' of DAG '" + facts.attempt.key.dag.str() + "'";
}

// The entry a reviewer would add, and nothing wider: this task, this scope, the smallest role.
std::string dag_entry(const Facts& facts, const Proposal& proposal, const std::string& assignable) {
  std::string out =
      "- role: " + yaml_text(proposal.role) + "\n  scope: " + yaml_text(proposal.scope);
  if (workload_of(facts).empty()) {
    out += "\n  tasks: [" + yaml_text(facts.attempt.key.task.str()) + "]";
  }
  if (!assignable.empty()) out += "\n  assignable_roles: [" + yaml_text(assignable) + "]";
  return out;
}

std::string layer_text(const Facts& facts, const Ask& ask, const Decision& decision) {
  switch (decision.layer) {
    case Layer::kGrant:
      return workload_of(facts).empty()
                 ? "The DAG file grants this task no role that permits it there."
                 : "The server's configuration grants it no role (workloads[].roles) that permits "
                   "it there.";
    case Layer::kCeiling:
      return decision.reason == "role_not_assignable"
                 ? "The ceiling of identity '" + facts.identity +
                       "' does not let it hand out role '" + role_name(ask.assigns_role_id) +
                       "'. The server's operator can add it to assignable_roles in "
                       "identities[].ceiling."
                 : "It is granted, but the ceiling of identity '" + facts.identity +
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
  out.message = caller_text(facts) + " may not perform '" + out.missing_action + "' on '" +
                out.missing_scope + "'. " + layer_text(facts, ask, decision);
  const Proposal proposal = propose(ask, decision.missing);
  if (decision.layer == Layer::kGrant) {
    out.fix_dag = proposal.role.empty() ? "# no built-in role permits " + out.missing_action +
                                              ": a custom role with this action is needed"
                                        : dag_entry(facts, proposal, "");
  } else if (decision.layer == Layer::kAssignableRole) {
    out.fix_dag = dag_entry(facts, proposal, role_name(ask.assigns_role_id));
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
  const Proposal proposal = propose(ask, {ask.action, ask.scope});
  if (equal_ci(error.code, "AuthorizationFailed") && !proposal.role.empty()) {
    out.fix_az = "az role assignment create --assignee-object-id " +
                 (principal_id.empty() ? "OBJECT_ID_OF_" + facts.identity : principal_id) +
                 " --assignee-principal-type ServicePrincipal --role " + quoted(proposal.role) +
                 " --scope " + quoted(proposal.scope);
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
                            Layer::kRequest, Layer::kAzure, Layer::kKillSwitch}) {
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
    out += explanation.message.starts_with("Workload ")
               ? "\n  fix, in the server's configuration under the workload's roles:"
               : "\n  fix, in the DAG file under access.azure.roles:";
    for (const std::string& line : split(explanation.fix_dag, '\n')) out += "\n    " + line;
  }
  if (!explanation.fix_az.empty()) {
    out += "\n  fix, on Azure's side:\n    " + explanation.fix_az;
  }
  return out;
}

}  // namespace armature::access
