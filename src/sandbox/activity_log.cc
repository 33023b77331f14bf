#include "sandbox/activity_log.h"

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kKept = 10'000;

Json localizable(std::string_view value) {
  return JsonObject{
      {"value",          value},
      {"localizedValue", value}
  };
}

struct Entry {
  std::string name;  // BeginRequest, EndRequest
  std::string status;
  int http_status = 0;
  std::string action;
  std::string scope;
  std::string target;
  std::string method;
  std::string operation_id;
  std::string correlation_id;
  std::string client_ip;
  Caller caller;
  Json message;
};

Json event_json(const Entry& entry, Cloud& cloud, Instant now) {
  const std::string event_id = cloud.random().uuid();
  const auto id = arm::ResourceId::parse(entry.target);
  JsonObject properties{
      {"entity",        entry.target                               },
      {"eventCategory", "Administrative"                           },
      {"message",       entry.action                               },
      {"hierarchy",     cloud.tenant() + "/" + cloud.subscription()}
  };
  Json sub_status = localizable("");
  if (entry.http_status != 0) {
    const std::string reason(http::reason_phrase(entry.http_status));
    properties["statusCode"] = reason;
    sub_status = JsonObject{
        {"value",          reason                                                 },
        {"localizedValue",
         reason + " (HTTP Status Code: " + std::to_string(entry.http_status) + ")"}
    };
  }
  if (!entry.message.is_null()) properties["statusMessage"] = dump(entry.message);
  const bool failed = entry.status == "Failed";
  return JsonObject{
      {"authorization",        JsonObject{{"action", entry.action}, {"scope", entry.scope}}                     },
      {"caller",               entry.caller.object_id                                                           },
      {"channels",             "Operation"                                                                      },
      {"claims",
       JsonObject{{"appid", entry.caller.app_id},
                  {"idtyp", "app"},
                  {"http://schemas.microsoft.com/identity/claims/objectidentifier",
                   entry.caller.object_id},
                  {"http://schemas.microsoft.com/identity/claims/tenantid", cloud.tenant()}}                    },
      {"correlationId",        entry.correlation_id                                                             },
      {"description",          ""                                                                               },
      {"eventDataId",          event_id                                                                         },
      {"eventName",            localizable(entry.name)                                                          },
      {"category",             localizable("Administrative")                                                    },
      {"eventTimestamp",       to_rfc3339(now)                                                                  },
      {"submissionTimestamp",  to_rfc3339(now)                                                                  },
      {"httpRequest",          JsonObject{{"clientRequestId", entry.correlation_id},
                                 {"clientIpAddress", entry.client_ip},
                                 {"method", entry.method}}                                 },
      {"id",                   entry.target + "/events/" + event_id + "/ticks/" + std::to_string(to_micros(now))},
      {"level",                failed ? "Error" : "Informational"                                               },
      {"operationId",          entry.operation_id                                                               },
      {"operationName",        localizable(entry.action)                                                        },
      {"properties",           std::move(properties)                                                            },
      {"resourceGroupName",    id ? id->resource_group : ""                                                     },
      {"resourceProviderName", localizable(id ? id->provider : "")                                              },
      {"resourceType",         localizable(id ? id->type : "")                                                  },
      {"resourceId",           entry.target                                                                     },
      {"status",               localizable(entry.status)                                                        },
      {"subStatus",            std::move(sub_status)                                                            },
      {"subscriptionId",       cloud.subscription()                                                             },
      {"tenantId",             cloud.tenant()                                                                   }
  };
}

void append(Change& change, Cloud& cloud, const Entry& entry) {
  const auto& events = change.state().table<Event>();
  std::uint64_t next = 1;
  if (!events.empty()) next = std::stoull(events.rbegin()->first) + 1;
  std::string key = std::to_string(next);
  key.insert(0, 16 - key.size(), '0');
  const Instant now = cloud.clock().now();
  if (events.size() >= kKept) change.erase<Event>(std::string(events.begin()->first));
  change.put(key, Event{event_json(entry, cloud, now), now});
}

