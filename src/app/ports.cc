#include "app/ports.h"

#include "http/task.h"

namespace armature::app {

TokensAndGrants::TokensAndGrants(identity::AttemptTokens& tokens, access::GrantStore& grants,
                                 Redactor& redactor)
    : tokens_(tokens), grants_(grants), redactor_(redactor) {}

Result<Secret> TokensAndGrants::begin(const Attempt& attempt, const std::string& identity,
                                      const std::vector<orchestrator::RoleGrant>& wanted,
                                      Micros time_to_live) {
  std::vector<access::Grant> grants;
  for (const orchestrator::RoleGrant& role : wanted) {
    ARMATURE_TRY(access::Grant grant, access::make_grant(role.role, role.scope,
                                                         role.assignable_roles, role.declared_at));
    grants.push_back(std::move(grant));
  }
  ARMATURE_CHECK(grants_.put(attempt, identity, std::move(grants)));
  ARMATURE_TRY(Secret token, tokens_.issue(attempt, time_to_live));
  redactor_.add(token.reveal());
  return token;
}

void TokensAndGrants::end(const Attempt& attempt) {
  tokens_.revoke(attempt);
  grants_.erase(attempt);
}

DirectCaller::DirectCaller(http::Runtime& runtime, gateway::Gateway& gateway)
    : runtime_(runtime), gateway_(gateway) {}

Result<http::Response> DirectCaller::call(const Secret& token, http::Request request,
                                          Micros timeout) {
  request.headers.set("Authorization", "Bearer " + token.reveal());
  request.headers.set("x-armature-deadline-ms", std::to_string(timeout.count() / 1000));
  if (const auto url = http::parse_url(request.target)) request.target = url->target;
  const auto handle = [this](http::Request call) { return gateway_.handle(std::move(call)); };
  return http::run_and_wait(runtime_, handle, std::move(request));
}

}  // namespace armature::app
