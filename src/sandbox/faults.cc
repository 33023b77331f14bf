#include "sandbox/faults.h"

#include <array>

#include "arm/error_body.h"
#include "base/bytes.h"

namespace armature::sandbox {
namespace {

bool contains_ci(std::string_view text, std::string_view part) {
  return to_lower(text).find(to_lower(part)) != std::string::npos;
}

bool matches(const Fault& fault, std::string_view method, std::string_view path, bool is_arm) {
  if (fault.path_contains.empty() ? !is_arm : !contains_ci(path, fault.path_contains)) return false;
  return fault.method.empty() || equal_ci(fault.method, method);
}

}  // namespace

Status FaultList::add(Fault fault) {
  constexpr std::array<std::string_view, 4> kKinds = {"status", "latency", "drop_before",
                                                      "drop_after"};
  if (std::ranges::find(kKinds, fault.kind) == kKinds.end()) {
    return fail(Code::kInvalid, "a fault's kind is status, latency, drop_before or drop_after");
  }
  if (fault.kind == "status" && (fault.status < 400 || fault.status > 599)) {
    return fail(Code::kInvalid, "a fault's status is 400 to 599");
  }
  if (fault.times < 1) return fail(Code::kInvalid, "a fault's times is at least 1");
  if (fault.latency < Micros{0} || fault.latency > std::chrono::minutes(5)) {
    return fail(Code::kInvalid, "a fault's latency is 0 to 5 minutes");
  }
  const std::scoped_lock lock(mutex_);
  faults_.push_back(std::move(fault));
  return Ok{};
}

std::optional<Fault> FaultList::take(std::string_view method, std::string_view path, bool is_arm) {
  const std::scoped_lock lock(mutex_);
  for (auto it = faults_.begin(); it != faults_.end(); ++it) {
    if (!matches(*it, method, path, is_arm)) continue;
    Fault taken = *it;
    if (--it->times == 0) faults_.erase(it);
    return taken;
  }
  return std::nullopt;
}

Json FaultList::to_json() const {
  const std::scoped_lock lock(mutex_);
  JsonArray out;
  for (const Fault& fault : faults_) {
    out.push_back(JsonObject{
        {"kind",          fault.kind                  },
        {"status",        fault.status                },
        {"retry_after",   fault.retry_after           },
        {"latency_ms",    fault.latency.count() / 1000},
        {"method",        fault.method                },
        {"path_contains", fault.path_contains         },
        {"times",         fault.times                 }
    });
  }
  return out;
}

std::size_t FaultList::size() const {
  const std::scoped_lock lock(mutex_);
  return faults_.size();
}

void FaultList::clear() {
  const std::scoped_lock lock(mutex_);
  faults_.clear();
}

http::Response fault_response(const Fault& fault) {
  std::string_view code = "InternalServerError";
  std::string_view message = "Encountered an internal error; the sandbox was told to answer so.";
  if (fault.status == 429) {
    code = "TooManyRequests";
    message = "The request is being throttled.";
  } else if (fault.status == 503) {
    code = "ServiceUnavailable";
    message = "The service is unavailable now; the sandbox was told to answer so.";
  } else if (fault.status == 504) {
    code = "GatewayTimeout";
    message = "The gateway did not receive a response within the specified time period.";
  } else if (fault.status < 500) {
    code = "BadRequest";
    message = "The sandbox was told to refuse this request.";
  }
  auto response = http::json_response(fault.status, dump(arm::error_json(code, message)));
  if (fault.retry_after > 0) response.headers.set("Retry-After", std::to_string(fault.retry_after));
  return response;
}

}  // namespace armature::sandbox