// "field eq 'value'" and the like, joined by "and": what the query API takes.
struct Condition {
  std::string field;
  std::string relation;
  std::string value;
};
std::optional<std::vector<Condition>> read_filter(std::string_view text) {
  std::vector<Condition> out;
  std::string rest(trim(text));
  while (!rest.empty()) {
    const auto words = split(rest, ' ');
    if (words.size() < 3) return std::nullopt;
    const std::size_t open = rest.find('\'');
    const std::size_t close = open == std::string::npos ? open : rest.find('\'', open + 1);
    if (close == std::string::npos) return std::nullopt;
    out.push_back({words[0], to_lower(words[1]), rest.substr(open + 1, close - open - 1)});
    rest = std::string(trim(std::string_view(rest).substr(close + 1)));
    if (rest.empty()) break;
    if (!starts_with_ci(rest, "and ")) return std::nullopt;
    rest = std::string(trim(std::string_view(rest).substr(4)));
  }
  return out;
}

std::optional<bool> holds(const Condition& condition, const Event& event) {
  if (equal_ci(condition.field, "eventTimestamp")) {
    const auto at = from_rfc3339(condition.value);
    if (!at) return std::nullopt;
    if (condition.relation == "ge") return event.at >= *at;
    if (condition.relation == "le") return event.at <= *at;
    return std::nullopt;
  }
  if (condition.relation != "eq") return std::nullopt;
  const auto equals = [&](const char* path) {
    return equal_ci(text_at(event.body, path), condition.value);
  };
  if (equal_ci(condition.field, "resourceGroupName")) return equals("resourceGroupName");
  if (equal_ci(condition.field, "resourceUri")) return equals("resourceId");
  if (equal_ci(condition.field, "resourceId")) return equals("resourceId");
  if (equal_ci(condition.field, "resourceProvider")) return equals("resourceProviderName.value");
  if (equal_ci(condition.field, "correlationId")) return equals("correlationId");
  if (equal_ci(condition.field, "caller")) return equals("caller");
  return std::nullopt;
}

}  // namespace

void log_call(Change& change, Cloud& cloud, const ArmCall& call, const ArmAnswer& outcome) {
  Entry entry;
  entry.name = "BeginRequest";
  entry.status = "Started";
  entry.action = call.op.action;
  entry.scope = call.op.scope;
  entry.target = call.op.target;
  entry.method = call.op.method;
  entry.operation_id = call.request_id;
  entry.correlation_id = call.correlation_id;
  entry.client_ip = call.client_ip;
  entry.caller = call.caller;
  append(change, cloud, entry);
  entry.name = "EndRequest";
  entry.http_status = outcome.status;
  const bool more = outcome.status == 202 || outcome.headers.get("Azure-AsyncOperation");
  if (outcome.ok()) {
    entry.status = more && call.op.is_deployment ? "Accepted" : "Succeeded";
  } else {
    entry.status = "Failed";
    if (outcome.body) entry.message = *outcome.body;
  }
  append(change, cloud, entry);
}

void log_ending(Change& change, Cloud& cloud, const Ending& ending) {
  Entry entry;
  entry.name = "EndRequest";
  entry.status = ending.status;
  entry.action = ending.action;
  entry.scope = ending.target;
  entry.target = ending.target;
  entry.operation_id = ending.operation_id;
  entry.correlation_id = ending.correlation_id;
  entry.caller = ending.caller;
  entry.message = ending.error;
  append(change, cloud, entry);
}

ArmAnswer list_events(const State& state, const ArmCall& call) {
  const std::string filter = call.query_value("$filter");
  const auto conditions = read_filter(filter);
  const auto invalid = [&] {
    return refuse(
        400, "InvalidFilterInQueryString",
        "The $filter '" + filter +
            "' is not supported: it takes eventTimestamp ge and le, "
            "resourceGroupName, resourceUri, resourceProvider, correlationId and caller eq, "
            "joined by and.");
  };
  if (!conditions) return invalid();
  JsonArray out;
  const auto& events = state.table<Event>();
  for (auto it = events.rbegin(); it != events.rend(); ++it) {
    bool all = true;
    for (const Condition& condition : *conditions) {
      const auto held = holds(condition, it->second);
      if (!held) return invalid();
      all = all && *held;
    }
    if (all) out.push_back(it->second.body);
  }
  return list_answer(std::move(out));
}

}  // namespace armature::sandbox
