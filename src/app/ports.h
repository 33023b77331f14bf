#pragma once
// Fills the orchestrator's two interfaces with identity, access and gateway: the one place where
// the products meet.
//
//   Threads   every call from any thread
//   Lifetime  everything passed in outlives these objects
#include <functional>
#include <map>
#include <mutex>

#include "access/grant.h"
#include "base/log.h"
#include "gateway/gateway.h"
#include "http/runtime.h"
#include "identity/attempt_tokens.h"
#include "orchestrator/access_port.h"

namespace armature::app {

class TokensAndGrants final : public orchestrator::AttemptAccess {
 public:
  using OnCleared = std::function<void(const TaskKey&)>;
  TokensAndGrants(identity::AttemptTokens& tokens, access::GrantStore& grants, const Clock& clock,
                  Redactor& redactor, OnCleared on_cleared);
  Result<Secret> begin(const Attempt& attempt, const std::string& identity,
                       const std::vector<orchestrator::RoleGrant>& grants,
                       Micros time_to_live) override;
  void end(const Attempt& attempt) override;
  void cleared(const TaskKey& task) override;
  // A token with at least a quarter of its life before it: an attempt in this process may last
  // longer than one token. kUnauthenticated: the attempt has no access, or no longer.
  Result<Secret> token_of(const Attempt& attempt);

 private:
  struct Held {
    std::int64_t fence;
    Secret token;
    Micros time_to_live;
    Instant renew_at;
  };
  Result<Secret> issue(const Attempt& attempt, Micros time_to_live);

  identity::AttemptTokens& tokens_;
  access::GrantStore& grants_;
  const Clock& clock_;
  Redactor& redactor_;
  const OnCleared on_cleared_;
  std::mutex mutex_;
  std::map<TaskKey, Held> held_;
};

// Calls the gateway in this process: the same pipeline as over the wire, without a socket.
class DirectCaller final : public orchestrator::ArmCaller {
 public:
  DirectCaller(http::Runtime& runtime, gateway::Gateway& gateway, TokensAndGrants& access);
  Result<http::Response> call(const Attempt& attempt, http::Request request,
                              Micros timeout) override;

 private:
  http::Runtime& runtime_;
  gateway::Gateway& gateway_;
  TokensAndGrants& access_;
};

}  // namespace armature::app
