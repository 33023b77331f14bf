#include "sandbox/faults.h"

#include <algorithm>
#include <array>

#include "arm/error_body.h"
#include "base/bytes.h"
#include "base/time.h"

namespace armature::sandbox {
namespace {

struct Kind {
  std::string_view name;
  FaultUse use;
  bool needs_duration;
};
constexpr std::array kKinds = {
    Kind{"status",         FaultUse::kRequest, false},
    Kind{"throttle",       FaultUse::kRequest, false},
    Kind{"latency",        FaultUse::kRequest, true },
    Kind{"drop_before",    FaultUse::kRequest, false},
    Kind{"drop_after",     FaultUse::kRequest, false},
    Kind{"drop_during",    FaultUse::kRequest, false},
    Kind{"drop_idle",      FaultUse::kRequest, false},
    Kind{"late",           FaultUse::kRequest, true },
    Kind{"expired_token",  FaultUse::kRequest, false},
    Kind{"token_lifetime", FaultUse::kToken,   true },
    Kind{"rbac_delay",     FaultUse::kRole,    true },
};
constexpr Micros kLongestLatency = std::chrono::minutes(5);
constexpr Micros kLongestDuration = std::chrono::hours(24);

const Kind* kind_of(std::string_view name) {
  const auto* found = std::ranges::find(kKinds, name, &Kind::name);
  return found == kKinds.end() ? nullptr : found;
}

bool holds(const Fault& fault) { return fault.kind == "latency" || fault.kind == "late"; }

bool contains_ci(std::string_view text, std::string_view part) {
  return to_lower(text).find(to_lower(part)) != std::string::npos;
}

bool matches(const Fault& fault, FaultUse use, std::string_view method, std::string_view path,
             bool is_arm) {
  if (kind_of(fault.kind)->use != use) return false;
  if (use == FaultUse::kRequest && fault.path_contains.empty() && !is_arm) return false;
  if (!fault.path_contains.empty() && !contains_ci(path, fault.path_contains)) return false;
  return fault.method.empty() || equal_ci(fault.method, method);
}

// SplitMix64, by Sebastiano Vigna: repeatable from a seed, which the program's Random is not.
double draw(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

Status check(const Fault& fault) {
  const Kind* kind = kind_of(fault.kind);
  if (!kind) {
    std::string names;
    for (const Kind& one : kKinds) names += (names.empty() ? "" : ", ") + std::string(one.name);
    return fail(Code::kInvalid, "a fault's kind is one of " + names);
  }
  if (fault.kind == "status" && (fault.status < 400 || fault.status > 599)) {
    return fail(Code::kInvalid, "a fault's status is 400 to 599");
  }
  if (fault.times < 0) {
    return fail(Code::kInvalid, "a fault's times is at least 1, or 0 for until it is cleared");
  }
  const Micros most = kind->use == FaultUse::kRequest ? kLongestLatency : kLongestDuration;
  if (fault.duration < Micros{0} || fault.duration > most) {
    return fail(Code::kInvalid, "a fault's duration is 0 to " + format_duration(most));
  }
  if (kind->needs_duration && fault.duration == Micros{0}) {
    return fail(Code::kInvalid, "a fault of kind " + fault.kind + " needs a duration");
  }
  if (fault.retry_after < 0 || fault.retry_after > 3600) {
    return fail(Code::kInvalid, "a fault's retry_after is 0 to 3600 seconds");
  }
  if (!(fault.probability > 0 && fault.probability <= 1)) {
    return fail(Code::kInvalid, "a fault's probability is above 0 and at most 1");
  }
  return Ok{};
}

std::string_view default_code(int status) {
  if (status == 429) return "TooManyRequests";
  if (status == 503) return "ServiceUnavailable";
  if (status == 504) return "GatewayTimeout";
  if (status == 409) return "Conflict";
  return status < 500 ? "BadRequest" : "InternalServerError";
}

std::string_view default_message(int status) {
  if (status == 429) return "The request is being throttled.";
  if (status == 503) return "The service is unavailable now; the sandbox was told to answer so.";
  if (status == 504) {
    return "The gateway did not receive a response within the specified time period.";
  }
  if (status < 500) return "The sandbox was told to refuse this request.";
  return "Encountered an internal error; the sandbox was told to answer so.";
}

http::Response error_answer(int status, std::string_view code, std::string_view message) {
  auto response = http::json_response(status, dump(arm::error_json(code, message)));
  response.headers.set("x-ms-failure-cause", "gateway");
  return response;
}

http::Response expired(Instant now) {
  const std::string message = "The access token expiry UTC time '" +
                              to_rfc3339(now - std::chrono::seconds(1)) +
                              "' is earlier than current UTC time '" + to_rfc3339(now) + "'.";
  auto response = error_answer(401, "ExpiredAuthenticationToken", message);
  response.headers.set("WWW-Authenticate",
                       "Bearer error=\"invalid_token\", error_description=\"" + message + "\"");
  return response;
}

}  // namespace

Status FaultList::add(Fault fault) {
  ARMATURE_CHECK(check(fault));
  const std::scoped_lock lock(mutex_);
  const std::uint64_t seed = fault.seed;
  entries_.push_back({std::move(fault), next_id_++, 0, seed});
  return Ok{};
}

std::optional<FaultList::Taken> FaultList::take(FaultUse use, std::string_view method,
                                                std::string_view path, bool is_arm) {
  const std::scoped_lock lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->over || !matches(it->fault, use, method, path, is_arm)) continue;
    if (it->fault.probability < 1 && draw(it->dice) >= it->fault.probability) continue;
    Taken taken{it->fault, it->id};
    ++it->met;
    if (holds(taken)) ++it->holds;
    if (it->fault.times > 0 && --it->fault.times == 0) end(it);
    return taken;
  }
  return std::nullopt;
}

