#include "gateway/assigned_roles.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>

#include "base/bytes.h"

namespace armature::gateway {
namespace {

constexpr std::string_view kProvider = "Microsoft.Authorization/";
constexpr std::array<std::string_view, 3> kTypes = {
    "roleAssignments", "roleAssignmentScheduleRequests", "roleEligibilityScheduleRequests"};
constexpr std::size_t kUuidLength = 36;

bool is_role_assignment(std::string_view type) {
  return std::any_of(kTypes.begin(), kTypes.end(), [&](std::string_view one) {
    return equal_ci(type, std::string(kProvider) + std::string(one)) ||
           ends_with_ci(type, "/providers/" + std::string(one));
  });
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Only functions that put an id together: with any other, the literal may not be what counts.
bool only_builds_ids(std::string_view expression) {
  static const std::set<std::string, std::less<>> kBuilders = {
      "concat",     "subscriptionresourceid", "tenantresourceid",
      "resourceid", "subscription",           "extensionresourceid"};
  for (std::size_t at = expression.find('('); at != std::string_view::npos;
       at = expression.find('(', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && is_word(expression[begin - 1])) --begin;
    if (!kBuilders.contains(to_lower(expression.substr(begin, at - begin)))) return false;
  }
  return true;
}

// The guid that a role definition's id ends in: a literal, or the last literal of an expression.
std::string role_in(std::string_view text) {
  text = trim(text);
  if (text.starts_with("[") && !text.starts_with("[[")) {
    if (!text.ends_with("]") || !only_builds_ids(text)) return {};
    text.remove_suffix(1);
    while (!text.empty() && (text.back() == ')' || text.back() == ' ')) text.remove_suffix(1);
    if (!text.ends_with("'")) return {};
    text.remove_suffix(1);
  }
  if (text.size() < kUuidLength) return {};
  const std::string_view guid = text.substr(text.size() - kUuidLength);
  const bool whole = text.size() == kUuidLength || text[text.size() - kUuidLength - 1] == '/' ||
                     text[text.size() - kUuidLength - 1] == '\'';
  return whole && is_uuid(guid) ? to_lower(guid) : std::string();
}

// Every object with a role assignment's type, wherever it stands: nested templates, copies and
// child resources are all reached by walking the whole body.
Status collect(const Json& value, std::set<std::string>& roles) {
  if (const auto* array = value.if_array()) {
    for (const Json& item : *array) ARMATURE_CHECK(collect(item, roles));
    return Ok{};
  }
  const auto* object = value.if_object();
  if (object == nullptr) return Ok{};
  for (const auto& member : *object) ARMATURE_CHECK(collect(member.value(), roles));
  const Json* type = find_ci(*object, "type");
  if (type == nullptr || !type->is_string() || !is_role_assignment(as_text(*type))) return Ok{};
  const Json* properties = find_ci(*object, "properties");
  const Json* role = properties != nullptr && properties->is_object()
                         ? find_ci(properties->get_object(), "roleDefinitionId")
                         : nullptr;
  const std::string guid =
      role != nullptr && role->is_string() ? role_in(as_text(*role)) : std::string();
  if (guid.empty()) {
    return fail(Code::kInvalid,
                "the template assigns a role whose id is not written out in it, so it cannot be "
                "checked; write the role's guid into roleDefinitionId");
  }
  roles.insert(guid);
  return Ok{};
}

}  // namespace

bool hands_out_role(std::string_view action) {
  constexpr std::string_view kWrite = "/write";
  return ends_with_ci(action, kWrite) &&
         is_role_assignment(action.substr(0, action.size() - kWrite.size()));
}

Result<std::vector<access::Ask>> role_asks(const std::vector<arm::Need>& needs, const Json& body) {
  std::vector<access::Ask> asks;
  std::set<std::pair<std::string, std::string>> writes;
  for (const arm::Need& need : needs) {
    if (hands_out_role(need.action)) writes.emplace(need.action, need.scope);
  }
  if (writes.empty()) return asks;
  std::set<std::string> roles;
  ARMATURE_CHECK(collect(body, roles));
  if (roles.empty()) {
    return fail(Code::kInvalid, "the template assigns a role that could not be found in it");
  }
  // Which role goes to which scope is not told apart: each must be assignable at each.
  for (const auto& [action, scope] : writes) {
    for (const std::string& role : roles) asks.push_back({action, scope, {}, role, {}});
  }
  return asks;
}

}  // namespace armature::gateway
