#include "sandbox/activity_event.h"

#include <array>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/time.h"
#include "http/message.h"

namespace armature::sandbox {
namespace {

using Phase = Occurrence::Phase;

Json pair(std::string_view value, std::string_view localized) {
  return JsonObject{
      {"value",          value    },
      {"localizedValue", localized}
  };
}
Json pair(std::string_view value) { return pair(value, value); }

// "Ns/type/write" is an operation on "Ns/type", "Ns/type/listKeys/action" too.
std::string type_of(std::string_view action) {
  if (ends_with_ci(action, "/action")) action.remove_suffix(std::string_view("/action").size());
  return std::string(action.substr(0, action.rfind('/')));
}

// Tokens have short names, the log spells those that XML knew before.
std::string_view long_name(std::string_view claim) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kNames = {
      {
       {"oid", "http://schemas.microsoft.com/identity/claims/objectidentifier"},
       {"tid", "http://schemas.microsoft.com/identity/claims/tenantid"},
       {"idp", "http://schemas.microsoft.com/identity/claims/identityprovider"},
       {"scp", "http://schemas.microsoft.com/identity/claims/scope"},
       {"amr", "http://schemas.microsoft.com/claims/authnmethodsreferences"},
       {"sub", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"},
       {"upn", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"},
       {"given_name", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname"},
       {"family_name", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname"},
       }
  };
  for (const auto& [name, spelled] : kNames) {
    if (name == claim) return spelled;
  }
  return claim;
}

Json claims_json(const std::string& text) {
  JsonObject out;
  const auto claims = parse_json(text);
  if (!claims || !claims->is_object()) return out;
  for (const auto& [name, value] : claims->get_object()) {
    std::string shown;
    if (value.is_string()) {
      shown = as_text(value);
    } else if (value.is_array()) {
      for (const Json& item : value.get_array()) {
        shown += (shown.empty() ? "" : ",") +
                 (item.is_string() ? std::string(as_text(item)) : dump(item));
      }
    } else {
      shown = dump(value);
    }
    out[long_name({name.data(), name.size()})] = shown;
  }
  return out;
}

JsonObject properties_of(const Event& event, Phase phase, const EventPlace& place) {
  JsonObject out;
  if (phase == Phase::kStarted && !event.request.empty()) out["requestbody"] = event.request;
  if (phase == Phase::kEnded && event.http_status != 0) {
    out["statusCode"] = http::reason_phrase(event.http_status);
    out["serviceRequestId"] = event.operation_id;
  }
  if (phase != Phase::kStarted && !event.message.empty()) {
    out["statusMessage"] = event.message;
    if (event.http_status != 0) out["responseBody"] = event.message;
  }
  out["eventCategory"] = event.category.empty() ? "Administrative" : event.category;
  out["entity"] = event.target;
  out["message"] = event.action;
  out["hierarchy"] = place.tenant + "/" + place.subscription;
  if (const auto details = parse_json(event.details); details && details->is_object()) {
    for (const auto& [name, value] : details->get_object()) out[name] = value;
  }
  return out;
}

Json sub_status(const Event& event, Phase phase) {
  if (phase != Phase::kEnded || event.http_status == 0) return pair("");
  // "Created", "NotFound": the phrase without blanks.
  std::string word;
  for (const char c : http::reason_phrase(event.http_status)) {
    if (c != ' ' && c != '-') word += c;
  }
  return pair(word, word + " (HTTP Status Code: " + std::to_string(event.http_status) + ")");
}

// .NET ticks: tenths of microseconds since the year 1.
std::string ticks(Instant at) { return std::to_string(621355968000000000 + to_micros(at) * 10); }

std::string operation_name(const Event& event) {
  if (event.category != "Policy") return event.action;
  const auto details = parse_json(event.details);
  return details ? text_at(*details, "message", event.action) : event.action;
}

}  // namespace

std::vector<Occurrence> occurrences(const Event& event, Instant now) {
  std::vector<Occurrence> out;
  if (!event.ending) out.push_back({Phase::kStarted, event.at, "Started"});
  out.push_back({Phase::kEnded, event.at, event.status});
  if (event.ready >= event.at && event.ready <= now) {
    out.push_back({Phase::kDone, event.ready, "Succeeded"});
  }
  return out;
}

std::string level_of(const Event& event, const Occurrence& occurrence) {
  if (occurrence.status == "Failed") return "Error";
  const bool audit =
      event.category == "Policy" && ends_with_ci(operation_name(event), "/audit/action");
  return audit ? "Warning" : "Informational";
}

std::string provider_of(const Event& event) {
  return event.action.substr(0, event.action.find('/'));
}

Json event_json(const Event& event, const Occurrence& occurrence, const EventPlace& place) {
  const std::string id =
      uuid_v5(is_uuid(event.operation_id) ? event.operation_id : place.subscription,
              event.operation_id + "#" + event.target + "#" + event.category +
                  std::to_string(static_cast<int>(occurrence.phase)) + ticks(event.at) +
                  (event.ending ? "e" : ""));
  const auto target = arm::ResourceId::parse(event.target);
  const bool started = occurrence.phase == Phase::kStarted;
  const std::string resource = event.target == "/" ? "" : event.target;
  const std::string time = to_rfc3339(occurrence.at);
  JsonObject out{
      {"authorization",                                                   JsonObject{{"action", event.action}, {"scope", event.scope}}},
      {"caller",                                                          event.caller},
      {"channels",                                                        "Operation"},
      {"claims",                                                          claims_json(event.claims)},
      {"correlationId",                                                   event.correlation_id},
      {"description",                                                     ""},
      {"eventDataId",                                                     id},
      {"eventName",
       started ? pair("BeginRequest","Begin request") : pair("EndRequest", "End request")},
      {"category",                                                   pair(event.category.empty() ? "Administrative" : event.category)},
      {"eventTimestamp",time},
      {"id",                                                                                                               resource + "/events/" + id + "/ticks/" + ticks(occurrence.at)                                                                                                    },
      {"level",level_of(event,occurrence)},
      {"operationId",                                                                                                                                                              event.operation_id                                                                                                                                                                                                                                                                                                                                                                 },
      {"operationName",                                                     pair(operation_name(event))},
      {"resourceGroupName",                                                   target ? target->resource_group : ""},
      {"resourceProviderName",                                               pair(provider_of(event))},
      {"resourceType",                                            pair(type_of(event.action))},
      {"resourceId",                                                    event.target},
      {"status",                                                      pair(occurrence.status)},
      {"subStatus",                                                          sub_status(event,occurrence.phase)},
      {"submissionTimestamp",                                                       time},
      {"subscriptionId",                                                                 target ? target->subscription_id : ""},
      {"tenantId",                                                                 place.tenant                                                                    },
      {"properties",                                                                 properties_of(event,            occurrence.phase, place)},
      {"relatedEvents",                                                                 JsonArray{}}
  };
  if (!event.method.empty()) {
    out["httpRequest"] = JsonObject{
        {"clientRequestId", event.client_request_id},
        {"clientIpAddress", event.client_ip        },
        {"method",          event.method           }
    };
  }
  return out;
}

}  // namespace armature::sandbox
