#pragma once
// A gateway over a SmallAzure and a database of its own, for tests. It can be opened again, as
// after a crash: everything else lives as long as the test.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <sstream>

#include "access/explain.h"
#include "base/testing.h"
#include "gateway/gateway.h"
#include "gateway/testing.h"
#include "storage/testing.h"

namespace armature::gateway {

using testing::Fault;

inline const std::string kSubscription = "/subscriptions/11111111-1111-1111-1111-111111111111";
inline const std::string kGroup = kSubscription + "/resourceGroups/rg";
inline const std::string kAccount = kGroup + "/providers/Microsoft.Storage/storageAccounts/acc";
inline const std::string kBody =
    R"({"location":"westus","properties":{"tier":"hot","pw":"hunter2-secret"}})";

// Goes on by itself, and may be moved ahead.
class MovedClock final : public Clock {
 public:
  Instant now() const override { return system_.now() + Micros{ahead_.load()}; }
  Ticks ticks() const override { return system_.ticks() + Micros{ahead_.load()}; }
  void advance(Micros by) { ahead_ += by.count(); }

 private:
  SystemClock system_;
  std::atomic<std::int64_t> ahead_{0};
};

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() : threads({}, {1, 4}), azure(threads.runtime) {
    std::ofstream(folder.path() / "secret") << "client-secret-planted";
    upstream = std::make_unique<identity::UpstreamTokens>(
        threads.runtime, threads.client, clock, random, redactor,
        std::vector<identity::UpstreamIdentity>{
            {"deployer", "tenant", "client", azure.url(),
             identity::SecretFile{folder.path() / "secret"}}
    });
    access::Ceiling ceiling{"deployer", {grant("Owner", kSubscription)}};
    grants = std::make_unique<access::GrantStore>(std::vector<access::Ceiling>{ceiling});
    audit = http::testing::must(access::AuditLog::open(*database, clock));
    open();
  }
  ~GatewayTest() override { gateway.reset(); }

  static access::Grant grant(const char* role, const std::string& scope) {
    return http::testing::must(access::make_grant(role, scope, {}, "test.yaml:1"));
  }
  static Attempt attempt_of(const char* task, int number = 1) {
    return {
        {*DagId::parse("d"), *RunId::parse("r"), *TaskId::parse(task), -1},
        number, number
    };
  }

  void open(const std::function<void(Options&)>& change = {}) {
    gateway.reset();
    Options options;
    options.upstream_url = azure.url();
    options.public_url = "https://127.0.0.1:9";
    options.state_key = Secret("the key of this test");
    options.first_delay = std::chrono::milliseconds(1);
    options.longest_delay = std::chrono::milliseconds(2);
    options.attempt_timeout = std::chrono::seconds(20);
    if (change) change(options);
    gateway = http::testing::must(Gateway::open(options, threads.runtime, threads.client, *database,
                                                attempts, *upstream, *grants, *audit, clock, random,
                                                log));
  }

  std::string begin(const Attempt& attempt, const char* role = "Contributor") {
    http::testing::must(grants->put(attempt, "deployer", {grant(role, kGroup)}));
    return http::testing::must(attempts.issue(attempt, std::chrono::hours(1))).reveal();
  }

  http::Response send(const std::string& token, const std::string& method,
                      const std::string& target, const std::string& body = "",
                      const http::Headers& headers = {}) {
    http::Request request;
    request.headers = headers;
    request.method = method;
    request.target = target;
    request.body = body;
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
    return http::run_and_wait(
        threads.runtime, [this](http::Request in) { return gateway->handle(std::move(in)); },
        std::move(request));
  }
  http::Response put(const std::string& token) {
    return send(token, "PUT", kAccount + "?api-version=2023-01-01", kBody);
  }

  std::vector<access::AuditRecord> records() {
    http::testing::must(database->write([](storage::Connection&) -> Status { return Ok{}; }));
    return http::testing::must(audit->list({}));
  }
  static std::string code_of(const http::Response& response) {
    return arm::read_error(response.status, response.body).code;
  }
  int created() { return azure.effects("put " + kAccount); }

  armature::testing::TempDir folder;
  MovedClock clock;
  SystemRandom random;
  Redactor redactor;
  std::mutex lines_mutex;
  std::string lines;
  Log log{[this](std::string_view line) {
            const std::lock_guard lock(lines_mutex);
            lines += line;
          },
          clock, redactor, Level::kDebug};
  armature::testing::TempDatabase database;
  http::testing::RuntimeAndClient threads;
  testing::SmallAzure azure;
  identity::AttemptTokens attempts{Secret("0123456789abcdef0123456789abcdef"), clock, random};
  std::unique_ptr<identity::UpstreamTokens> upstream;
  std::unique_ptr<access::GrantStore> grants;
  std::unique_ptr<access::AuditLog> audit;
  std::unique_ptr<Gateway> gateway;
};

}  // namespace armature::gateway
