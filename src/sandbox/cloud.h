#pragma once
// Cloud: what every route of the sandbox works with, and the one door for a call to ARM.
//
//   perform   rights, then the route, then the Activity Log; the change, its effect counter and its
//             events are one transaction, on disk before perform() returns. HTTP calls and the
//             calls of a running deployment go through here alike
//   Threads   any
//   Lifetime  everything passed in outlives it; no database: the state is in memory alone
#include <atomic>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "http/runtime.h"
#include "identity/token_keys.h"
#include "sandbox/arm_call.h"
#include "sandbox/entra/issuer_keys.h"
#include "sandbox/faults.h"
#include "sandbox/front/throttle.h"
#include "sandbox/sandbox.h"
#include "sandbox/shifted_clock.h"
#include "sandbox/store.h"

namespace armature::sandbox {

class Engine;
namespace policy {
class Enforcer;
}

class Cloud {
 public:
  static Result<std::unique_ptr<Cloud>> open(Options options, http::Runtime& runtime,
                                             storage::Database* database, const Clock& clock,
                                             Random& random, Log& log);
  ~Cloud();

  ArmAnswer perform(const ArmCall& call);
  // A call of our own making: method, path with query, body.
  ArmAnswer perform(const std::string& method, const std::string& target, std::optional<Json> body,
                    const Caller& caller, const std::string& correlation_id,
                    std::vector<std::string> secrets = {});
  ArmCall make_call(const std::string& method, const std::string& target, std::optional<Json> body,
                    const Caller& caller, const std::string& correlation_id);
  // Rights, subscription and group: what perform() asks first. Nothing: it may go on.
  std::optional<ArmAnswer> refusal(const ArmCall& call) const;

  Store& store() { return *store_; }
  const Options& options() const { return options_; }
  http::Runtime& runtime() { return runtime_; }
  const Clock& clock() const { return clock_; }
  ShiftedClock& shifted_clock() { return clock_; }
  Random& random() { return random_; }
  Log& log() { return log_; }
  identity::TokenKeys& token_keys() { return *token_keys_; }
  const identity::TokenKeys& token_keys() const { return *token_keys_; }
  IssuerKeys& issuer_keys() { return issuer_keys_; }
  // Seals the values of secrets. Without a state key it is of this process alone, and so are they.
  const Secret& vault_key() const { return vault_key_; }
  const std::string& tenant() const { return options_.tenant_id; }
  const std::string& subscription() const { return options_.subscription_id; }
  Engine& engine() { return *engine_; }
  FaultList& faults() { return faults_; }
  policy::Enforcer& policies() { return *policies_; }
  Throttle& throttle() { return throttle_; }

  std::string url() const;
  void set_url(std::string url);
  // Absolute, with the call's api-version, for Location and Azure-AsyncOperation.
  std::string link(const std::string& path, const ArmCall& call) const;

 private:
  Cloud(Options options, http::Runtime& runtime, const Clock& clock, Random& random, Log& log);
  Status settle_ids();
  ArmAnswer perform_read(const ArmCall& call);
  ArmAnswer perform_change(const ArmCall& call);

  Options options_;
  http::Runtime& runtime_;
  ShiftedClock clock_;
  Random& random_;
  Log& log_;
  std::unique_ptr<identity::TokenKeys> token_keys_;
  IssuerKeys issuer_keys_;
  const Secret vault_key_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<policy::Enforcer> policies_;
  std::unique_ptr<Engine> engine_;
  FaultList faults_;
  Throttle throttle_;
  mutable std::mutex url_mutex_;
  std::string url_ = "https://localhost";
};

}  // namespace armature::sandbox
