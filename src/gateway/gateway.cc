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
#include "gateway/own_subscriptions.h"
#include "gateway/record.h"
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

Forwarded not_sent(http::Response answer, std::string why) {
  Forwarded out;
  out.answer = std::move(answer);
  out.certainty = Certainty::kNotSent;
  out.error = std::move(why);
  return out;
}

// Releases a request key whatever way the coroutine ends.
class Sending {
 public:
  Sending(OperationLog& log, const RequestKey& key)
      : log_(log), key_(key), entered_(log.enter(key)) {}
  ~Sending() {
    if (entered_) log_.leave(key_);
  }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;
  bool entered() const { return entered_; }

 private:
  OperationLog& log_;
  const RequestKey& key_;
  bool entered_;
};

}  // namespace

struct Gateway::Impl {
  Wiring wiring;

  http::Task<http::Response> serve(http::Request request, std::string request_id);
  http::Task<http::Response> serve_batch(http::Request request, std::string request_id);
  std::optional<http::Response> refuse_batch(const std::vector<BatchCall>& calls,
                                             const Callers& callers);
  http::Task<bool> is_own_poll(TaskKey task, std::string target);
  http::Task<Forwarded> read(const Call* call, const http::Request* request, Ticks deadline);
  http::Task<Forwarded> write(const Call* call, const http::Request* request, Ticks deadline,
                              access::AuditRecord decision);
  http::Task<void> note(const Call* call, const RequestKey* key, const Forwarded* done);
  Forwarded unrecorded(const Error& error);
  http::Response refuse(const Call& call, const Verdict& verdict);
  http::Response finish(const Call& call, Forwarded done);
  void write_line(const Call& call, const Ending& ending);
};

Forwarded Gateway::Impl::unrecorded(const Error& error) {
  wiring.log.error("mutation refused: not recorded", {
                                                         {"error", error.message}
  });
  return not_sent(error_answer(503, "RecordUnavailable",
                               "The request was not sent: it could not be written down first."),
                  error.message);
}

