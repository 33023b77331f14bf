#include "gateway/gateway.h"

#include <algorithm>
#include <charconv>

#include "arm/error_body.h"
#include "base/bytes.h"
#include "gateway/admit.h"
#include "gateway/answers.h"
#include "gateway/batch.h"
#include "gateway/callers.h"
#include "gateway/forward.h"
#include "gateway/headers.h"
#include "gateway/hold_back.h"
#include "gateway/mutation.h"
#include "gateway/own_subscriptions.h"
#include "gateway/poll_links.h"
#include "gateway/record.h"
#include "gateway/reporting.h"
#include "gateway/shape.h"
#include "gateway/wiring.h"

namespace armature::gateway {
namespace {

Status check(const Options& options) {
  for (const std::string& url : {options.upstream_url, options.public_url}) {
    if (!http::parse_url(url)) return fail(Code::kInvalid, "gateway: '" + url + "' is not a URL");
  }
  return Ok{};
}

// The client may shorten the time that all sends take, never lengthen it.
Micros time_for(const http::Request& request, Micros longest) {
  const auto header = request.headers.get("x-armature-deadline-ms");
  if (!header) return longest;
  std::int64_t millis = 0;
  const auto* end = header->data() + header->size();
  const auto [stop, error] = std::from_chars(header->data(), end, millis);
  const auto most = std::chrono::duration_cast<std::chrono::milliseconds>(longest).count();
  if (error != std::errc{} || stop != end || millis < 0 || millis >= most) return longest;
  return std::chrono::milliseconds(millis);
}

// An SDK that sees a Retry-After repeats whatever the method: not what may have acted already.
void forbid_repeat(http::Response& answer, const arm::Operation& operation) {
  const bool repeatable =
      operation.repeat == arm::Repeat::kSafe || operation.repeat == arm::Repeat::kIdempotent;
  if (repeatable || answer.status < 500) return;
  for (const char* name : {"Retry-After", "retry-after-ms", "x-ms-retry-after-ms"}) {
    answer.headers.remove(name);
  }
}

// Polls are shared by those whom Azure would give the same answer.
std::string poll_key(const Call& call) {
  return "poll " + call.facts->identity + " " + call.operation.target + "?" + call.operation.query;
}

}  // namespace

struct Gateway::Impl {
  Wiring wiring;

