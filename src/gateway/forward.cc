#include "gateway/forward.h"

#include "arm/error_body.h"
#include "base/bytes.h"
#include "gateway/answers.h"
#include "gateway/headers.h"

namespace armature::gateway {
namespace {

constexpr std::string_view kClientRequestId = "x-ms-client-request-id";

}  // namespace

Forward::Forward(const Wiring& wiring, const Call& call, const http::Request& request,
                 Ticks deadline)
    : wiring_(wiring), call_(call), courier_(wiring, call, deadline) {
  const arm::Operation& operation = call.operation;
  request_.method = operation.method;
  request_.target = url_of(operation.query);
  request_.headers = request_headers(request.headers);
  request_.body = request.body;
  const std::string* const id = request_.headers.find(kClientRequestId);
  if (id == nullptr || id->empty()) request_.headers.set(kClientRequestId, call.request_id);
}

http::Request Forward::reading() const {
  http::Request out;
  out.method = "GET";
  out.target = url_of("api-version=" + http::percent_encode(call_.operation.api_version));
  out.headers.add("Accept", "application/json");
  out.headers.add(kClientRequestId, *request_.headers.find(kClientRequestId));
  return out;
}

std::string Forward::url_of(const std::string& query) const {
  std::string url = origin_of(wiring_.options.upstream_url);
  const std::string path = encode_path(call_.operation.target);
  url.reserve(url.size() + path.size() + 1 + query.size());
  url += path;
  if (!query.empty()) url.append("?").append(query);
  return url;
}

Forwarded Forward::answered(http::Outcome outcome) const {
  Forwarded out;
  out.answer = *std::move(outcome.response);
  out.sends = sends_;
  out.held_back = courier_.held_back();
  // A DELETE that was sent before finds nothing because it worked.
  if (doubted_ && call_.operation.method == "DELETE" && out.answer.status == 404) {
    out.answer.status = status_of_deleted(call_.operation.target);
    out.answer.body.clear();
  }
  return out;
}

Forwarded Forward::found(http::Response answer) const {
  Forwarded out;
  out.answer = std::move(answer);
  out.sends = sends_;
  out.read_back = true;
  return out;
}

Forwarded Forward::gave_up(http::Outcome outcome, bool unclear) const {
  Forwarded out;
  out.sends = sends_;
  if (outcome.response) {
    out.answer = *std::move(outcome.response);
    out.certainty = unclear ? Certainty::kUnknown : Certainty::kAnswered;
    const bool may_repeat = call_.operation.repeat == arm::Repeat::kIdempotent;
    if (unclear && !may_repeat && out.answer.status != 502) soften(out.answer);
    return out;
  }
  out.error = outcome.response.error().message;
  const bool may_have_acted =
      unclear || (outcome.sent && call_.operation.repeat != arm::Repeat::kSafe);
  out.certainty = may_have_acted ? Certainty::kUnknown : Certainty::kNotSent;
  if (may_have_acted) {
    const auto lost = call_.operation.repeat == arm::Repeat::kIdempotent ? unresolved : answer_lost;
    out.answer = lost(call_.operation.method, call_.operation.target);
  } else if (is_lasting(outcome)) {
    out.answer = error_answer(502, "AzureRefusedIdentity", out.error);
  } else {
    out.answer = unreachable(out.error);
  }
  return out;
}

// A conflict with what an earlier send of the same request has done: the deployment it started
// runs, the role assignment it made is there, the etag it changed is another.
bool Forward::may_be_own_doing(const http::Outcome& outcome) const {
  if (!doubted_ || !outcome.response) return false;
  const int status = outcome.response->status;
  return (status == 409 && call_.operation.method == "PUT") || (status == 412 && condition_);
}

// After a look that found no effect. A PATCH goes out again only under the etag that was seen: when
// the first one comes late after all, or anybody else's change, this one fails.
bool Forward::may_send_again(const Found& seen) {
  if (call_.operation.repeat == arm::Repeat::kIdempotent) return true;
  if (seen.etag.empty()) return false;
  const auto given = request_.headers.get("If-Match");
  if (!given) request_.headers.set("If-Match", seen.etag);
  condition_ = true;
  return !given || *given == seen.etag;
}

http::Task<Forward::Found> Forward::look(Instant first_sent) {
  http::Request get = reading();
  http::Outcome outcome = co_await courier_.read(&get);
  Found out;
  if (!outcome.response) {
    out.error = outcome.response.error().message;
    co_return out;
  }
  out.answer = std::move(*outcome.response);
  out.etag = out.answer.headers.get("ETag").value_or("");
  if (call_.operation.method == "DELETE") {
    out.evidence = judge_delete(out.answer.status, out.answer.body, first_sent);
    if (out.evidence == Evidence::kHappened) {
      out.answer.status = status_of_deleted(call_.operation.target);
      out.answer.body.clear();
    }
    co_return out;
  }
  const auto body = parse_json(request_.body);
  const Json sent = body ? *body : Json();
  if (call_.operation.method == "PATCH") {
    out.evidence = judge_patch(sent, out.answer.status, out.answer.body);
    co_return out;
  }
  const Sent what{sent, first_sent, call_.operation.is_deployment};
  out.evidence = judge_put(what, out.answer.status, out.answer.body);
  co_return out;
}

http::Task<Forwarded> Forward::run(Instant first_sent) {
  const arm::Repeat repeat = call_.operation.repeat;
  for (;;) {
    http::Outcome outcome = co_await courier_.send(&request_);
    ++sends_;
    if (outcome.response && outcome.response->status < 400) {
      co_return answered(std::move(outcome));
    }
    const bool may_have_acted = outcome.sent && repeat != arm::Repeat::kNever;
    if (is_lasting(outcome) && !may_have_acted) co_return gave_up(std::move(outcome), false);
    const SendResult result = courier_.describe(outcome);
    Step step = next_step(repeat, result, courier_.progress(sends_), wiring_.policy());
    const bool own_doing = step.next == Next::kAnswer && may_be_own_doing(outcome);
    if (step.next == Next::kReadBack || own_doing) {
      doubted_ = true;
      Found seen = co_await look(first_sent);
      if (seen.evidence == Evidence::kHappened) co_return found(std::move(seen.answer));
      if (own_doing && !condition_) co_return answered(std::move(outcome));
      if (seen.evidence == Evidence::kUnclear || !may_send_again(seen)) {
        co_return gave_up(std::move(outcome), true);
      }
      const auto wait = wait_before_resend(repeat, result.retry_after, courier_.progress(sends_),
                                           wiring_.policy());
      if (!wait) co_return gave_up(std::move(outcome), repeat != arm::Repeat::kIdempotent);
      step = {Next::kResend, *wait};
    }
    if (step.next == Next::kAnswer) co_return answered(std::move(outcome));
    if (step.next != Next::kResend) {
      co_return gave_up(std::move(outcome), step.next == Next::kLost);
    }
    co_await http::sleep_for(step.wait);
  }
}

http::Task<std::optional<Forwarded>> Forward::resolve(Entry earlier) {
  Found seen = co_await look(earlier.first_sent);
  std::optional<Forwarded> out;
  if (seen.evidence == Evidence::kHappened) {
    out = found(std::move(seen.answer));
    const bool by_link = earlier.poll_kind == arm::PollKind::kAsyncOperation;
    if (earlier.running && by_link && !earlier.poll_target.empty()) {
      out->answer.headers.set("Azure-AsyncOperation",
                              origin_of(wiring_.options.upstream_url) + earlier.poll_target);
    }
  } else if (call_.operation.repeat == arm::Repeat::kConditional && earlier.in_doubt() &&
             (seen.evidence == Evidence::kUnclear || !may_send_again(seen))) {
    out.emplace();
    out->error = "an earlier send of it is in doubt";
    out->answer = still_in_doubt(call_.operation.method, call_.operation.target);
    out->certainty = Certainty::kUnknown;
  } else if (!seen.error.empty() || seen.answer.status >= 500 || seen.answer.status == 429) {
    // Sending now could do it twice, and Azure would hardly take it.
    out.emplace();
    out->error = seen.error.empty() ? "HTTP " + std::to_string(seen.answer.status) : seen.error;
    out->answer = error_answer(503, "AzureUnreachable",
                               "An earlier send of this request is in doubt and could not be "
                               "looked up: " +
                                   out->error);
    out->certainty = Certainty::kUnknown;
  }
  doubted_ = true;
  co_return out;
}

}  // namespace armature::gateway
