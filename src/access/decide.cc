#include "access/decide.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"

namespace armature::access {
namespace {

bool applies(const Grant& grant, const arm::Need& need, Instant now) {
  return (!grant.expires || now < *grant.expires) && arm::at_or_above(grant.scope, need.scope) &&
         arm::permits(grant.role, need.action);
}

const Grant* find_grant(const std::vector<Grant>& grants, const arm::Need& need, Instant now) {
  const auto found =
      std::ranges::find_if(grants, [&](const Grant& grant) { return applies(grant, need, now); });
  return found == grants.end() ? nullptr : &*found;
}

// May some grant that covers the assignment hand out this role?
bool may_assign(const std::vector<Grant>& grants, const arm::Need& need, const std::string& role_id,
                Instant now) {
  return std::ranges::any_of(grants, [&](const Grant& grant) {
    return applies(grant, need, now) &&
           std::ranges::any_of(grant.assignable_roles,
                               [&](const arm::Role& role) { return equal_ci(role.id, role_id); });
  });
}

Decision denied(Layer layer, std::string reason, const arm::Need& need) {
  Decision decision;
  decision.layer = layer;
  decision.reason = std::move(reason);
  decision.missing = need;
  return decision;
}

}  // namespace

std::string_view to_string(Layer layer) {
  switch (layer) {
    case Layer::kNone:
      return "none";
    case Layer::kToken:
      return "token";
    case Layer::kGrant:
      return "grant";
    case Layer::kCeiling:
      return "ceiling";
    case Layer::kAssignableRole:
      return "assignable_role";
    case Layer::kRequest:
      return "request";
    case Layer::kAzure:
      return "azure";
  }
  return "none";
}

Decision decide(const Facts& facts, const Ask& ask, Instant now) {
  const arm::Need own{ask.action, ask.scope};
  if (!ask.unreadable.empty()) return denied(Layer::kRequest, "unreadable_request", own);
  const Grant* granted = nullptr;
  const auto check = [&](const arm::Need& need) -> std::optional<Decision> {
    const Grant* grant = find_grant(facts.grants, need, now);
    if (!grant) return denied(Layer::kGrant, "no_grant", need);
    if (!find_grant(facts.ceiling.grants, need, now)) {
      return denied(Layer::kCeiling, "outside_ceiling", need);
    }
    if (!granted) granted = grant;
    return std::nullopt;
  };
  if (auto refused = check(own)) return *refused;
  for (const arm::Need& need : ask.linked) {
    if (auto refused = check(need)) return *refused;
  }
  if (!ask.assigns_role_id.empty()) {
    if (!may_assign(facts.grants, own, ask.assigns_role_id, now)) {
      return denied(Layer::kAssignableRole, "role_not_assignable", own);
    }
    if (!may_assign(facts.ceiling.grants, own, ask.assigns_role_id, now)) {
      return denied(Layer::kCeiling, "role_not_assignable", own);
    }
  }
  Decision decision;
  decision.allowed = true;
  decision.reason = "granted";
  decision.rule = granted->role.name + " on " + granted->scope + " (" + granted->declared_at + ")";
  return decision;
}

}  // namespace armature::access
