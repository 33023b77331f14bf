#include "gateway/mutation.h"

#include "gateway/answers.h"
#include "gateway/record.h"

namespace armature::gateway {
namespace {

Forwarded not_sent(http::Response answer, std::string why) {
  Forwarded out;
  out.answer = std::move(answer);
  out.certainty = Certainty::kNotSent;
  out.error = std::move(why);
  return out;
}

Forwarded unrecorded(const Wiring& wiring, const Error& error) {
  wiring.log.error("mutation refused: not recorded", {
                                                         {"error", error.message}
  });
  return not_sent(error_answer(503, "RecordUnavailable",
                               "The request was not sent: it could not be written down first."),
                  error.message);
}

// What is answered without asking Azure anything, if so.
std::optional<Forwarded> answer_here(const Call& call, const Place& place) {
  const arm::Operation& operation = call.operation;
  if (place.other_request) {
    return not_sent(key_reused(), "the Idempotency-Key was used for another request");
  }
  if (operation.repeat != arm::Repeat::kNever) return std::nullopt;
  if (place.in_doubt) {
    return not_sent(still_in_doubt(operation.method, operation.target),
                    "an earlier send of it is in doubt");
  }
  if (!place.entry || !place.entry->succeeded()) return std::nullopt;
  Forwarded out;
  out.answer = kept_answer(*place.entry);
  out.replayed = true;
  return out;
}

bool needs_reading_back(const Call& call, const Place& place) {
  if (call.operation.repeat == arm::Repeat::kNever || !place.entry) return false;
  const bool again = place.same_request || place.of_earlier;
  return place.entry->in_flight() || (again && place.entry->succeeded());
}

http::Task<void> note(const Wiring* wiring, const Call* call, const RequestKey* key,
                      const Forwarded* done) {
  const Status kept = co_await note_end(wiring, key, call, done);
  if (!kept) {
    wiring->log.error("outcome not kept", {
                                              {"error", kept.error().message}
    });
  }
}

http::Task<Forwarded> in_turn(const Wiring* wiring, const Call* call, const http::Request* request,
                              Ticks deadline, access::AuditRecord decision, RequestKey key) {
  Result<Place> found = co_await find_place(wiring, &key);
  if (!found) co_return unrecorded(*wiring, found.error());
  const Place place = std::move(*found);
  if (auto answer = answer_here(*call, place)) {
    wiring->audit.record(std::move(decision));
    if (answer->replayed) {
      Status taken = co_await take_over(wiring, &key);
      if (!taken) co_return unrecorded(*wiring, taken.error());
    }
    co_return *std::move(answer);
  }
  Forward forward(*wiring, *call, *request, deadline);
  std::optional<access::AuditRecord> record(std::move(decision));
  if (needs_reading_back(*call, place)) {
    const Instant now = wiring->clock.now();
    std::string none;
    Status recorded = co_await write_ahead(wiring, std::move(record), nullptr, none, now);
    if (!recorded) co_return unrecorded(*wiring, recorded.error());
    record.reset();
    Entry entry = *place.entry;
    std::optional<Forwarded> resolved = co_await forward.resolve(std::move(entry));
    if (resolved) {
      // Unknown stays in doubt as it was: with the time of its own first send.
      if (resolved->certainty == Certainty::kAnswered) {
        co_await note(wiring, call, &key, &*resolved);
        Status taken = co_await take_over(wiring, &key);
        if (!taken) co_return unrecorded(*wiring, taken.error());
      }
      co_return *std::move(resolved);
    }
  }
  const Instant first_sent = wiring->clock.now();
  std::string request_id = call->request_id;
  Status ahead = co_await write_ahead(wiring, std::move(record), &key, request_id, first_sent);
  if (!ahead) co_return unrecorded(*wiring, ahead.error());
  Forwarded done = co_await forward.run(first_sent);
  co_await note(wiring, call, &key, &done);
  co_return done;
}

}  // namespace

http::Task<Forwarded> forward_mutation(const Wiring* wiring, const Call* call,
                                       const http::Request* request, Ticks deadline,
                                       access::AuditRecord decision) {
  auto key = key_of(call->attempt, call->operation, request->headers, request->body);
  if (!key) {
    wiring->audit.record(std::move(decision));
    co_return not_sent(error_answer(400, "InvalidHeader", key.error().message),
                       key.error().message);
  }
  const std::string base = key->base;
  const bool entered = co_await wait_turn(wiring, base);
  if (!entered) {
    wiring->audit.record(std::move(decision));
    co_return not_sent(in_progress(call->operation.target), "the same request is being sent");
  }
  const Turn turn(wiring->in_flight.get(), base);
  RequestKey own = std::move(*key);
  Forwarded done =
      co_await in_turn(wiring, call, request, deadline, std::move(decision), std::move(own));
  co_return done;
}

}  // namespace armature::gateway
