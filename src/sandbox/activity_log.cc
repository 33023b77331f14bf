#include "sandbox/activity_log.h"

#include <array>

#include "base/bytes.h"
#include "sandbox/resource_kinds.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kKept = 20'000;
constexpr auto kRetention = std::chrono::hours(24 * 90);
constexpr std::size_t kMostRequest = 16 * 1024;
constexpr int kMostDropped = 16;  // at one append, so that none is slow after a jump of the clock

void append(Change& change, Cloud& cloud, Event event) {
  event.at = cloud.clock().now();
  if (event.ready != Instant{}) event.ready = std::max(event.ready, event.at);
  const auto& events = change.state().table<Event>();
  std::uint64_t next = 1;
  if (!events.empty()) next = std::stoull(events.rbegin()->first) + 1;
  std::string key = std::to_string(next);
  key.insert(0, 16 - key.size(), '0');
  for (int i = 0; i < kMostDropped && !events.empty(); ++i) {
    const auto& [oldest, old] = *events.begin();
    if (events.size() < kKept && old.at >= event.at - kRetention) break;
    change.erase<Event>(std::string(oldest));
  }
  change.put(key, std::move(event));
}

Event event_of(const ArmCall& call) {
  Event event;
  event.action = call.op.action;
  event.scope = call.op.scope;
  event.target = call.op.target;
  event.method = call.op.method;
  event.operation_id = call.request_id;
  event.correlation_id = call.correlation_id;
  event.client_request_id = call.client_request_id;
  event.client_ip = call.client_ip;
  event.caller = call.caller.object_id;
  if (call.caller.claims.is_object()) event.claims = dump(call.caller.claims);
  return event;
}

bool named_like_secret(std::string_view name) {
  constexpr std::array<std::string_view, 6> kWords = {
      "password", "secret", "token", "connectionstring", "credential", "passphrase"};
  const std::string lower = to_lower(name);
  return lower == "value" || lower.ends_with("key") || lower.ends_with("keys") ||
         std::ranges::any_of(
             kWords, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// Lists whose every item may be one: settings of an application, variables of a container.
bool holds_secrets(std::string_view name) {
  constexpr std::array<std::string_view, 5> kLists = {"appSettings", "connectionStrings",
                                                      "environmentVariables", "env", "secrets"};
  return std::ranges::any_of(kLists, [&](std::string_view list) { return equal_ci(list, name); });
}

void mask_named(Json& value) {
  if (value.is_array()) {
    for (Json& inner : value.get_array()) mask_named(inner);
  }
  if (!value.is_object()) return;
  for (auto& [key, inner] : value.get_object()) {
    const std::string_view name(key.data(), key.size());
    if (holds_secrets(name) || (inner.is_string() && named_like_secret(name))) {
      inner = "(not logged)";
    } else {
      mask_named(inner);
    }
  }
}

}  // namespace

std::string told_request(const ArmCall& call) {
  if (!call.body || call.op.is_deployment || call.op.returns_secrets) return "";
  const std::string type = call.at.type();
  // App settings: every value under a name of the user's own may be a secret.
  if (starts_with_ci(type, "Microsoft.Web/") && ends_with_ci(type, "/config")) return "";
  Json body = *call.body;
  drop_write_only(type, body);
  drop_secrets(call.secrets, body);
  mask_named(body);
  std::string text = dump(body);
  return text.size() > kMostRequest ? "" : text;
}

void log_call(Change& change, Cloud& cloud, const ArmCall& call, const ArmAnswer& outcome) {
  Event event = event_of(call);
  event.request = told_request(call);
  event.http_status = outcome.status;
  event.status = outcome.ok() ? "Succeeded" : "Failed";
  const bool more = outcome.status == 202 || outcome.headers.get("Azure-AsyncOperation");
  if (outcome.ok() && more) {
    event.status = "Accepted";
    // A deployment's end is logged when it comes; a resource's end is known now.
    if (!call.op.is_deployment) {
      const Record* record = change.state().get<Record>(to_lower(call.op.target));
      event.ready = record ? record->ready : cloud.clock().now();
    }
  }
  if (!outcome.ok() && outcome.body) event.message = dump(*outcome.body);
  append(change, cloud, std::move(event));
}

void log_ending(Change& change, Cloud& cloud, const Ending& ending) {
  Event event;
  event.ending = true;
  event.status = ending.status;
  event.action = ending.action;
  event.scope = ending.target;
  event.target = ending.target;
  event.operation_id = ending.operation_id;
  event.correlation_id = ending.correlation_id;
  event.caller = ending.caller.object_id;
  if (ending.caller.claims.is_object()) event.claims = dump(ending.caller.claims);
  if (!ending.error.is_null()) {
    event.message = dump(JsonObject{
        {"error", ending.error}
    });
  }
  append(change, cloud, std::move(event));
}

void log_policy(Change& change, Cloud& cloud, const ArmCall& call, const PolicyEffect& effect) {
  Event event = event_of(call);
  event.category = "Policy";
  event.ending = true;
  event.status = equal_ci(effect.effect, "deny") ? "Failed" : "Succeeded";
  event.details = dump(JsonObject{
      {"isComplianceCheck", effect.compliance_check ? "True" : "False"                     },
      {"resourceLocation",  effect.resource_location                                       },
      {"ancestors",         cloud.tenant()                                                 },
      {"policies",          dump(effect.policies)                                          },
      {"message",           "Microsoft.Authorization/policies/" + effect.effect + "/action"}
  });
  append(change, cloud, std::move(event));
}

}  // namespace armature::sandbox
