#include "arm/long_running.h"

#include <date/date.h>

#include <charconv>
#include <sstream>

#include "base/bytes.h"

namespace armature::arm {
namespace {

constexpr std::int64_t kLongestWait = 86'400 * 365;  // seconds; also keeps the sums in range

std::optional<std::int64_t> whole_number(std::string_view text) {
  text = trim(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// IMF-fixdate, the one form a server may write (RFC 9110 §5.6.7).
std::optional<Instant> http_date(const std::string& text) {
  std::istringstream in(text);
  in.imbue(std::locale::classic());
  date::sys_seconds at;
  in >> date::parse("%a, %d %b %Y %T GMT", at);
  if (in.fail()) return std::nullopt;
  return Instant{at.time_since_epoch()};
}

// An answer about the poll, not about the operation: it may well still run.
bool says_nothing(int status) {
  return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

std::string state_in(const Json& body) { return text_at(body, "properties.provisioningState"); }

}  // namespace

OperationState provisioning_state(std::string_view text) {
  if (text.empty() || equal_ci(text, "Succeeded")) return OperationState::kSucceeded;
  if (equal_ci(text, "Failed")) return OperationState::kFailed;
  if (equal_ci(text, "Canceled") || equal_ci(text, "Cancelled")) return OperationState::kCanceled;
  return OperationState::kRunning;
}

std::optional<PollTarget> poll_target(std::string_view method, int status,
                                      const HeaderLookup& header, const Json& body) {
  if (status >= 300 || equal_ci(method, "HEAD")) return std::nullopt;
  const bool reads = equal_ci(method, "GET");
  if (!reads) {
    if (const auto url = header("Azure-AsyncOperation")) {
      return PollTarget{PollKind::kAsyncOperation, *url};
    }
    if (const auto url = header("Location"); url && (status == 202 || status == 201)) {
      // A 201 with Location may only name the new resource: the body's state decides.
      if (status == 202 || provisioning_state(state_in(body)) == OperationState::kRunning) {
        return PollTarget{PollKind::kLocation, *url};
      }
    }
  }
  if (provisioning_state(state_in(body)) == OperationState::kRunning) {
    return PollTarget{PollKind::kResource, ""};
  }
  return std::nullopt;
}

OperationState operation_state(PollKind kind, int status, const Json& body) {
  if (says_nothing(status)) return OperationState::kRunning;
  if (kind == PollKind::kLocation) {
    if (status == 202) return OperationState::kRunning;
    return status < 300 ? OperationState::kSucceeded : OperationState::kFailed;
  }
  if (status >= 400) return OperationState::kFailed;
  if (kind == PollKind::kResource) return provisioning_state(state_in(body));
  const std::string said = text_at(body, "status");
  if (said.empty())
    return status == 202 ? OperationState::kRunning : provisioning_state(state_in(body));
  return provisioning_state(said);
}

std::optional<Micros> retry_after(const HeaderLookup& header, Instant now) {
  for (const char* name : {"retry-after-ms", "x-ms-retry-after-ms"}) {
    if (const auto text = header(name)) {
      if (const auto millis = whole_number(*text)) {
        return std::chrono::milliseconds(std::min(*millis, kLongestWait * 1000));
      }
    }
  }
  const auto text = header("Retry-After");
  if (!text) return std::nullopt;
  if (const auto seconds = whole_number(*text)) {
    return std::chrono::seconds(std::min(*seconds, kLongestWait));
  }
  if (const auto at = http_date(*text)) return std::max(Micros{0}, *at - now);
  return std::nullopt;
}

}  // namespace armature::arm
