#pragma once
// ARM's asynchronous operations, as values: where to poll, how long to wait, how it ended.
//
//   Source  async-api-reference: Azure-AsyncOperation wins over Location; a poll of the first is
//           always 200 with "status"; of the second 202 until done; a missing provisioningState
//           means Succeeded
//   Threads pure
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"

namespace armature::arm {

using HeaderLookup = std::function<std::optional<std::string>(std::string_view name)>;

enum class PollKind { kAsyncOperation, kLocation, kResource };
struct PollTarget {
  PollKind kind = PollKind::kResource;
  std::string url;  // as the server gave it; kResource: empty, read the resource itself again
};

// Nothing when the answer is final.
std::optional<PollTarget> poll_target(std::string_view method, int status,
                                      const HeaderLookup& header, const Json& body);

enum class OperationState { kRunning, kSucceeded, kFailed, kCanceled };
// 408, 429 and 5xx say nothing about the operation: kRunning.
OperationState operation_state(PollKind kind, int status, const Json& body);
OperationState provisioning_state(std::string_view text);  // "" is kSucceeded

// Retry-After in seconds or as an HTTP date, retry-after-ms, x-ms-retry-after-ms. Nothing when
// absent or malformed; never negative.
std::optional<Micros> retry_after(const HeaderLookup& header, Instant now);

}  // namespace armature::arm
