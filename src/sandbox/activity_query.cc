#include "sandbox/activity_query.h"

#include <algorithm>
#include <array>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/activity_event.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kPage = 200;
// A client that asks for the last 90 days counts from its own, earlier "now".
constexpr auto kOldest = std::chrono::hours(24 * 91);

struct Condition {
  std::string field;
  std::string relation;  // lower case
  std::string value;
};

std::string_view take_word(std::string_view& rest) {
  rest = trim(rest);
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

// 'text', with '' for a quote inside, or a bare word.
std::optional<std::string> take_value(std::string_view& rest) {
  rest = trim(rest);
  if (!rest.starts_with('\'')) {
    const std::string_view word = take_word(rest);
    return word.empty() ? std::nullopt : std::optional(std::string(word));
  }
  std::string out;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != '\'') {
      out += rest[i];
    } else if (i + 1 < rest.size() && rest[i + 1] == '\'') {
      out += rest[++i];
    } else {
      rest.remove_prefix(i + 1);
      return out;
    }
  }
  return std::nullopt;
}

std::optional<std::vector<Condition>> read_conditions(std::string_view rest) {
  std::vector<Condition> out;
  while (true) {
    Condition condition;
    condition.field = take_word(rest);
    condition.relation = to_lower(take_word(rest));
    auto value = take_value(rest);
    if (condition.relation.empty() || !value) return std::nullopt;
    condition.value = *std::move(value);
    out.push_back(std::move(condition));
    if (trim(rest).empty()) return out;
    if (!equal_ci(take_word(rest), "and")) return std::nullopt;
  }
}

bool in_list(std::string_view list, std::string_view word) {
  return std::ranges::any_of(split(list, ','),
                             [&](const std::string& item) { return equal_ci(trim(item), word); });
}

std::string group_of(const Event& event) {
  const auto id = arm::ResourceId::parse(event.target);
  return id ? id->resource_group : "";
}

using OfEvent = bool (*)(const Event&, const std::string&);
struct Field {
  std::string_view name;
  OfEvent holds;
};
constexpr Field kFields[] = {
    {"resourceGroupName",
     [](const Event& e,                      const std::string& v) { return equal_ci(group_of(e), v); }     },
    {"resourceUri",       [](const Event& e, const std::string& v) { return equal_ci(e.target, v); }        },
    {"resourceId",        [](const Event& e, const std::string& v) { return equal_ci(e.target, v); }        },
    {"resourceProvider",
     [](const Event& e,                      const std::string& v) { return equal_ci(provider_of(e), v); }  },
    {"correlationId",
     [](const Event& e,                      const std::string& v) { return equal_ci(e.correlation_id, v); }},
    {"caller",            [](const Event& e, const std::string& v) { return equal_ci(e.caller, v); }        },
    {"operations",        [](const Event& e, const std::string& v) { return in_list(v, e.action); }         },
    {"category",
     [](const Event& e,                      const std::string& v) {
       return in_list(v, e.category.empty() ? "Administrative" : e.category);
     }                                                                               },
    {"eventChannels",
     [](const Event&,                        const std::string& v) {
       return in_list(v, "Operation") || in_list(v, "Admin");
     }                                                                                 },
};

struct Query {
  Instant from;
  Instant to = Instant::max();
  std::vector<std::pair<const Field*, std::string>> fields;
  std::vector<std::string> statuses;
  std::vector<std::string> levels;

  bool holds(const Event& event) const {
    return std::ranges::all_of(
        fields, [&](const auto& item) { return item.first->holds(event, item.second); });
  }
  bool holds(const Event& event, const Occurrence& occurrence) const {
    if (occurrence.at < from || occurrence.at > to) return false;
    const auto in = [](const std::string& word) {
      return [&](const std::string& list) { return in_list(list, word); };
    };
    return std::ranges::all_of(statuses, in(occurrence.status)) &&
           (levels.empty() || std::ranges::all_of(levels, in(level_of(event, occurrence))));
  }
};

Result<Query> read_query(const std::string& filter, Instant now) {
  const auto bad = [](const std::string& why) { return fail(Code::kInvalid, why); };
  if (trim(filter).empty()) {
    return bad(
        "The $filter query parameter is required and must hold a start time: "
        "eventTimestamp ge '2026-01-01T00:00:00Z'.");
  }
  const auto conditions = read_conditions(filter);
  if (!conditions) return bad("The $filter '" + filter + "' cannot be read.");
  Query query;
  bool started = false;
  for (const Condition& condition : *conditions) {
    if (equal_ci(condition.field, "eventTimestamp")) {
      const auto at = from_rfc3339(condition.value);
      if (!at) return bad("The time '" + condition.value + "' in $filter is not valid.");
      const bool from = condition.relation == "ge" || condition.relation == "gt";
      if (!from && condition.relation != "le" && condition.relation != "lt") {
        return bad("eventTimestamp takes the operators ge and le.");
      }
      (from ? query.from : query.to) = *at;
      started = started || from;
      continue;
    }
    if (condition.relation != "eq") {
      return bad("The field '" + condition.field + "' in $filter takes the operator eq.");
    }
    if (equal_ci(condition.field, "status")) {
      query.statuses.push_back(condition.value);
    } else if (equal_ci(condition.field, "levels") || equal_ci(condition.field, "level")) {
      query.levels.push_back(condition.value);
    } else {
      const auto* field = std::ranges::find_if(
          kFields, [&](const Field& f) { return equal_ci(f.name, condition.field); });
      if (field == std::end(kFields)) {
        return bad("The field '" + condition.field + "' is not supported in $filter.");
      }
      query.fields.emplace_back(field, condition.value);
    }
  }
  if (!started) return bad("The $filter must hold a start time: eventTimestamp ge.");
  if (query.from > query.to) return bad("The start time is after the end time.");
  if (query.from < now - kOldest) {
    return bad("The start time cannot be more than 90 days in the past.");
  }
  return query;
}