http::Response Gateway::Impl::refuse(const Call& call, const Verdict& verdict) {
  const access::Explanation why =
      access::explain(*call.facts, call.asks[verdict.ask], verdict.decision);
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

http::Response Gateway::Impl::finish(const Call& call, Forwarded done) {
  Ending ending = ending_of(done);
  http::Response answer = std::move(done.answer);
  strip_answer_headers(answer.headers);
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
  wiring.audit.record(outcome_record(call, ending));
  write_line(call, ending);
  if (lists_subscriptions(call.operation)) {
    keep_own_subscriptions(*call.facts, wiring.clock.now(), answer);
  }
  forbid_repeat(answer, call.operation);
  move_links(answer, wiring.options.upstream_url, wiring.options.public_url);
  return answer;
}

http::Task<bool> Gateway::Impl::is_own_poll(TaskKey task, std::string target) {
  bool own = false;
  std::function<void()> look = [&] {
    const auto found = wiring.operations->was_handed_out(task, target);
    own = found && *found;
  };
  co_await http::on_worker(wiring.runtime, look);
  co_return own;
}

http::Task<Forwarded> Gateway::Impl::read(const Call* call, const http::Request* request,
                                          Ticks deadline) {
  Forward forward(wiring, *call, *request, deadline);
  Forwarded done = co_await forward.run(wiring.clock.now());
  const TaskKey& task = call->attempt.key;
  const std::string& target = call->operation.target;
  const auto kind = wiring.operations->watches(task, target);
  if (kind && done.error.empty() && has_ended(*kind, done.answer)) {
    Status kept = co_await note_finished(&wiring, task, target);
    if (!kept)
      wiring.log.error("end of operation not kept", {
                                                        {"error", kept.error().message}
      });
  }
  if (kind || call->operation.is_operation_poll) {
    std::vector<std::string> polls = poll_links(done.answer, wiring.options);
    if (!polls.empty()) {
      Status kept = co_await hand_out(&wiring, task, std::move(polls));
      if (!kept)
        wiring.log.error("poll link not kept", {
                                                   {"error", kept.error().message}
        });
    }
  }
  co_return done;
}

// A write is decided, written down, then sent. What an earlier send of the same request left in
// doubt is looked up first, and the answer is that one's when it took effect or still runs.
http::Task<Forwarded> Gateway::Impl::write(const Call* call, const http::Request* request,
                                           Ticks deadline, access::AuditRecord decision) {
  const RequestKey key = key_of(call->attempt, call->operation, request->body);
  const bool resolvable = call->operation.repeat == arm::Repeat::kIdempotent;
  const Sending sending(*wiring.operations, key);
  if (!sending.entered()) {
    wiring.audit.record(std::move(decision));
    co_return not_sent(in_progress(call->operation.target), "the same request is being sent");
  }
  Forward forward(wiring, *call, *request, deadline);
  Result<std::optional<Entry>> earlier = co_await find_earlier(&wiring, &key);
  if (!earlier) co_return unrecorded(earlier.error());
  if (!resolvable && *earlier && (*earlier)->in_doubt()) {
    wiring.audit.record(std::move(decision));
    co_return not_sent(still_in_doubt(call->operation.method, call->operation.target),
                       "an earlier send of it is in doubt");
  }
  std::optional<access::AuditRecord> record(std::move(decision));
  const bool in_flight = resolvable && *earlier && (*earlier)->in_flight();
  if (in_flight) {
    const Instant now = wiring.clock.now();
    std::string none;
    Status recorded = co_await write_ahead(&wiring, std::move(record), nullptr, none, now);
    if (!recorded) co_return unrecorded(recorded.error());
    record.reset();
    Entry entry = **earlier;
    std::optional<Forwarded> resolved = co_await forward.resolve(std::move(entry));
    if (resolved) {
      // Unknown stays in doubt as it was: with the time of its own first send.
      if (resolved->certainty == Certainty::kAnswered) co_await note(call, &key, &*resolved);
      co_return *std::move(resolved);
    }
  }
  const Instant first_sent = wiring.clock.now();
  std::string request_id = call->request_id;
  Status ahead = co_await write_ahead(&wiring, std::move(record), &key, request_id, first_sent);
  if (!ahead) co_return unrecorded(ahead.error());
  Forwarded done = co_await forward.run(first_sent);
  co_await note(call, &key, &done);
  co_return done;
}

http::Task<void> Gateway::Impl::note(const Call* call, const RequestKey* key,
                                     const Forwarded* done) {
  Status kept = co_await note_end(&wiring, key, call, done);
  if (!kept)
    wiring.log.error("outcome not kept", {
                                             {"error", kept.error().message}
    });
}

http::Task<http::Response> Gateway::Impl::serve(http::Request request, std::string request_id) {
  const Ticks deadline = wiring.clock.ticks() + time_for(request, wiring.options.request_deadline);
  auto local = local_target(request.target, wiring.options.public_url, wiring.options.upstream_url);
  if (!local || !is_for_us(request, wiring.options)) {
    wiring.refusals->record(misdirected_record(request, request_id));
    co_return error_answer(421, "MisdirectedRequest", "The request is for another host.");
  }
  request.target = std::move(*local);
  if (is_batch(request)) {
    co_return co_await serve_batch(std::move(request), std::move(request_id));
  }
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
  Verdict verdict = judge(call, wiring.clock.now());
  if (!verdict.decision.allowed && known && call.operation.method == "GET") {
    TaskKey task = call.attempt.key;
    std::string target = call.operation.target;
    const bool own = co_await is_own_poll(std::move(task), std::move(target));
    if (own) verdict.decision = own_poll_decision();
  }
  if (!verdict.decision.allowed && lists_subscriptions(call.operation)) {
    verdict.decision = own_subscriptions(*call.facts, wiring.clock.now());
  }
  if (!verdict.decision.allowed) co_return refuse(call, verdict);
  if (auto held = hold_back(wiring, call, verdict.decision)) co_return *std::move(held);

  access::AuditRecord record = decision_record(call, verdict.decision);
  if (!call.operation.mutates) {
    wiring.audit.record(std::move(record));
    Forwarded done = co_await read(&call, &request, deadline);
    co_return finish(call, std::move(done));
  }
  Forwarded done = co_await write(&call, &request, deadline, std::move(record));
  co_return finish(call, std::move(done));
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

http::Task<http::Response> Gateway::Impl::serve_batch(http::Request request,
                                                      std::string request_id) {
  Callers callers = co_await callers_of(&wiring, &request);
  auto read_in = read_batch(request, request_id, callers, wiring.options);
  if (auto* refused = std::get_if<Refused>(&read_in)) {
    if (refused->record) wiring.refusals->record(std::move(*refused->record));
    co_return std::move(refused->answer);
  }
  const auto& calls = std::get<std::vector<BatchCall>>(read_in);
  if (auto refused = refuse_batch(calls, callers)) co_return *std::move(refused);
  std::vector<http::Response> answers;
  for (const BatchCall& one : calls) {
    http::Request inner = one.request;
    std::string id = wiring.random.uuid();
    http::Response answer = co_await serve(std::move(inner), std::move(id));
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
  ARMATURE_TRY(auto operations, OperationLog::open(database, clock));
  ARMATURE_TRY(auto stops, KillSwitch::open(database, audit, clock));
  auto breaker = std::make_unique<Breaker>(BreakerRules{});
  auto pacer = pacer_for(options);
  auto impl = std::make_unique<Impl>(Impl{
      Wiring{std::move(options), runtime, client, attempts, upstream, grants, audit, clock, random,
             log, std::move(operations), std::move(stops), std::move(breaker), std::move(pacer),
             std::make_unique<Refusals>(audit, clock)}
  });
  return std::make_unique<Gateway>(std::move(impl));
}

http::Task<http::Response> Gateway::handle(http::Request request) {
  const std::string path = http::path_of(request.target);
  if (path == "/livez" || path == "/readyz") {
    co_return http::json_response(200, R"({"status":"ok"})");
  }
  const std::string request_id = impl_->wiring.random.uuid();
  std::string copy = request_id;
  http::Response answer = co_await impl_->serve(std::move(request), std::move(copy));
  if (!answer.headers.get("x-ms-request-id")) answer.headers.set("x-ms-request-id", request_id);
  answer.headers.set("x-armature-request-id", request_id);
  co_return answer;
}

KillSwitch& Gateway::stops() { return *impl_->wiring.stops; }

void Gateway::forget_doubts(const TaskKey& task) {
  impl_->wiring.operations->forget_doubts(task, [impl = impl_.get()](Status status) {
    if (status) return;
    impl->wiring.log.error("doubts not forgotten", {
                                                       {"error", status.error().message}
    });
  });
}

}  // namespace armature::gateway
