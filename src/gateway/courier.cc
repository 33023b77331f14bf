#include "gateway/courier.h"

#include <algorithm>

#include "arm/long_running.h"
#include "gateway/answers.h"
#include "gateway/reporting.h"

namespace armature::gateway {

bool is_lasting(const http::Outcome& outcome) {
  return !outcome.response && outcome.response.error().code != Code::kUnavailable;
}

Progress Courier::progress(int sends) const { return {sends, remaining(), wiring_.random.unit()}; }

SendResult Courier::describe(const http::Outcome& outcome) const {
  if (!outcome.response) return {std::nullopt, outcome.sent, std::nullopt};
  const http::Headers& headers = outcome.response->headers;
  const auto lookup = [&](std::string_view name) { return headers.get(name); };
  return {outcome.response->status, true, arm::retry_after(lookup, wiring_.clock.now())};
}

http::Outcome Courier::hold_back(http::Response answer) {
  held_back_ = true;
  return {std::move(answer), false};
}

// How long the turn is still away, when it does not come before the deadline.
http::Task<std::optional<Micros>> Courier::wait_for_turn(const Lane* lane) {
  std::optional<Micros> late;
  Pacer::Place place(*wiring_.pacer, *lane);
  for (;;) {
    const Micros wait = place.take(wiring_.clock.ticks());
    if (wait == Micros{0}) co_return late;
    if (wait >= remaining()) {
      late = wait;
      co_return late;
    }
    co_await http::sleep_for(wait);
  }
}

void Courier::learn(const Lane& lane, const http::Outcome& outcome) {
  const SendResult result = describe(outcome);
  const Ticks now = wiring_.clock.ticks();
  if (lane.mutates) wiring_.breaker->report(lane.provider, is_failure(result.status), now);
  if (!wiring_.pacer || !outcome.response) return;
  const auto header = [&](std::string_view name) { return outcome.response->headers.get(name); };
  const int status = outcome.response->status;
  wiring_.pacer->learn(lane, read_limits(lane.budget, status, header, wiring_.clock.now()), now);
}

http::Task<http::Outcome> Courier::send_with_token(http::Request* request, Secret* used) {
  Lane lane = lane_of(call_);
  lane.budget = budget_of(request->method);
  if (request->method == "GET") lane.mutates = false;  // reading back
  held_back_ = false;
  if (wiring_.pacer) {
    const Lane* const turn = &lane;
    const std::optional<Micros> late = co_await wait_for_turn(turn);
    if (late) co_return hold_back(throttled(*late));
  }
  identity::TokenAsk ask = ask_;
  Result<Secret> token = co_await wiring_.upstream.token(std::move(ask));
  if (!token) {
    Error error = std::move(token).error();
    co_return http::Outcome{
        Error{error.code, "Azure token: " + error.message},
        false
    };
  }
  request->headers.set("Authorization", "Bearer " + token->reveal());
  *used = *std::move(token);
  const Micros timeout = std::min(wiring_.options.attempt_timeout, remaining());
  if (timeout <= Micros{0}) {
    co_return http::Outcome{fail(Code::kUnavailable, "the deadline has passed"), false};
  }
  if (lane.mutates) {
    const std::optional<Stop> stop = wiring_.stops->stopping(lane);
    if (stop) co_return hold_back(stopped(explain_stop(call_, *stop)));
  }
  const Ticks sent_at = wiring_.clock.ticks();
  http::Outcome outcome = co_await http::send(wiring_.client, request, timeout);
  note_send(call_, wiring_.clock.ticks() - sent_at);
  learn(lane, outcome);
  co_return outcome;
}

http::Task<http::Outcome> Courier::send(http::Request* request) {
  Secret used;
  http::Outcome outcome = co_await send_with_token(request, &used);
  if (outcome.response && outcome.response->status == 401) {
    wiring_.upstream.refused(ask_, used, outcome.response->headers);
    outcome = co_await send_with_token(request, &used);
  }
  co_return outcome;
}

http::Task<http::Outcome> Courier::read(http::Request* request) {
  for (int sends = 1;; ++sends) {
    http::Outcome outcome = co_await send(request);
    if (is_lasting(outcome)) co_return outcome;
    const SendResult result = describe(outcome);
    const Step step = next_step(arm::Repeat::kSafe, result, progress(sends), wiring_.policy());
    if (step.next != Next::kResend) co_return outcome;
    co_await http::sleep_for(step.wait);
  }
}

}  // namespace armature::gateway
