#pragma once
// decide: may this attempt do this operation? The one decision engine; pure.
//
//   Allowed   when a grant of the task at or above the scope permits the action (grants only add,
//             their order cannot matter), and a grant of the identity's ceiling does too; and the
//             same for every linked need; and a role assignment hands out only assignable roles
//   Deny      by default, and for whatever could not be read (ask.unreadable)
//   Expired   grants do not count
#include <string>
#include <vector>

#include "access/grant.h"
#include "arm/operation.h"
#include "base/clock.h"

namespace armature::access {

struct Ask {
  std::string action;
  std::string scope;
  std::vector<arm::Need> linked;  // e.g. the writes of a deployment's template
  std::string assigns_role_id;    // of a role assignment PUT: the role it hands out
  std::string unreadable;         // why the request could not be understood; never allowed then
};

enum class Layer {
  kNone,
  kToken,
  kGrant,
  kCeiling,
  kAssignableRole,
  kRequest,
  kAzure,
  kKillSwitch
};
std::string_view to_string(Layer layer);

struct Decision {
  bool allowed = false;
  Layer layer = Layer::kNone;  // who said no
  std::string reason;  // "granted", "no_grant", "outside_ceiling", "role_not_assignable", …
  std::string rule;    // allowed: "Contributor on /subscriptions/… (file.yaml:14)"
  arm::Need missing;   // denied: the exact action and scope
};

Decision decide(const Facts& facts, const Ask& ask, Instant now);

}  // namespace armature::access
