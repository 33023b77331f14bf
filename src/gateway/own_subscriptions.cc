#include "gateway/own_subscriptions.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/json.h"

namespace armature::gateway {
namespace {

constexpr std::string_view kPrefix = "/subscriptions/";

struct Seen {
  bool all = false;               // a grant at the root
  std::set<std::string> by_id{};  // lower case
};

Seen seen_by(const access::Facts& facts, Instant now) {
  Seen out;
  for (const access::Grant& grant : facts.grants.list()) {
    if (grant.expires && *grant.expires <= now) continue;
    if (grant.scope.empty() || grant.scope == "/") out.all = true;
    if (!starts_with_ci(grant.scope, kPrefix)) continue;
    const std::string_view rest = std::string_view(grant.scope).substr(kPrefix.size());
    out.by_id.insert(to_lower(rest.substr(0, rest.find('/'))));
  }
  return out;
}

}  // namespace

bool lists_subscriptions(const arm::Operation& operation) {
  return operation.is_collection && operation.method == "GET" &&
         equal_ci(operation.action, "Microsoft.Resources/subscriptions/read") &&
         equal_ci(operation.target, "/subscriptions");
}

access::Decision own_subscriptions(const access::Facts& facts, Instant now) {
  const Seen seen = seen_by(facts, now);
  access::Decision out;
  out.allowed = seen.all || !seen.by_id.empty();
  out.layer = out.allowed ? access::Layer::kNone : access::Layer::kGrant;
  out.reason = out.allowed ? "own_subscriptions" : "no_grant";
  if (out.allowed) out.rule = "everybody may list the subscriptions that he has a grant in";
  if (!out.allowed) out.missing = {"Microsoft.Resources/subscriptions/read", "/"};
  return out;
}

void keep_own_subscriptions(const access::Facts& facts, Instant now, http::Response& answer) {
  if (answer.status != 200) return;
  const Seen seen = seen_by(facts, now);
  if (seen.all) return;
  auto body = parse_json(answer.body);
  JsonArray kept;
  const Json* value = body ? find(*body, "value") : nullptr;
  if (value && value->is_array()) {
    for (const Json& one : value->get_array()) {
      if (seen.by_id.contains(to_lower(text_at(one, "subscriptionId")))) kept.push_back(one);
    }
  }
  JsonObject out;
  out["value"] = std::move(kept);
  const std::string next = body ? text_at(*body, "nextLink") : "";
  if (!next.empty()) out["nextLink"] = next;
  answer.body = dump(out);
}

}  // namespace armature::gateway
