#include "gateway/record.h"

#include <array>
#include <mutex>

#include "gateway/headers.h"

namespace armature::gateway {
namespace {

// Resumes when all of several writes have reported, with the first error.
class Gathered {
 public:
  Gathered(int writes, std::function<void()> resume) : left_(writes), resume_(std::move(resume)) {}

  static OperationLog::Done done(std::shared_ptr<Gathered> all, Status* out) {
    return [all = std::move(all), out](Status status) {
      {
        const std::lock_guard lock(all->mutex_);
        if (!status && *out) *out = std::move(status);
        if (--all->left_ > 0) return;
      }
      all->resume_();
    };
  }

 private:
  std::mutex mutex_;
  int left_;
  std::function<void()> resume_;
};

constexpr std::size_t kLongestKept = 64 * 1024;
constexpr std::array kKeptHeaders = {
    "Content-Type", "Azure-AsyncOperation",        "Operation-Location",
    "Location",     "x-ms-correlation-request-id", "Retry-After"};

Json body_of(const http::Response& answer) {
  const auto body = parse_json(answer.body);
  return body ? *body : Json();
}

// What a client needs to go on: the body, and where to poll.
std::string text_of(const http::Response& answer) {
  if (answer.body.size() > kLongestKept) return {};
  JsonObject headers;
  for (const char* name : kKeptHeaders) {
    if (auto value = answer.headers.get(name)) headers[name] = *std::move(value);
  }
  return dump(JsonObject{
      {"status",  answer.status     },
      {"headers", std::move(headers)},
      {"body",    answer.body       }
  });
}

}  // namespace

http::Task<Status> write_ahead(const Wiring* wiring, std::optional<access::AuditRecord> decision,
                               const RequestKey* key, std::string request_id, Instant first_sent) {
  Status status = Ok{};
  const int writes = (decision ? 1 : 0) + (key != nullptr ? 1 : 0);
  std::function<void(std::function<void()>)> start = [&](std::function<void()> resume) {
    const auto all = std::make_shared<Gathered>(writes, std::move(resume));
    if (decision) {
      wiring->audit.record_durably(std::move(*decision), Gathered::done(all, &status));
    }
    if (key != nullptr) {
      wiring->operations->mark_sent(*key, request_id, first_sent, Gathered::done(all, &status));
    }
  };
  co_await http::until(start);
  co_return status;
}

http::Task<bool> wait_turn(const Wiring* wiring, std::string key) {
  bool entered = true;
  std::function<void(std::function<void()>)> start = [&](std::function<void()> resume) {
    entered = wiring->in_flight->enter(key, resume);
    if (!entered) resume();
  };
  co_await http::until(start);
  co_return entered;
}

http::Task<Result<Place>> find_place(const Wiring* wiring, RequestKey* key) {
  Result<Place> found = Place();
  std::function<void()> look = [&] { found = wiring->operations->place(*key); };
  co_await http::on_worker(wiring->runtime, look);
  co_return found;
}

http::Task<Status> take_over(const Wiring* wiring, const RequestKey* key) {
  Status status = Ok{};
  std::function<void(std::function<void()>)> start = [&](std::function<void()> resume) {
    const auto all = std::make_shared<Gathered>(1, std::move(resume));
    wiring->operations->mark_taken_over(*key, Gathered::done(all, &status));
  };
  co_await http::until(start);
  co_return status;
}

http::Task<Status> note_finished(const Wiring* wiring, TaskKey task, std::string target) {
  Status status = Ok{};
  std::function<void(std::function<void()>)> start = [&](std::function<void()> resume) {
    const auto all = std::make_shared<Gathered>(1, std::move(resume));
    wiring->operations->finish(task, target, Gathered::done(all, &status));
  };
  co_await http::until(start);
  co_return status;
}

http::Task<Status> note_end(const Wiring* wiring, const RequestKey* key, const Call* call,
                            const Forwarded* done) {
  Status status = Ok{};
  const Entry end = entry_of(*call, *done, wiring->options);
  std::function<void(std::function<void()>)> start = [&](std::function<void()> resume) {
    const auto all = std::make_shared<Gathered>(1, std::move(resume));
    wiring->operations->mark_ended(*key, end, Gathered::done(all, &status));
  };
  co_await http::until(start);
  co_return status;
}

http::Response kept_answer(const Entry& entry) {
  http::Response answer;
  answer.status = entry.status;
  if (const auto kept = parse_json(entry.answer); kept && kept->is_object()) {
    answer.body = text_at(*kept, "body");
    if (const Json* headers = find(*kept, "headers"); headers && headers->is_object()) {
      for (const auto& header : headers->get_object()) {
        answer.headers.set(header.key(), std::string(as_text(header.value())));
      }
    }
  }
  return answer;
}

Ending ending_of(const Forwarded& done) {
  Ending ending;
  const int status = done.answer.status;
  ending.status = done.error.empty() ? status : 0;
  ending.decision = status < 400 ? "succeeded" : "failed";
  if (done.certainty == Certainty::kUnknown) ending.decision = "unknown";
  ending.sends = done.sends;
  ending.correlation_id = done.answer.headers.get("x-ms-correlation-request-id").value_or("");
  JsonObject detail;
  if (done.read_back) detail["read_back"] = true;
  if (done.replayed) detail["replayed"] = true;
  if (!done.error.empty()) detail["error"] = done.error;
  if (!detail.empty()) ending.detail = std::move(detail);
  return ending;
}

Entry entry_of(const Call& call, const Forwarded& done, const Options& options) {
  Entry entry;
  entry.state = "answered";
  if (done.certainty == Certainty::kNotSent) entry.state = "not_sent";
  if (done.certainty == Certainty::kUnknown) entry.state = "unknown";
  if (entry.state != "answered") return entry;
  entry.status = done.answer.status;
  if (call.operation.repeat == arm::Repeat::kNever && entry.status < 400) {
    entry.answer = text_of(done.answer);
  }
  const http::Headers& headers = done.answer.headers;
  const auto lookup = [&](std::string_view name) { return headers.get(name); };
  const auto poll =
      arm::poll_target(call.operation.method, entry.status, lookup, body_of(done.answer));
  if (!poll) return entry;
  entry.running = true;
  const auto local = local_target(poll->url, options.public_url, options.upstream_url);
  if (local && poll->kind != arm::PollKind::kResource) {
    entry.poll_kind = poll->kind;
    entry.poll_target = *local;
  }
  return entry;
}

bool has_ended(arm::PollKind kind, const http::Response& answer) {
  if (answer.status == 404) return kind == arm::PollKind::kResource;
  if (answer.status == 408 || answer.status == 429 || answer.status >= 500) return false;
  if (answer.status >= 400 && kind != arm::PollKind::kLocation) return false;
  return arm::operation_state(kind, answer.status, body_of(answer)) !=
         arm::OperationState::kRunning;
}

}  // namespace armature::gateway
