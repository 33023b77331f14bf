#include "gateway/record.h"

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

Json body_of(const http::Response& answer) {
  const auto body = parse_json(answer.body);
  return body ? *body : Json();
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

http::Task<Result<std::optional<Entry>>> find_earlier(const Wiring* wiring, const RequestKey* key) {
  Result<std::optional<Entry>> found = std::optional<Entry>();
  std::function<void()> look = [&] { found = wiring->operations->find(*key); };
  co_await http::on_worker(wiring->runtime, look);
  co_return found;
}

http::Task<Status> hand_out(const Wiring* wiring, TaskKey task, std::vector<std::string> links) {
  Status status = Ok{};
  std::function<void(std::function<void()>)> start = [&](std::function<void()> resume) {
    const auto all = std::make_shared<Gathered>(1, std::move(resume));
    wiring->operations->hand_out(task, std::move(links), Gathered::done(all, &status));
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
  std::vector<std::string> links = poll_links(done->answer, wiring->options);
  std::function<void(std::function<void()>)> start = [&](std::function<void()> resume) {
    const auto all = std::make_shared<Gathered>(links.empty() ? 1 : 2, std::move(resume));
    const bool with_links = !links.empty();
    wiring->operations->mark_ended(*key, end, Gathered::done(all, &status));
    if (with_links) {
      wiring->operations->hand_out(call->attempt.key, std::move(links),
                                   Gathered::done(all, &status));
    }
  };
  co_await http::until(start);
  co_return status;
}

std::vector<std::string> poll_links(const http::Response& answer, const Options& options) {
  std::vector<std::string> links;
  for (const char* name : {"Azure-AsyncOperation", "Operation-Location", "Location"}) {
    // Location is a poll link of a 202 only; otherwise it names a resource.
    if (std::string_view(name) == "Location" && answer.status != 202) continue;
    const auto url = answer.headers.get(name);
    if (!url) continue;
    auto local = local_target(*url, options.public_url, options.upstream_url);
    if (local) links.push_back(std::move(*local));
  }
  return links;
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
