#pragma once
// $filter of the authorization routes: terms joined by "and". A term is field eq 'value' or a
// function with or without a quoted argument: "principalId eq 'x' and atScope()".
//
//   Errors    nothing for a field or function that is not listed, and for what is no such filter
//   Threads   pure
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/arm_call.h"
#include "sandbox/bodies.h"

namespace armature::sandbox {

struct AuthorizationFilter {
  std::vector<std::pair<std::string, std::string>> terms;  // field or function, its value

  bool has(std::string_view name) const { return value(name).has_value(); }
  std::optional<std::string> value(std::string_view name) const;  // names without regard to case
};
std::optional<AuthorizationFilter> read_filter(std::string_view text,
                                               std::initializer_list<std::string_view> fields,
                                               std::initializer_list<std::string_view> functions);

// What an extension route stands on, in ARM's own spelling; "/" for the tenant.
std::string scope_of(const ArmCall& call);

}  // namespace armature::sandbox
