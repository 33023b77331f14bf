#pragma once
// Fills the orchestrator's two interfaces with identity, access and gateway: the one place where
// the products meet. TokensAndGrants also tells the gateway's doors which attempt a credential
// stands for.
//
//   Threads   every call from any thread
//   Lifetime  everything passed in outlives these objects
#include <functional>
#include <map>
#include <mutex>

#include "access/grant.h"
#include "base/log.h"
#include "gateway/attempt_access.h"
#include "gateway/gateway.h"
#include "http/runtime.h"
#include "identity/attempt_credentials.h"
#include "identity/attempt_tokens.h"
#include "orchestrator/access_port.h"

namespace armature::app {

class TokensAndGrants final : public orchestrator::AttemptAccess {
 public:
  using OnCleared = std::function<void(const TaskKey&)>;
  using Identities = std::map<std::string, identity::ActsAs>;  // by name
  TokensAndGrants(identity::AttemptTokens& tokens, const identity::AttemptCredentials& credentials,
                  access::GrantStore& grants, Identities identities, const Clock& clock,
                  Redactor& redactor, OnCleared on_cleared);
  Result<Secret> begin(const Attempt& attempt, const std::string& identity,
                       const std::vector<orchestrator::RoleGrant>& grants,
                       Micros time_to_live) override;
  void end(const Attempt& attempt) override;
  void cleared(const TaskKey& task) override;
  // A token with at least a quarter of its life before it: an attempt in this process may last
  // longer than one token. kUnauthenticated: the attempt has no access, or no longer.
  Result<Secret> token_of(const Attempt& attempt);
  // The same for whoever shows the attempt's credential, or a token of it that still holds.
  Result<gateway::AttemptToken> token_for(const std::string& credential);
  // Good at the doors for as long as the attempt lives.
  Result<Secret> credential_of(const Attempt& attempt) const;

 private:
  struct Held {
    std::int64_t fence;
    identity::ActsAs acts_as;
    Micros time_to_live;
    Secret token{};
    Instant expires{};
  };
  Result<Held> current(const Attempt& attempt);
  Result<Held> renew(const Attempt& attempt, Held held);

  identity::AttemptTokens& tokens_;
  const identity::AttemptCredentials& credentials_;
  access::GrantStore& grants_;
  const Identities identities_;
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