  http::Task<http::Response> serve(http::Request request, std::string request_id,
                                   CallReport* report);
  http::Task<http::Response> serve_batch(http::Request request, std::string request_id,
                                         CallReport* report);
  std::optional<http::Response> refuse_batch(const std::vector<BatchCall>& calls,
                                             const Callers& callers);
  http::Task<Forwarded> read(const Call* call, const http::Request* request, Ticks deadline);
  http::Task<Forwarded> poll(const Call* call, const http::Request* request, Ticks deadline);
  http::Task<void> note_poll(const Call* call, const Forwarded* done);
  http::Response refuse(const Call& call, const Verdict& verdict);
  http::Response finish(const Call& call, const access::Decision& allowed, Forwarded done);
  void write_line(const Call& call, const Ending& ending);
};

http::Response Gateway::Impl::refuse(const Call& call, const Verdict& verdict) {
  const access::Explanation why =
      access::explain(*call.facts, call.asks[verdict.ask], verdict.decision);
  if (call.report) call.report->deny(verdict.decision.layer, verdict.decision.reason);
  access::AuditRecord record = decision_record(call, verdict.decision);
  record.status = 403;
  record.detail = access::to_json(why);
  wiring.audit.record(std::move(record));
  wiring.log.warning("arm call denied", {
                                            {"request_id", call.request_id                          },
                                            {"task",       to_string(call.attempt.key)              },
                                            {"action",     call.operation.action                    },
                                            {"scope",      call.operation.scope                     },
                                            {"layer",      access::to_string(verdict.decision.layer)},
                                            {"reason",     verdict.decision.reason                  }
  });
  return denied(why);
}

void Gateway::Impl::write_line(const Call& call, const Ending& ending) {
  const Level level = call.operation.mutates ? Level::kInfo : Level::kDebug;
  if (!wiring.log.writes(level)) return;
  wiring.log.write(level, "arm call",
                   {
                       {"request_id", call.request_id            },
                       {"task",       to_string(call.attempt.key)},
                       {"method",     call.operation.method      },
                       {"target",     call.operation.target      },
                       {"outcome",    ending.decision            },
                       {"status",     ending.status              },
                       {"sends",      ending.sends               }
  });
}

http::Response Gateway::Impl::finish(const Call& call, const access::Decision& allowed,
                                     Forwarded done) {
  Ending ending = ending_of(done);
  if (call.report) call.report->end_as(done.held_back, ending.decision);
  http::Response answer = std::move(done.answer);
  strip_answer_headers(answer.headers);
  if (done.replayed) answer.headers.set("x-armature-replayed", "true");
  if (answer.status == 401) {  // of our identity, not of the caller: its token held
    answer = error_answer(502, "AzureRefusedIdentity",
                          "Azure refused the token of identity '" + call.facts->identity +
                              "': " + arm::read_error(401, answer.body).message);
  } else if (answer.status == 403 && !done.held_back) {
    const arm::ErrorBody error = arm::read_error(403, answer.body);
    const access::Explanation why =
        access::explain_azure(*call.facts, call.asks.front(), error, principal_in(error.message));
    ending.detail = access::to_json(why);
    add_explanation(answer, why);
  }
  wiring.audit.record(outcome_record(call, allowed, ending));
  write_line(call, ending);
  if (lists_subscriptions(call.operation)) {
    keep_own_subscriptions(*call.facts, wiring.clock.now(), answer);
  }
  forbid_repeat(answer, call.operation);
  move_links(answer, wiring.options.upstream_url, wiring.options.public_url);
  sign_poll_links(answer, call.attempt.key, wiring.options.public_url, wiring.poll_link_key);
  return answer;
}

http::Task<Forwarded> Gateway::Impl::poll(const Call* call, const http::Request* request,
                                          Ticks deadline) {
  const Ticks asked_at = wiring.clock.ticks();
  const std::string key = poll_key(*call);
  const bool entered = co_await wait_turn(&wiring, key);
  const Turn turn(entered ? wiring.in_flight.get() : nullptr, key);
  if (auto shared = wiring.polls->find(key, asked_at, wiring.clock.ticks())) {
    Forwarded out;
    out.answer = *std::move(shared);
    co_return out;
  }
  Forward forward(wiring, *call, *request, deadline);
  Forwarded done = co_await forward.run(wiring.clock.now());
  if (done.error.empty() && done.answer.status < 400) {
    const auto lookup = [&](std::string_view name) { return done.answer.headers.get(name); };
    const auto wait = arm::retry_after(lookup, wiring.clock.now());
    wiring.polls->keep(key, done.answer, wait, wiring.clock.ticks());
  }
  co_return done;
}

http::Task<Forwarded> Gateway::Impl::read(const Call* call, const http::Request* request,
                                          Ticks deadline) {
  if (call->operation.is_operation_poll && call->operation.method == "GET") {
    Forwarded done = co_await poll(call, request, deadline);
    co_await note_poll(call, &done);
    co_return done;
  }
  Forward forward(wiring, *call, *request, deadline);
  Forwarded done = co_await forward.run(wiring.clock.now());
  co_await note_poll(call, &done);
  co_return done;
}

http::Task<void> Gateway::Impl::note_poll(const Call* call, const Forwarded* done) {
  const TaskKey& task = call->attempt.key;
  const std::string& target = call->operation.target;
  const auto kind = wiring.operations->watches(task, target);
  if (!kind || !done->error.empty() || !has_ended(*kind, done->answer)) co_return;
  const Status kept = co_await note_finished(&wiring, task, target);
  if (!kept) {
    wiring.log.error("end of operation not kept", {
                                                      {"error", kept.error().message}
    });
  }
}

http::Task<http::Response> Gateway::Impl::serve(http::Request request, std::string request_id,
                                                CallReport* report) {
  const Ticks deadline = wiring.clock.ticks() + time_for(request, wiring.options.request_deadline);
  auto local = local_target(request.target, wiring.options.public_url, wiring.options.upstream_url);
  if (!local || !is_for_us(request, wiring.options)) {
    wiring.refusals->record(misdirected_record(request, request_id));
    co_return error_answer(421, "MisdirectedRequest", "The request is for another host.");
  }
  request.target = std::move(*local);
  if (is_batch(request)) {
    co_return co_await serve_batch(std::move(request), std::move(request_id), report);
  }
  const std::string signature = take_signature(request.target);
  Callers callers = co_await callers_of(&wiring, &request);
  auto read_in = read_call(request, request_id, callers);
  if (auto* refused = std::get_if<Refused>(&read_in)) {
    if (refused->record) wiring.refusals->record(std::move(*refused->record));
    co_return std::move(refused->answer);
  }
  Call call = std::get<Call>(std::move(read_in));
  call.facts = wiring.grants.facts_for(call.attempt);
  const bool known = call.facts != nullptr;
  if (!known) call.facts = no_facts(call.attempt);
  name_caller(call, report);
  Verdict verdict = judge(call, wiring.clock.now());
  if (!verdict.decision.allowed && known && call.operation.method == "GET" &&
      is_signed_for(call.attempt.key, request.target, signature, wiring.poll_link_key)) {
    verdict.decision = own_poll_decision();
  }
  if (!verdict.decision.allowed && lists_subscriptions(call.operation)) {
    verdict.decision = own_subscriptions(*call.facts, wiring.clock.now());
  }
  if (!verdict.decision.allowed) co_return refuse(call, verdict);
  if (auto held = hold_back(wiring, call, verdict.decision)) co_return *std::move(held);

  if (!call.operation.mutates) {
    // Of a read that tells no secret, the outcome is the only record.
    if (call.operation.returns_secrets) {
      wiring.audit.record(decision_record(call, verdict.decision));
    }
    Forwarded done = co_await read(&call, &request, deadline);
    co_return finish(call, verdict.decision, std::move(done));
  }
  access::AuditRecord record = decision_record(call, verdict.decision);
  Forwarded done = co_await forward_mutation(&wiring, &call, &request, deadline, std::move(record));
  co_return finish(call, verdict.decision, std::move(done));
}

// Every call of a batch is on the record: when one is refused, none is sent.
std::optional<http::Response> Gateway::Impl::refuse_batch(const std::vector<BatchCall>& calls,
                                                          const Callers& callers) {
  std::optional<http::Response> refused;
  std::vector<Call> admitted;
  for (const BatchCall& one : calls) {
    auto read_in = read_call(one.request, wiring.random.uuid(), callers);
    std::optional<http::Response> answer;
    if (auto* unread = std::get_if<Refused>(&read_in)) {
      if (unread->record) wiring.refusals->record(std::move(*unread->record));
      answer = std::move(unread->answer);
    } else {
      Call call = std::get<Call>(std::move(read_in));
      call.facts = wiring.grants.facts_for(call.attempt);
      if (!call.facts) call.facts = no_facts(call.attempt);
      const Verdict verdict = judge(call, wiring.clock.now());
      if (!verdict.decision.allowed)
        answer = refuse(call, verdict);
      else
        admitted.push_back(std::move(call));
    }
    if (answer && !refused) refused = refused_for(one, *std::move(answer));
  }
  if (!refused) return refused;
  for (const Call& call : admitted) wiring.audit.record(decision_record(call, denied_with_batch()));
  return refused;
}

http::Task<http::Response> Gateway::Impl::serve_batch(http::Request request, std::string request_id,
                                                      CallReport* report) {
  Callers callers = co_await callers_of(&wiring, &request);
  auto read_in = read_batch(request, request_id, callers, wiring.options);
  if (auto* refused = std::get_if<Refused>(&read_in)) {
    if (refused->record) wiring.refusals->record(std::move(*refused->record));
    co_return std::move(refused->answer);
  }
  const auto& calls = std::get<std::vector<BatchCall>>(read_in);
  if (auto refused = refuse_batch(calls, callers)) {
    report->deny(access::Layer::kRequest, "denied_with_batch");
    co_return *std::move(refused);
  }
  report->end = CallEnd::kSucceeded;  // each of its calls has a report of its own
  std::vector<http::Response> answers;
  for (const BatchCall& one : calls) {
    http::Request inner = one.request;
    std::string id = wiring.random.uuid();
    Reporting inside(wiring, inner, id);
    http::Response answer = co_await serve(std::move(inner), std::move(id), &inside.report);
    inside.answered(answer);
    answers.push_back(std::move(answer));
  }
  co_return batch_answer(calls, answers);
}

Gateway::Gateway(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Gateway::~Gateway() = default;

Result<std::unique_ptr<Gateway>> Gateway::open(Options options, http::Runtime& runtime,
                                               http::Client& client, storage::Database& database,
                                               identity::AttemptTokens& attempts,
                                               identity::UpstreamTokens& upstream,
                                               access::GrantStore& grants, access::AuditLog& audit,
                                               const Clock& clock, Random& random, Log& log) {
  ARMATURE_CHECK(check(options));
  if (options.state_key.empty()) options.state_key = Secret(random.bytes(32));
  ARMATURE_TRY(auto operations, OperationLog::open(database, clock, random, options.state_key));
  ARMATURE_TRY(auto stops, KillSwitch::open(database, audit, clock));
  auto breaker = std::make_unique<Breaker>(BreakerRules{});
  auto pacer = pacer_for(options);
  auto impl = std::make_unique<Impl>(Impl{
      Wiring{std::move(options), runtime, client, attempts, upstream, grants, audit, clock, random,
             log, std::move(operations), std::move(stops), std::move(breaker), std::move(pacer),
             std::make_unique<Refusals>(audit, clock)}
  });
  impl->wiring.poll_link_key = poll_link_key(impl->wiring.options.state_key);
  return std::make_unique<Gateway>(std::move(impl));
}

http::Task<http::Response> Gateway::handle(http::Request request) {
  const std::string request_id = impl_->wiring.random.uuid();
  std::string copy = request_id;
  Reporting reporting(impl_->wiring, request, request_id);
  http::Response answer =
      co_await impl_->serve(std::move(request), std::move(copy), &reporting.report);
  if (!answer.headers.find("x-ms-request-id")) answer.headers.set("x-ms-request-id", request_id);
  answer.headers.set("x-armature-request-id", request_id);
  reporting.answered(answer);
  co_return answer;
}

void Gateway::write_metrics(Exposition& out) const {
  impl_->wiring.metrics->write(out);
  const Breaker::Counts breakers = impl_->wiring.breaker->counts();
  out.family("armature_gateway_breakers", "gauge",
             "Resource providers whose last change failed, by the state of their breaker.");
  out.sample(
      {
          {"state", "closed"}
  },
      breakers.closed);
  out.sample(
      {
          {"state", "open"}
  },
      breakers.open);
  out.sample(
      {
          {"state", "half_open"}
  },
      breakers.half_open);
  out.gauge("armature_gateway_stops", "Stops that are set.",
            static_cast<double>(impl_->wiring.stops->list().size()));
}

KillSwitch& Gateway::stops() { return *impl_->wiring.stops; }

void Gateway::forget_doubts(const TaskKey& task) {
  impl_->wiring.operations->forget(task, [impl = impl_.get()](Status status) {
    if (status) return;
    impl->wiring.log.error("doubts not forgotten", {
                                                       {"error", status.error().message}
    });
  });
}

}  // namespace armature::gateway
