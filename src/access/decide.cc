#include "access/decide.h"

#include <optional>

namespace armature::access {
namespace {

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
    case Layer::kKillSwitch:
      return "kill_switch";
  }
  return "none";
}

Decision decide(const Facts& facts, const Ask& ask, Instant now) {
  const arm::Need own{ask.action, ask.scope};
  if (!ask.unreadable.empty()) return denied(Layer::kRequest, "unreadable_request", own);
  const Grant* granted = nullptr;
  const auto check = [&](const arm::Need& need) -> std::optional<Decision> {
    const Grant* grant = facts.grants.first(need, now);
    if (!grant) return denied(Layer::kGrant, "no_grant", need);
    if (!facts.ceiling.grants.first(need, now)) {
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
    if (!facts.grants.may_assign(own, ask.assigns_role_id, now)) {
      return denied(Layer::kAssignableRole, "role_not_assignable", own);
    }
    if (!facts.ceiling.grants.may_assign(own, ask.assigns_role_id, now)) {
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
