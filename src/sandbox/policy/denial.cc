#include "sandbox/policy/denial.h"

#include "base/bytes.h"

namespace armature::sandbox::policy {
namespace {

std::string shown_name(const std::string& display_name, const std::string& name) {
  return display_name.empty() ? name : display_name;
}

Json identifiers(const Match& match) {
  const Assigned& assigned = *match.assigned;
  const Definition& definition = *match.binding->definition;
  JsonObject out{
      {"policyAssignment",
       JsonObject{{"name", shown_name(assigned.facts.display_name, assigned.facts.name)},
                  {"id", assigned.id}}  },
      {"policyDefinition",
       JsonObject{{"name", shown_name(definition.display_name, definition.name)},
                  {"id", definition.id}}}
  };
  if (assigned.set) {
    out["policySetDefinition"] = JsonObject{
        {"name", shown_name(assigned.set->display_name, assigned.set->name)},
        {"id",      assigned.set->id                                       }
    };
  }
  return out;
}

Json violation_info(const Match& match) {
  const Assigned& assigned = *match.assigned;
  const Definition& definition = *match.binding->definition;
  JsonObject details = evaluation_details(match.evaluated).get_object();
  if (!match.error.empty()) details["reason"] = match.error;
  JsonObject out{
      {"evaluationDetails",           std::move(details)             },
      {"policyDefinitionId",          definition.id                  },
      {"policyDefinitionName",        definition.name                },
      {"policyDefinitionDisplayName", definition.display_name        },
      {"policyDefinitionVersion",     definition.version             },
      {"policyDefinitionEffect",      name_of(match.effect)          },
      {"policyAssignmentId",          assigned.id                    },
      {"policyAssignmentName",        assigned.facts.name            },
      {"policyAssignmentDisplayName", assigned.facts.display_name    },
      {"policyAssignmentScope",       assigned.scope                 },
      {"policyAssignmentParameters",  assigned.facts.shown_parameters},
      {"policyExemptionIds",          JsonArray{}                    }
  };
  if (assigned.set) {
    out["policySetDefinitionId"] = assigned.set->id;
    out["policySetDefinitionName"] = assigned.set->name;
    out["policySetDefinitionDisplayName"] = assigned.set->display_name;
    out["policyDefinitionReferenceId"] = match.binding->reference_id;
  }
  return out;
}

}  // namespace

Json evaluation_details(const std::vector<Evaluated>& evaluated) {
  JsonArray expressions;
  for (const Evaluated& one : evaluated) {
    if (!one.result) continue;
    JsonObject shown{
        {"result",         "True"        },
        {"expressionKind", one.kind      },
        {"expression",     one.expression}
    };
    if (!one.path.empty()) shown["path"] = one.path;
    if (!one.value.is_null()) shown["expressionValue"] = one.value;
    shown["targetValue"] = one.target;
    shown["operator"] = name_of(one.op);
    expressions.push_back(std::move(shown));
  }
  return JsonObject{
      {"evaluatedExpressions", std::move(expressions)}
  };
}

Json violation_error(const std::string& resource_name, const std::vector<Match>& denied) {
  JsonArray ids;
  JsonArray infos;
  std::string reasons;
  for (const Match& match : denied) {
    ids.push_back(identifiers(match));
    infos.push_back(JsonObject{
        {"type", "PolicyViolation"    },
        {"info", violation_info(match)}
    });
    if (match.binding->message.empty()) continue;
    reasons += (reasons.empty() ? "'" : ",'") + match.binding->message + "'";
  }
  return JsonObject{
      {"code",           "RequestDisallowedByPolicy"                              },
      {"target",         resource_name                                            },
      {"message",        "Resource '" + resource_name + "' was disallowed by policy." +
                      (reasons.empty() ? "" : " Reasons: " + reasons + ".") +
                      " Policy identifiers: '" + dump(ids) + "'."},
      {"additionalInfo", std::move(infos)                                         }
  };
}

Json logged_policy(const Match& match) {
  const Assigned& assigned = *match.assigned;
  const Definition& definition = *match.binding->definition;
  JsonObject out{
      {"policyDefinitionId",          definition.id              },
      {"policyDefinitionName",        definition.name            },
      {"policyDefinitionDisplayName", definition.display_name    },
      {"policyDefinitionEffect",      name_of(match.effect)      },
      {"policyAssignmentId",          assigned.id                },
      {"policyAssignmentName",        assigned.facts.name        },
      {"policyAssignmentDisplayName", assigned.facts.display_name},
      {"policyAssignmentScope",       assigned.scope             }
  };
  if (assigned.set) {
    out["policySetDefinitionId"] = assigned.set->id;
    out["policySetDefinitionName"] = assigned.set->name;
    out["policyDefinitionReferenceId"] = match.binding->reference_id;
  }
  return out;
}

}  // namespace armature::sandbox::policy