Status FaultList::remove(std::int64_t id) {
  const std::scoped_lock lock(mutex_);
  const auto found = find(id);
  if (found == entries_.end()) {
    return fail(Code::kNotFound, "no fault has the id " + std::to_string(id));
  }
  found->released = true;
  end(found);
  released_.notify_all();
  return Ok{};
}

std::list<FaultList::Entry>::iterator FaultList::find(std::int64_t id) {
  return std::ranges::find(entries_, id, &Entry::id);
}

void FaultList::end(std::list<Entry>::iterator entry) {
  entry->over = true;
  if (entry->holds == 0) entries_.erase(entry);
}

void FaultList::wait(const Taken& by) {
  std::unique_lock lock(mutex_);
  const Entry& entry = *find(by.id);
  released_.wait_for(lock, by.duration, [&entry] { return entry.released; });
}

void FaultList::let_go(std::int64_t id) {
  const std::scoped_lock lock(mutex_);
  const auto entry = find(id);
  if (--entry->holds == 0 && entry->over) entries_.erase(entry);
}

Json FaultList::to_json() const {
  const std::scoped_lock lock(mutex_);
  JsonArray out;
  for (const Entry& entry : entries_) {
    const Fault& fault = entry.fault;
    JsonObject shown{
        {"id",            entry.id           },
        {"kind",          fault.kind         },
        {"method",        fault.method       },
        {"path_contains", fault.path_contains},
        {"times",         fault.times        },
        {"met",           entry.met          },
        {"holds",         entry.holds        }
    };
    if (fault.kind == "status") {
      shown["status"] = fault.status;
      shown["code"] = fault.code.empty() ? Json(default_code(fault.status)) : Json(fault.code);
    }
    if (fault.retry_after > 0) shown["retry_after"] = fault.retry_after;
    if (fault.duration > Micros{0}) shown["duration"] = format_duration(fault.duration);
    if (fault.probability < 1) {
      shown["probability"] = fault.probability;
      shown["seed"] = fault.seed;
    }
    out.push_back(std::move(shown));
  }
  return out;
}

std::size_t FaultList::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

void FaultList::clear() {
  const std::scoped_lock lock(mutex_);
  std::erase_if(entries_, [](const Entry& entry) { return entry.holds == 0; });
  for (Entry& entry : entries_) entry.over = entry.released = true;
  released_.notify_all();
}

std::optional<http::Response> fault_response(const Fault& fault, Instant now) {
  if (fault.kind == "expired_token") return expired(now);
  if (fault.kind != "status" && fault.kind != "throttle") return std::nullopt;
  const int status = fault.kind == "throttle" ? 429 : fault.status;
  auto response = error_answer(status, fault.code.empty() ? default_code(status) : fault.code,
                               fault.message.empty() ? default_message(status) : fault.message);
  // ARM never throttles without saying for how long.
  const int wait = fault.kind == "throttle" && fault.retry_after == 0 ? 1 : fault.retry_after;
  if (wait > 0) response.headers.set("Retry-After", std::to_string(wait));
  if (fault.kind == "throttle") {
    for (const char* what : {"reads", "writes", "deletes"}) {
      response.headers.set(std::string("x-ms-ratelimit-remaining-subscription-") + what, "0");
    }
  }
  return response;
}

}  // namespace armature::sandbox
