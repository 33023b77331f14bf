#pragma once
// Fills the orchestrator's two interfaces with identity, access and gateway: the one place where
// the products meet.
//
//   Threads   every call from any thread
//   Lifetime  everything passed in outlives these objects
#include "access/grant.h"
#include "gateway/gateway.h"
#include "http/runtime.h"
#include "identity/attempt_tokens.h"
#include "orchestrator/access_port.h"

namespace armature::app {

class TokensAndGrants final : public orchestrator::AttemptAccess {
 public:
  TokensAndGrants(identity::AttemptTokens& tokens, access::GrantStore& grants, Redactor& redactor);
  Result<Secret> begin(const Attempt& attempt, const std::string& identity,
                       const std::vector<orchestrator::RoleGrant>& grants,
                       Micros time_to_live) override;
  void end(const Attempt& attempt) override;

 private:
  identity::AttemptTokens& tokens_;
  access::GrantStore& grants_;
  Redactor& redactor_;
};

// Calls the gateway in this process: the same pipeline as over the wire, without a socket.
class DirectCaller final : public orchestrator::ArmCaller {
 public:
  DirectCaller(http::Runtime& runtime, gateway::Gateway& gateway);
  Result<http::Response> call(const Secret& token, http::Request request, Micros timeout) override;

 private:
  http::Runtime& runtime_;
  gateway::Gateway& gateway_;
};

}  // namespace armature::app