// Where an event stands in the log: by its time, then by the order of writing.
struct Position {
  Instant at;
  std::string key;
  int phase = 0;
  auto operator<=>(const Position&) const = default;
};

std::string token_of(const Position& position) {
  return to_base64url(std::to_string(to_micros(position.at)) + ":" + position.key + ":" +
                      std::to_string(position.phase));
}

std::optional<Position> read_token(const std::string& token) {
  const auto text = from_base64url(token);
  if (!text) return std::nullopt;
  const auto parts = split(*text, ':');
  const auto digits = [](const std::string& part) {
    return !part.empty() && part.size() <= 18 &&
           part.find_first_not_of("0123456789") == std::string::npos;
  };
  if (parts.size() != 3 || !std::ranges::all_of(parts, digits)) return std::nullopt;
  return Position{from_micros(std::stoll(parts[0])), parts[1], std::stoi(parts[2].substr(0, 1))};
}

struct Hit {
  Position position;
  const Event* event;
  Occurrence occurrence;
};

// Does the list at this scope show the event? The tenant's list: what is in no subscription.
bool listed_at(const std::string& scope, const Event& event) {
  if (!scope.empty()) return arm::at_or_above(scope, event.target);
  return !starts_with_ci(event.target, "/subscriptions/");
}

Json selected(Json event, const std::string& select) {
  if (select.empty()) return event;
  JsonObject out;
  for (auto& [name, value] : event.get_object()) {
    if (in_list(select, {name.data(), name.size()})) out[name] = std::move(value);
  }
  return out;
}

std::string next_link(const Cloud& cloud, const ArmCall& call, const Position& last) {
  std::string out = cloud.link(call.op.target, call);
  for (const char* name : {"$filter", "$select"}) {
    const std::string value = call.query_value(name);
    if (!value.empty()) out += "&" + std::string(name) + "=" + http::percent_encode(value);
  }
  return out + "&$skipToken=" + token_of(last);
}

ArmAnswer bad_request(const std::string& message) { return refuse(400, "BadRequest", message); }

}  // namespace

ArmAnswer list_events(const Cloud& cloud, const State& state, const ArmCall& call) {
  const auto& tail = call.at.tail;
  if (tail.size() != 3 || !equal_ci(tail[1], "management") || !equal_ci(tail[2], "values")) {
    return refuse(404, "NotFound", "'" + call.op.target + "' is no list of the Activity Log.");
  }
  const Instant now = cloud.clock().now();
  const auto query = read_query(call.query_value("$filter"), now);
  if (!query) return bad_request(query.error().message);
  std::optional<Position> after;
  if (const std::string token = call.query_value("$skipToken"); !token.empty()) {
    after = read_token(token);
    if (!after) return bad_request("The $skipToken is not valid.");
  }
  std::vector<Hit> hits;
  for (const auto& [key, event] : state.table<Event>()) {
    if (!listed_at(call.at.scope, event) || !query->holds(event)) continue;
    for (Occurrence& occurrence : occurrences(event, now)) {
      if (!query->holds(event, occurrence)) continue;
      Position position{occurrence.at, key, static_cast<int>(occurrence.phase)};
      if (!after || position < *after) {
        hits.push_back({std::move(position), &event, std::move(occurrence)});
      }
    }
  }
  std::ranges::sort(hits, std::greater{}, &Hit::position);
  const std::string select = call.query_value("$select");
  const EventPlace place{cloud.tenant(), cloud.subscription()};
  JsonArray out;
  for (std::size_t i = 0; i < std::min(hits.size(), kPage); ++i) {
    out.push_back(selected(event_json(*hits[i].event, hits[i].occurrence, place), select));
  }
  ArmAnswer page = list_answer(std::move(out));
  if (hits.size() > kPage) {
    page.body->get_object()["nextLink"] = next_link(cloud, call, hits[kPage - 1].position);
  }
  return page;
}

ArmAnswer list_event_categories() {
  JsonArray out;
  for (const char* name : {"Administrative", "Security", "ServiceHealth", "Alert", "Recommendation",
                           "Policy", "Autoscale", "ResourceHealth"}) {
    out.push_back(JsonObject{
        {"value",          name},
        {"localizedValue", name}
    });
  }
  return list_answer(std::move(out));
}

}  // namespace armature::sandbox
