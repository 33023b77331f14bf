#pragma once
// Names of resources: what may be put under which name, and how many.
//
//   check_name     is the name possible for the type: ARM's own rule (260 characters, none of
//                  <>%&:\?/ nor control characters), words that are reserved, the type's own rule
//                  with its provider's code and text
//   check_taken    is a name that is unique in the world free? Where two are alike but for case,
//                  it is taken; a child of the same id is the same resource, not another
//   check_quota    800 of a type in a group, 980 groups in a subscription
//   availability   what POST …/checkNameAvailability and /checkResourceName answer
//   Source         resource-name-rules, error-reserved-resource-name, the providers' own texts
//   Threads        pure, but for a cache of compiled patterns under a lock
#include <optional>
#include <string>
#include <string_view>

#include "arm/resource_id.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {

struct NameRule {
  std::size_t least = 0;
  std::size_t most = 260;
  std::string_view pattern;  // Perl's syntax; "" for none
};
// "MIN MAX PATTERN", "-" where there is none. Nothing when the pattern cannot be compiled.
std::optional<NameRule> read_name_rule(std::string_view rule);
bool fits(const NameRule& rule, std::string_view name);

std::optional<ArmAnswer> check_name(const arm::ResourceId& id);
std::optional<ArmAnswer> check_taken(const State& state, const arm::ResourceId& id);
std::optional<ArmAnswer> check_quota(const State& state, const arm::ResourceId& id);
std::optional<ArmAnswer> check_group_quota(const Cloud& cloud, const State& state,
                                           const std::string& name);

// Nothing when the call asks for no such thing.
std::optional<ArmAnswer> availability(const State& state, const ArmCall& call);

}  // namespace armature::sandbox
