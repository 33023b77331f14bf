#include "sandbox/policy/insights.h"

#include <algorithm>
#include <array>
#include <map>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/bodies.h"
#include "sandbox/policy/compliance.h"
#include "sandbox/policy/odata.h"
#include "sandbox/policy/remediations.h"

namespace armature::sandbox::policy {
namespace {

StateQuery query_of(const Cloud& cloud, const ArmCall& call) {
  StateQuery out;
  const std::string& scope = call.at.scope;
  const auto id = arm::ResourceId::parse(scope);
  out.scope = id ? id->text : scope;
  const std::string type = id ? to_lower(id->type) : "";
  const std::string subscription = "/subscriptions/" + cloud.subscription();
  if (type == "microsoft.authorization/policyassignments") {
    out.assignment = to_lower(out.scope);
    out.scope = scope_of(out.scope);
  } else if (type == "microsoft.authorization/policydefinitions") {
    out.definition = to_lower(out.scope);
    out.scope = subscription;
  } else if (type == "microsoft.authorization/policysetdefinitions") {
    out.set = to_lower(out.scope);
    out.scope = subscription;
  }
  // The one subscription is below every management group that it has.
  if (id && id->kind == arm::ScopeKind::kManagementGroup) out.scope = subscription;
  return out;
}

ArmAnswer no_apply() {
  return refuse(400, "InvalidQuery", "The query option '$apply' is not supported.");
}

std::string metadata_of(const Cloud& cloud, const ArmCall& call, const char* what) {
  return cloud.url() + call.at.scope + "/providers/Microsoft.PolicyInsights/" + call.at.tail[0] +
         "/$metadata#" + what;
}

ArmAnswer results(const Cloud& cloud, const ArmCall& call, std::vector<Json> found) {
  const auto filter = read_odata(call.query_value("$filter"));
  if (!filter) return invalid_filter(call.query_value("$filter"));
  std::ranges::stable_sort(found, [](const Json& a, const Json& b) {
    return text_at(a, "timestamp") > text_at(b, "timestamp");
  });
  const std::string top = call.query_value("$top");
  const bool limited =
      !top.empty() && top.size() < 9 && top.find_first_not_of("0123456789") == std::string::npos;
  const std::size_t most = limited ? std::stoul(top) : 1000;
  JsonArray out;
  for (Json& one : found) {
    if (out.size() >= most) break;
    if (passes(*filter, one)) out.push_back(std::move(one));
  }
  const std::size_t count = out.size();
  return answer(200, JsonObject{
                         {"@odata.context", metadata_of(cloud, call, "latest")},
                         {"@odata.count",       count                       },
                         {"value",     std::move(out)}
  });
}

ArmAnswer query_states(Cloud& cloud, const State& state, const ArmCall& call) {
  if (!call.query_value("$apply").empty()) return no_apply();
  std::vector<Json> found;
  for (const ComplianceState& one : states_below(cloud, state, query_of(cloud, call))) {
    found.push_back(state_json(cloud, one));
  }
  return results(cloud, call, std::move(found));
}

// Counts of states by resource: a resource is as compliant as its worst policy.
struct Tally {
  std::map<std::string, std::string> worst;  // by resource id
  std::map<std::string, bool> policies;      // by definition: is it met by all?

