#include "sandbox/policy/compliance.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/resource_kinds.h"

namespace armature::sandbox::policy {
namespace {

std::string state_of(const Cloud& cloud, const State& state, const Standing& standing,
                     const Subject& subject, const Request& request) {
  const Match& match = standing.match;
  if (!match.error.empty()) return "Error";
  const bool about_others =
      match.effect == Effect::kAuditIfNotExists || match.effect == Effect::kDeployIfNotExists;
  const bool applies_when_met =
      about_others || match.effect == Effect::kDenyAction || match.effect == Effect::kManual;
  if (applies_when_met && !standing.holds) return "";
  if (standing.exemption) return "Exempt";
  if (match.effect == Effect::kDenyAction) return "Protected";
  if (match.effect == Effect::kManual) {
    const std::string& chosen = match.binding->definition->details.default_state;
    return chosen.empty() ? "Unknown" : chosen;
  }
  const bool fine =
      about_others ? related_exists(cloud, state, match, subject, request) : !standing.holds;
  return fine ? "Compliant" : "NonCompliant";
}

bool wanted(const StateQuery& query, const Match& match) {
  const auto other = [](const std::string& one, const std::string& id) {
    return !one.empty() && !equal_ci(one, id);
  };
  return !other(query.assignment, match.assigned->id) &&
         !other(query.definition, match.binding->definition->id) &&
         !other(query.set, match.assigned->set ? match.assigned->set->id : "");
}

Instant assigned_at(const State& state, const Assigned& assigned) {
  const Record* record = state.get<Record>(to_lower(assigned.id));
  return record ? record->changed : Instant{};
}

void add_states(Cloud& cloud, const State& state, const Record& record, const StateQuery& query,
                std::vector<ComplianceState>& out) {
  Enforcer& enforcer = cloud.policies();
  const Request request =
      enforcer.request_of(state, record.id, record.type + "/write", record.api_version, Caller{});
  const auto assigned = enforcer.catalog().assigned(cloud, state, request.scopes);
  if (assigned.empty()) return;
  const auto exemptions = Catalog::exemptions(state, request.scopes);
  const Subject subject(Enforcer::as_resource(record.id, render(cloud, state, record)));
  for (Standing& standing : standings(assigned, exemptions, subject, request)) {
    if (!wanted(query, standing.match)) continue;
    ComplianceState one;
    one.state = state_of(cloud, state, standing, subject, request);
    if (one.state.empty()) continue;
    one.resource_id = record.id;
    one.type = subject.type();
    one.location = text_at(record.body, "location");
    if (const Json* tags = find(record.body, "tags")) one.tags = *tags;
    one.at = std::max(record.changed, assigned_at(state, *standing.match.assigned));
    if (standing.exemption) one.exemption = standing.exemption->id;
    one.match = std::move(standing.match);
    out.push_back(std::move(one));
  }
}

}  // namespace

std::vector<ComplianceState> states_below(Cloud& cloud, const State& state,
                                          const StateQuery& query) {
  std::vector<ComplianceState> out;
  const std::string scope = to_lower(query.scope);
  const auto& records = state.table<Record>();
  for (auto it = records.lower_bound(scope); it != records.end() && it->first.starts_with(scope);
       ++it) {
    const bool inside = it->first.size() == scope.size() || it->first[scope.size()] == '/';
    if (!inside || it->second.deleting || !is_evaluated(it->second.id)) continue;
    add_states(cloud, state, it->second, query, out);
  }
  return out;
}

Json state_json(const Cloud& cloud, const ComplianceState& state) {
  const Assigned& assigned = *state.match.assigned;
  const Definition& definition = *state.match.binding->definition;
  const auto id = arm::ResourceId::parse(state.resource_id);
  JsonArray groups;
  for (const std::string& group : state.match.binding->groups) groups.emplace_back(group);
  const std::string set = assigned.set ? assigned.set->id : "";
  const std::string context = cloud.url() + "/subscriptions/" + cloud.subscription() +
                              "/providers/Microsoft.PolicyInsights/policyStates/"
                              "$metadata#latest/$entity";
  return JsonObject{
      {"@odata.id",                   nullptr                                              },
      {"@odata.context",              context                                              },
      {"timestamp",                   to_rfc3339(state.at)                                 },
      {"resourceId",                  to_lower(state.resource_id)                          },
      {"policyAssignmentId",          to_lower(assigned.id)                                },
      {"policyDefinitionId",          to_lower(definition.id)                              },
      {"effectiveParameters",         ""                                                   },
      {"isCompliant",                 state.state == "Compliant" || state.state == "Exempt"},
      {"subscriptionId",              id ? id->subscription_id : ""                        },
      {"resourceType",                state.type                                           },
      {"resourceLocation",            state.location                                       },
      {"resourceGroup",               id ? to_lower(id->resource_group) : ""               },
      {"resourceTags",                state.tags.is_object() ? dump(state.tags) : "tbd"    },
      {"policyAssignmentName",        assigned.facts.name                                  },
      {"policyAssignmentOwner",       "tbd"                                                },
      {"policyAssignmentParameters",  dump(assigned.facts.shown_parameters)                },
      {"policyAssignmentScope",       assigned.scope                                       },
      {"policyDefinitionName",        definition.name                                      },
      {"policyDefinitionAction",      to_lower(name_of(state.match.effect))                },
      {"policyDefinitionCategory",    "tbd"                                                },
      {"policySetDefinitionId",       to_lower(set)                                        },
      {"policySetDefinitionName",     assigned.set ? assigned.set->name : ""               },
      {"policySetDefinitionOwner",    ""                                                   },
      {"policySetDefinitionCategory", ""                                                   },
      {"policyDefinitionReferenceId", to_lower(state.match.binding->reference_id)          },
      {"policyDefinitionGroupNames",  std::move(groups)                                    },
      {"policyDefinitionVersion",     definition.version                                   },
      {"managementGroupIds",          ""                                                   },
      {"complianceState",             state.state                                          },
      {"complianceReasonCode",        state.match.error.empty() ? "" : "EvaluationError"   },
      {"policyExemptionIds",
       state.exemption.empty() ? Json(JsonArray{}) : Json(JsonArray{Json(state.exemption)})}
  };
}

}  // namespace armature::sandbox::policy
