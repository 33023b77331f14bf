#pragma once
// GrantSet: grants, indexed once so that a decision costs the same however many there are.
//
//   In        grants in the order in which they were declared
//   Out       of those that apply (not expired, at or above the scope, the role permits the
//             action), the one declared first: which rule is named never depends on the index
//   Cost      the depth of the scope and the few patterns that match the action; not the number of
//             grants, of scopes, or of roles at one scope
//   Threads   immutable; a copy shares the grants
//   Source    arm::at_or_above and arm::permits say what applies; grant_set_test.cc holds the index
//             to them
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arm/operation.h"
#include "arm/role.h"
#include "base/clock.h"

namespace armature::access {

struct Grant {
  arm::Role role;
  std::string scope;                        // canonical ARM scope
  std::vector<arm::Role> assignable_roles;  // what a role assignment under this grant may hand out;
                                            // empty: nothing (deny by default)
  std::string declared_at;                  // "azure_provision.yaml:14": for people
  std::optional<Instant> expires;
};

class GrantSet {
 public:
  GrantSet() = default;
  GrantSet(std::vector<Grant> grants);  // implicit: a list of grants is a set of them
  GrantSet(std::initializer_list<Grant> grants) : GrantSet(std::vector<Grant>(grants)) {}

  const std::vector<Grant>& list() const;
  // The first grant that applies; null: none.
  const Grant* first(const arm::Need& need, Instant now) const;
  // May some grant that applies hand out this role?
  bool may_assign(const arm::Need& need, std::string_view role_id, Instant now) const;

 private:
  struct Index;
  std::shared_ptr<const Index> index_;  // null: no grants
};

}  // namespace armature::access
