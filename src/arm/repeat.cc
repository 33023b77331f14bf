#include "arm/repeat.h"

#include "base/bytes.h"

namespace armature::arm {
namespace {

struct MethodRow {
  std::string_view method;
  Repeat repeat;
};
constexpr MethodRow kMethods[] = {
    {"GET",    Repeat::kSafe       },
    {"HEAD",   Repeat::kSafe       },
    {"PUT",    Repeat::kIdempotent }, // creates or replaces what its URL names
    {"DELETE", Repeat::kIdempotent }, // 204 or 404 the second time
    {"PATCH",  Repeat::kConditional}, // a merge, but not of every provider's
    {"POST",   Repeat::kNever      },
};

// Actions that change nothing. A last "*" stands for any end, a type of "" for any type.
struct ActionRow {
  std::string_view type;
  std::string_view action;
};
constexpr ActionRow kOnlyRead[] = {
    {"",                                      "list*"                  },
    {"",                                      "checkName*"             },
    {"",                                      "checkAccess"            },
    {"",                                      "checkResourceName"      },
    {"",                                      "checkZonePeers"         },
    {"",                                      "checkPolicyRestrictions"},
    {"",                                      "validate"               },
    {"",                                      "whatIf"                 },
    {"",                                      "exportTemplate"         },
    {"",                                      "calculateTemplateHash"  },
    {"",                                      "validateMoveResources"  },
    {"Microsoft.ResourceGraph",               "resources"              },
    {"Microsoft.ResourceGraph",               "resourcesHistory"       },
    {"Microsoft.Management",                  "getEntities"            },
    {"Microsoft.CostManagement",              "query"                  },
    {"Microsoft.PolicyInsights/policyStates", "queryResults"           },
    {"Microsoft.PolicyInsights/policyStates", "summarize"              },
    {"Microsoft.PolicyInsights/policyEvents", "queryResults"           },
};

bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return starts_with_ci(name, pattern.substr(0, pattern.size() - 1));
  return equal_ci(pattern, name);
}

}  // namespace

Repeat repeat_of(std::string_view method) {
  for (const MethodRow& row : kMethods) {
    if (row.method == method) return row.repeat;
  }
  return Repeat::kNever;
}

Repeat repeat_of_action(std::string_view type, std::string_view action) {
  for (const ActionRow& row : kOnlyRead) {
    if ((row.type.empty() || equal_ci(row.type, type)) && fits(row.action, action)) {
      return Repeat::kSafe;
    }
  }
  return Repeat::kNever;
}

}  // namespace armature::arm
