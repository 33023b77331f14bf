#pragma once
// Azure RBAC over the sandbox's own assignments: may a principal do something, and what a refusal
// says.
//
//   Rules     deny assignments first, then any role assignment at the scope or above it, management
//             groups included, whose role covers the action and whose conditions hold; groups
//             count for their members. A new assignment counts only from its own time on
//   Cost      follows the depth of the scope and the number of the principal's groups, not that of
//             the assignments
//   Source    Azure RBAC overview, deny-assignments, conditions pages
//   Threads   `state` is read under the store's lock
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "arm/condition.h"
#include "arm/role.h"
#include "sandbox/arm_call.h"
#include "sandbox/store.h"

namespace armature::sandbox {

class Cloud;

struct AccessAsk {
  std::string_view object_id;
  std::string_view action;
  std::string_view scope;  // a full id
  bool data_action = false;
  // Attributes for conditions, asked for only when one is met. Empty: the action alone.
  std::function<arm::ConditionFacts()> condition_facts = {};
};

enum class Verdict { kAllowed, kNotGranted, kConditionNotMet, kDenied };
struct Access {
  Verdict verdict = Verdict::kNotGranted;
  const DenyAssignment* denied_by = nullptr;  // for kDenied; points into the state
  bool allowed() const { return verdict == Verdict::kAllowed; }
};

Access decide_access(const Cloud& cloud, const State& state, const AccessAsk& ask);
bool may(const Cloud& cloud, const State& state, std::string_view object_id,
         std::string_view action, std::string_view scope, bool data_action = false);
// The 403 of an ask by the caller, or nothing: it may.
std::optional<ArmAnswer> refuse_access(const Cloud& cloud, const State& state, const Caller& caller,
                                       const AccessAsk& ask);
// What the call's conditions may ask about: the role assignment that it makes or removes, the time.
arm::ConditionFacts condition_facts_of(const Cloud& cloud, const State& state, const ArmCall& call);

// The role of that guid or full id: built in or custom; null when unknown. Points into the state or
// the built-in table: not to be kept.
const arm::Role* find_role(const State& state, std::string_view id);
// The role assignments of the principal and its groups that count at the scope.
std::vector<const Assignment*> effective_assignments(const Cloud& cloud, const State& state,
                                                     const std::string& object_id,
                                                     std::string_view scope);
// Has the principal any assignment in the subscription? Then it sees the subscription in lists.
bool sees(const State& state, const std::string& object_id, std::string_view subscription_scope);
ArmAnswer authorization_failed(const Caller& caller, std::string_view action,
                               std::string_view scope);

}  // namespace armature::sandbox
