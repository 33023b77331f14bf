#include "gateway/body.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "arm/links.h"
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/strict_json.h"
#include "gateway/assigned_roles.h"
#include "gateway/scopes_in_body.h"

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

void add(std::vector<arm::Need>& needs, std::string action, std::string scope) {
  const auto same = [&](const arm::Need& need) {
    return equal_ci(need.action, action) && arm::same_id(need.scope, scope);
  };
  if (std::none_of(needs.begin(), needs.end(), same)) {
    needs.push_back({std::move(action), std::move(scope)});
  }
}

// What the body links to needs its action there; what lies below the request's own target is its
// own.
Status read_links(const arm::Operation& operation, const Json& body,
                  std::vector<arm::Need>& needs) {
  std::vector<arm::Link> links;
  constexpr std::string_view kWrite = "/write";
  if (ends_with_ci(operation.action, kWrite)) {
    const std::string_view type = operation.action;
    links = arm::links_of(type.substr(0, type.size() - kWrite.size()), body);
  }
  for (const arm::Link& link : links) {
    if (!link.target.starts_with('/')) {
      return fail(Code::kInvalid, link.path + " is no resource id");
    }
  }
  ARMATURE_TRY(auto references, arm::references_in(body));
  for (arm::Link& reference : references) {
    const bool listed = std::any_of(links.begin(), links.end(), [&](const arm::Link& link) {
      return link.path == reference.path;
    });
    if (!listed) links.push_back(std::move(reference));
  }
  for (arm::Link& link : links) {
    auto id = arm::ResourceId::parse(link.target);
    if (!id) return std::move(id).error().in(link.path);
    if (arm::at_or_above(operation.target, id->text)) continue;
    add(needs, link.action == "read" ? id->type + "/read" : std::move(link.action), id->text);
  }
  return Ok{};
}

Status read_deployment(const arm::Operation& operation, const Json& body,
                       std::vector<access::Ask>& asks) {
  access::Ask& ask = asks.front();
  ARMATURE_TRY(ask.linked, arm::template_needs(operation, body));
  ARMATURE_TRY(auto more, role_asks(ask.linked, body));
  std::move(more.begin(), more.end(), std::back_inserter(asks));
  return Ok{};
}

}  // namespace

Status read_body(const arm::Operation& operation, const std::string& text,
                 std::vector<access::Ask>& asks) {
  access::Ask& ask = asks.front();
  const bool role = hands_out_role(operation.action);
  const bool graph = is_graph_query(operation);
  const bool move = is_move(operation);
  const bool must_have_body = operation.is_deployment || role || graph || move;
  if (text.empty() && !must_have_body) {
    ask.linked = deletes_of_stack(operation);
    return Ok{};
  }
  if (one_of(kTextBodies, operation.action)) return Ok{};
  ARMATURE_TRY(const Json body, parse_strict_json(text, kDeepestBody));
  if (operation.is_deployment) return read_deployment(operation, body, asks);
  if (graph) return read_graph_query(body, asks);
  if (move) {
    ARMATURE_TRY(ask.linked, needs_of_move(operation, body));
    return Ok{};
  }
  ask.linked = deletes_of_stack(operation);
  if (role) {
    ARMATURE_TRY(const auto handed_out, arm::role_grant_request(body));
    ask.assigns_role_id = handed_out.role_definition_id;
  }
  return read_links(operation, body, ask.linked);
}

}  // namespace armature::gateway
