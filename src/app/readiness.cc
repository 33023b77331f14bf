#include "app/readiness.h"

#include "base/json.h"

namespace armature::app {
namespace {

constexpr auto kFresh = std::chrono::seconds(1);
constexpr auto kLongestLook = std::chrono::seconds(10);
constexpr storage::Migration kTable[] = {
    {1,
     "CREATE TABLE readiness(one INTEGER PRIMARY KEY CHECK(one = 1), looks INTEGER NOT NULL);"
     "INSERT INTO readiness VALUES(1, 0);"}
};

Status write_row(storage::Connection& connection) {
  return connection.prepare("UPDATE readiness SET looks = (looks + 1) % 1000000").run();
}

http::Task<Status> can_write(storage::Database* database) {
  Status outcome = Ok{};
  std::function<void(std::function<void()>)> start = [&](std::function<void()> resume) {
    database->write_async(write_row, [&outcome, resume = std::move(resume)](Status status) {
      outcome = std::move(status);
      resume();
    });
  };
  co_await http::until(start);
  co_return outcome;
}

// One that works is enough: a broken identity is its callers' trouble, not everybody's.
http::Task<Status> can_sign_in(identity::UpstreamTokens* upstream,
                               std::vector<identity::TokenAsk> asks) {
  Status outcome = Ok{};
  for (identity::TokenAsk& ask : asks) {
    const std::string name = ask.identity;
    Result<Secret> token = co_await upstream->token(std::move(ask));
    if (token) co_return Ok{};
    if (outcome) outcome = std::move(token).error().in(name);
  }
  co_return outcome;
}

JsonObject check_of(const Status& status, bool explains) {
  JsonObject out;
  out["ok"] = status.has_value();
  if (!status && explains) out["error"] = status.error().message;
  return out;
}

}  // namespace

Result<std::unique_ptr<Readiness>> Readiness::open(storage::Database& database,
                                                   identity::UpstreamTokens& upstream, Asks asks,
                                                   const Clock& clock, Log& log, bool explains) {
  ARMATURE_CHECK(database.migrate("readiness", kTable));
  return std::unique_ptr<Readiness>(
      new Readiness(database, upstream, std::move(asks), clock, log, explains));
}

// True: this caller is to look.
bool Readiness::begin() {
  const std::lock_guard lock(mutex_);
  const Ticks now = clock_.ticks();
  if (looking_since_ || (last_ && now - last_->at < kFresh)) return false;
  looking_since_ = now;
  return true;
}

void Readiness::tell_change(const Look& seen) {
  const bool ready = seen.database && seen.identity;
  const bool before = !last_ || (last_->database && last_->identity);
  if (ready == before) return;
  if (ready) {
    log_.info("ready again");
    return;
  }
  const Error& why = seen.database ? seen.identity.error() : seen.database.error();
  log_.warning("not ready", {
                                {"error", why.message}
  });
}

http::Task<void> Readiness::look() {
  Look seen;
  std::vector<identity::TokenAsk> asks = asks_();
  seen.database = co_await can_write(&database_);
  seen.identity = co_await can_sign_in(&upstream_, std::move(asks));
  seen.at = clock_.ticks();
  const std::lock_guard lock(mutex_);
  tell_change(seen);
  last_ = std::move(seen);
  looking_since_.reset();
}

http::Response Readiness::page() const {
  Look seen;
  {
    const std::lock_guard lock(mutex_);
    const bool stuck = looking_since_ && clock_.ticks() - *looking_since_ > kLongestLook;
    if (last_) seen = *last_;
    if (!last_ || stuck) {
      seen.database = fail(Code::kUnavailable, "a look is under way and has not ended");
    }
  }
  Status going = Ok{};
  if (draining_) going = fail(Code::kUnavailable, "the server is about to stop");
  const bool ready = seen.database && seen.identity && going;
  const JsonObject body{
      {"status", ready ? "ok" : "unavailable"                                        },
      {"checks", JsonObject{{"database", check_of(seen.database, explains_)},
                            {"identity", check_of(seen.identity, explains_)},
                            {"draining", check_of(going, explains_)}}}
  };
  return http::json_response(ready ? 200 : 503, dump(body));
}

http::Task<http::Response> Readiness::answer() {
  if (!draining_ && begin()) co_await look();
  co_return page();
}

}  // namespace armature::app
