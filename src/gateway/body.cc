#include "gateway/body.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/bytes.h"
#include "base/strict_json.h"
#include "gateway/assigned_roles.h"

namespace armature::gateway {
namespace {

constexpr std::size_t kDeepestBody = 200;  // nested templates go deep

// Bodies that are a script's text and nothing else.
constexpr std::array<std::string_view, 1> kTextBodies = {
    "Microsoft.Automation/automationAccounts/runbooks/draft/content/write"};

template <class Actions>
bool one_of(const Actions& actions, std::string_view action) {
  return std::any_of(actions.begin(), actions.end(),
                     [&](std::string_view one) { return equal_ci(one, action); });
}

bool is_role_assignment_put(const arm::Operation& operation) {
  return equal_ci(operation.action, "Microsoft.Authorization/roleAssignments/write");
}

// Hands out roles as well, in a shape whose role is not checked against the assignable ones.
bool hands_out_roles_unchecked(std::string_view action) {
  return equal_ci(action, "Microsoft.Authorization/roleAssignmentScheduleRequests/write") ||
         equal_ci(action, "Microsoft.Authorization/roleEligibilityScheduleRequests/write");
}

}  // namespace

Status read_body(const arm::Operation& operation, const std::string& text,
                 std::vector<access::Ask>& asks) {
  access::Ask& ask = asks.front();
  if (hands_out_roles_unchecked(ask.action)) {
    return fail(Code::kInvalid,
                "scheduled role assignments cannot be checked; use roleAssignments");
  }
  const bool role_assignment = is_role_assignment_put(operation);
  const bool must_have_body = operation.is_deployment || role_assignment;
  if (text.empty() && !must_have_body) return Ok{};
  if (one_of(kTextBodies, operation.action)) return Ok{};
  ARMATURE_TRY(const Json body, parse_strict_json(text, kDeepestBody));
  if (role_assignment) {
    ARMATURE_TRY(const auto handed_out, arm::role_grant_request(body));
    ask.assigns_role_id = handed_out.role_definition_id;
    return Ok{};
  }
  if (!operation.is_deployment) return Ok{};
  ARMATURE_TRY(ask.linked, arm::template_needs(operation, body));
  ARMATURE_TRY(auto more, role_asks(ask.linked, body));
  std::move(more.begin(), more.end(), std::back_inserter(asks));
  return Ok{};
}

}  // namespace armature::gateway
