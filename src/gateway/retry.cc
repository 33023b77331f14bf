#include "gateway/retry.h"

#include <algorithm>

namespace armature::gateway {
namespace {

bool is_transient(int status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

// ARM refuses before it acts when it throttles or is not serving.
bool had_no_effect(int status) { return status == 429 || status == 503; }

Micros scaled(Micros length, double by) {
  return Micros{static_cast<std::int64_t>(static_cast<double>(length.count()) * by)};
}

Next after_answer(arm::Repeat repeat, int status) {
  if (!is_transient(status)) return Next::kAnswer;
  switch (repeat) {
    case arm::Repeat::kSafe:
      return Next::kResend;
    case arm::Repeat::kIdempotent:
      return had_no_effect(status) ? Next::kResend : Next::kReadBack;
    case arm::Repeat::kConditional:
      return status == 429 ? Next::kAnswer : Next::kReadBack;
    case arm::Repeat::kNever:
      break;
  }
  return status == 429 ? Next::kAnswer : Next::kLost;
}

Next after_silence(arm::Repeat repeat, bool sent) {
  if (!sent || repeat == arm::Repeat::kSafe) return Next::kResend;
  return repeat == arm::Repeat::kNever ? Next::kLost : Next::kReadBack;
}

}  // namespace

std::optional<Micros> wait_before_resend(arm::Repeat repeat, const std::optional<Micros>& after,
                                         const Progress& progress, const RetryPolicy& policy) {
  const int retries = repeat == arm::Repeat::kSafe ? policy.read_retries : policy.write_retries;
  if (progress.sends > retries) return std::nullopt;
  Micros wait{0};
  if (after) {
    wait = *after + scaled(*after, progress.jitter / 10);
  } else {
    Micros ceiling = policy.first_delay;
    for (int i = 1; i < progress.sends && ceiling < policy.longest_delay; ++i) ceiling *= 2;
    wait = scaled(std::min(ceiling, policy.longest_delay), progress.jitter);
  }
  if (wait >= progress.remaining) return std::nullopt;
  return wait;
}

Step next_step(arm::Repeat repeat, const SendResult& result, const Progress& progress,
               const RetryPolicy& policy) {
  const Next wish =
      result.status ? after_answer(repeat, *result.status) : after_silence(repeat, result.sent);
  if (wish != Next::kResend) return {wish, Micros{0}};
  if (const auto wait = wait_before_resend(repeat, result.retry_after, progress, policy)) {
    return {Next::kResend, *wait};
  }
  return {result.status ? Next::kAnswer : Next::kUnreachable, Micros{0}};
}

}  // namespace armature::gateway
