#include "app/ports.h"

#include "http/task.h"

namespace armature::app {

TokensAndGrants::TokensAndGrants(identity::AttemptTokens& tokens, access::GrantStore& grants,
                                 const Clock& clock, Redactor& redactor, OnCleared on_cleared)
    : tokens_(tokens),
      grants_(grants),
      clock_(clock),
      redactor_(redactor),
      on_cleared_(std::move(on_cleared)) {}

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
  return issue(attempt, time_to_live);
}

Result<Secret> TokensAndGrants::issue(const Attempt& attempt, Micros time_to_live) {
  ARMATURE_TRY(Secret token, tokens_.issue(attempt, time_to_live));
  redactor_.add(token.reveal());
  const Instant renew_at = clock_.now() + time_to_live * 3 / 4;
  const std::lock_guard lock(mutex_);
  held_.insert_or_assign(attempt.key, Held{attempt.fence, token, time_to_live, renew_at});
  return token;
}

Result<Secret> TokensAndGrants::token_of(const Attempt& attempt) {
  Micros time_to_live{};
  {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(attempt.key);
    if (found == held_.end() || found->second.fence != attempt.fence) {
      return fail(Code::kUnauthenticated, to_string(attempt.key) + " has no access to Azure: its " +
                                              "DAG grants it none, or this attempt has ended");
    }
    if (clock_.now() < found->second.renew_at) return found->second.token;
    time_to_live = found->second.time_to_live;
  }
  return issue(attempt, time_to_live);
}

void TokensAndGrants::end(const Attempt& attempt) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(attempt.key);
    if (found != held_.end() && found->second.fence <= attempt.fence) held_.erase(found);
  }
  tokens_.revoke(attempt);
  grants_.erase(attempt);
}

void TokensAndGrants::cleared(const TaskKey& task) { on_cleared_(task); }

DirectCaller::DirectCaller(http::Runtime& runtime, gateway::Gateway& gateway,
                           TokensAndGrants& access)
    : runtime_(runtime), gateway_(gateway), access_(access) {}

Result<http::Response> DirectCaller::call(const Attempt& attempt, http::Request request,
                                          Micros timeout) {
  ARMATURE_TRY(const Secret token, access_.token_of(attempt));
  request.headers.set("Authorization", "Bearer " + token.reveal());
  request.headers.set("x-armature-deadline-ms", std::to_string(timeout.count() / 1000));
  if (const auto url = http::parse_url(request.target)) request.target = url->target;
  const auto handle = [this](http::Request call) { return gateway_.handle(std::move(call)); };
  return http::run_and_wait(runtime_, handle, std::move(request));
}

}  // namespace armature::app