  static int rank(const std::string& state) {
    constexpr std::array kOrder = {"NonCompliant", "Error",  "Conflict", "Unknown",
                                   "Protected",    "Exempt", "Compliant"};
    const auto found = std::ranges::find(kOrder, state);
    return static_cast<int>(found - kOrder.begin());
  }
  void add(const ComplianceState& one) {
    auto [at, fresh] = worst.emplace(to_lower(one.resource_id), one.state);
    if (!fresh && rank(one.state) < rank(at->second)) at->second = one.state;
    auto& met = policies.emplace(to_lower(one.match.binding->definition->id), true).first->second;
    met = met && one.state != "NonCompliant";
  }
  Json json(const std::string& query) const {
    std::map<std::string, std::int64_t> resources;
    for (const auto& [id, state] : worst) ++resources[to_lower(state)];
    std::map<std::string, std::int64_t> by_policy;
    for (const auto& [id, met] : policies) ++by_policy[met ? "compliant" : "noncompliant"];
    const auto details = [](const std::map<std::string, std::int64_t>& counts) {
      JsonArray out;
      for (const auto& [state, count] : counts) {
        out.push_back(JsonObject{
            {"complianceState", state},
            {"count",           count}
        });
      }
      return out;
    };
    return JsonObject{
        {"queryResultsUri",       query                    },
        {"nonCompliantResources", resources["noncompliant"]},
        {"nonCompliantPolicies",  by_policy["noncompliant"]},
        {"resourceDetails",       details(resources)       },
        {"policyDetails",         details(by_policy)       },
        {"policyGroupDetails",    JsonArray{}              }
    };
  }
};

ArmAnswer summarize(Cloud& cloud, const State& state, const ArmCall& call) {
  if (!call.query_value("$apply").empty()) return no_apply();
  const auto filter = read_odata(call.query_value("$filter"));
  if (!filter) return invalid_filter(call.query_value("$filter"));
  struct ByPolicy {
    const ComplianceState* first = nullptr;
    Tally tally;
  };
  struct ByAssignment {
    std::shared_ptr<const Assigned> assigned;
    Tally tally;
    std::map<std::string, ByPolicy> policies;
  };
  Tally all;
  std::map<std::string, ByAssignment> assignments;
  const auto states = states_below(cloud, state, query_of(cloud, call));
  for (const ComplianceState& one : states) {
    if (!passes(*filter, state_json(cloud, one))) continue;
    all.add(one);
    ByAssignment& group = assignments[to_lower(one.match.assigned->id)];
    group.assigned = one.match.assigned;
    group.tally.add(one);
    const Binding& binding = *one.match.binding;
    ByPolicy& policy =
        group.policies[to_lower(binding.definition->id + "#" + binding.reference_id)];
    policy.first = &one;
    policy.tally.add(one);
  }
  const std::string query = cloud.url() + call.at.scope +
                            "/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults"
                            "?api-version=" +
                            call.op.api_version;
  JsonArray shown;
  for (const auto& [id, group] : assignments) {
    JsonArray policies;
    for (const auto& [key, policy] : group.policies) {
      const Match& match = policy.first->match;
      policies.push_back(JsonObject{
          {"policyDefinitionId",          to_lower(match.binding->definition->id)},
          {"policyDefinitionReferenceId", to_lower(match.binding->reference_id)  },
          {"effect",                      to_lower(name_of(match.effect))        },
          {"policyDefinitionGroupNames",  JsonArray{}                            },
          {"results",                     policy.tally.json(query)               }
      });
    }
    shown.push_back(JsonObject{
        {"policyAssignmentId",    id                                                          },
        {"policySetDefinitionId", group.assigned->set ? to_lower(group.assigned->set->id) : ""},
        {"results",               group.tally.json(query)                                     },
        {"policyDefinitions",     std::move(policies)                                         },
        {"policyGroups",          JsonArray{}                                                 }
    });
  }
  JsonObject summary{
      {"@odata.id",         nullptr          },
      {"@odata.context",    metadata_of(cloud, call, "summary/$entity")},
      {"results", all.json(query)                 },
      {"policyAssignments",    std::move(shown)   }
  };
  return answer(200, JsonObject{
                         {"@odata.context", metadata_of(cloud, call, "summary")},
                         {"@odata.count",      1                      },
                         {"value",          JsonArray{std::move(summary)}    }
  });
}

// What the Activity Log tells of policies, as policyEvents shows it.
ArmAnswer query_events(const Cloud& cloud, const State& state, const ArmCall& call) {
  if (!call.query_value("$apply").empty()) return no_apply();
  const StateQuery query = query_of(cloud, call);
  std::vector<Json> found;
  for (const auto& [key, event] : state.table<Event>()) {
    if (event.category != "Policy" || !arm::at_or_above(query.scope, event.target)) continue;
    const auto details = parse_json(event.details);
    const auto policies = details ? parse_json(text_at(*details, "policies")) : details;
    if (!policies || !policies->is_array()) continue;
    const auto id = arm::ResourceId::parse(event.target);
    for (const Json& policy : policies->get_array()) {
      if (!query.assignment.empty() &&
          !equal_ci(query.assignment, text_at(policy, "policyAssignmentId"))) {
        continue;
      }
      JsonObject one{
          {"@odata.id",                nullptr                               },
          {"timestamp",                to_rfc3339(event.at)                  },
          {"resourceId",               to_lower(event.target)                },
          {"resourceType",             id ? id->type : ""                    },
          {"resourceGroup",            id ? to_lower(id->resource_group) : ""},
          {"subscriptionId",           id ? id->subscription_id : ""         },
          {"resourceLocation",         text_at(*details,                       "resourceLocation")},
          {"policyAssignmentId",                          to_lower(text_at(policy,                                             "policyAssignmentId"))},
          {"policyAssignmentName",    text_at(policy,"policyAssignmentName")},
          {"policyAssignmentScope",         text_at(policy,                           "policyAssignmentScope")},
          {"policyDefinitionId",    to_lower(text_at(policy,                    "policyDefinitionId"))},
          {"policyDefinitionName",                          text_at(policy,                                             "policyDefinitionName")},
          {"policyDefinitionAction",    to_lower(text_at(policy,                       "policyDefinitionEffect"))},
          {"policySetDefinitionId",to_lower(text_at(policy,"policySetDefinitionId"))},
          {"policyDefinitionReferenceId",   text_at(policy,               "policyDefinitionReferenceId")},
          {"principalOid",                          event.caller                                         },
          {"tenantId", cloud.tenant()                                                                                 },
          {"isCompliant",          false   },
          {"complianceState",             "NonCompliant"             }
      };
      found.push_back(std::move(one));
    }
  }
  return results(cloud, call, std::move(found));
}

ArmAnswer trigger(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string operation = cloud.random().uuid();
  const Instant now = cloud.clock().now();
  change.put(operation, AsyncOperation{call.at.scope, now, now});
  ArmAnswer out = answer(202);
  out.headers.set(
      "Location",
      cloud.link("/subscriptions/" + cloud.subscription() +
                     "/providers/Microsoft.PolicyInsights/asyncOperationResults/" + operation,
                 call));
  out.headers.set("Retry-After", "1");
  return out;
}

ArmAnswer no_route(const ArmCall& call) {
  return refuse(404, "NotFound",
                "No route of the sandbox answers " + call.op.method + " '" + call.op.target + "'.");
}

}  // namespace

bool is_insights(const ArmCall& call) {
  return equal_ci(call.at.provider, "Microsoft.PolicyInsights") && !call.at.tail.empty();
}

ArmAnswer read_insights(Cloud& cloud, const State& state, const ArmCall& call) {
  const auto& tail = call.at.tail;
  if (equal_ci(tail[0], "remediations")) return read_remediation(cloud, state, call);
  if (equal_ci(tail[0], "asyncOperationResults") && tail.size() == 2) {
    const AsyncOperation* operation = state.get<AsyncOperation>(to_lower(tail[1]));
    if (operation) return answer(200);
    return refuse(404, "OperationNotFound", "The operation '" + tail[1] + "' could not be found.");
  }
  return no_route(call);
}

ArmAnswer change_insights(Cloud& cloud, Change& change, const ArmCall& call,
                          std::vector<Remedy>& remedies) {
  const auto& tail = call.at.tail;
  if (equal_ci(tail[0], "remediations")) return change_remediation(cloud, change, call, remedies);
  if (call.op.method != "POST" || tail.size() != 3) return no_route(call);
  const State& state = change.state();
  const bool states = equal_ci(tail[0], "policyStates");
  if (states && equal_ci(tail[2], "queryResults")) return query_states(cloud, state, call);
  if (states && equal_ci(tail[2], "summarize")) return summarize(cloud, state, call);
  if (states && equal_ci(tail[2], "triggerEvaluation")) return trigger(cloud, change, call);
  if (equal_ci(tail[0], "policyEvents") && equal_ci(tail[2], "queryResults")) {
    return query_events(cloud, state, call);
  }
  return no_route(call);
}

}  // namespace armature::sandbox::policy
