#pragma once
// explain: a denial in words a person can act on: which layer said no, the exact missing action and
// scope, and the smallest fix, as a DAG-file addition and as an `az` command. Pure.
#include <string>

#include "access/decide.h"
#include "arm/error_body.h"
#include "base/json.h"

namespace armature::access {

struct Explanation {
  Layer layer = Layer::kNone;
  std::string reason;
  std::string message;  // one paragraph: who, what, where, which layer, why
  std::string missing_action;
  std::string missing_scope;
  std::string fix_dag;  // lines to add under access.azure.roles, as YAML; may be empty
  std::string fix_az;   // an az command for Azure's own side; may be empty
};

Explanation explain(const Facts& facts, const Ask& ask, const Decision& decision);
// A 403 that Azure itself gave after we had allowed the call.
Explanation explain_azure(const Facts& facts, const Ask& ask, const arm::ErrorBody& error,
                          const std::string& principal_id);
Json to_json(const Explanation& explanation);
Explanation explanation_from_json(const Json& value);
std::string to_text(
    const Explanation& explanation);  // several lines, for a terminal and a task log

}  // namespace armature::access
