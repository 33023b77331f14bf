#include "app/ports.h"

#include <optional>

#include "http/task.h"

namespace armature::app {

TokensAndGrants::TokensAndGrants(identity::AttemptTokens& tokens,
                                 const identity::AttemptCredentials& credentials,
                                 access::GrantStore& grants, Identities identities,
                                 const Clock& clock, Redactor& redactor, OnCleared on_cleared)
    : tokens_(tokens),
      credentials_(credentials),
      grants_(grants),
      identities_(std::move(identities)),
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
  const auto known = identities_.find(identity);
  const auto acts_as = known == identities_.end() ? identity::ActsAs{} : known->second;
  ARMATURE_TRY(Held held, renew(attempt, Held{attempt.fence, acts_as, time_to_live}));
  return std::move(held.token);
}

Result<TokensAndGrants::Held> TokensAndGrants::renew(const Attempt& attempt, Held held) {
  // As the token says it: in whole seconds.
  held.expires = std::chrono::floor<std::chrono::seconds>(clock_.now() + held.time_to_live);
  ARMATURE_TRY(held.token, tokens_.issue(attempt, held.time_to_live, held.acts_as));
  redactor_.add(held.token.reveal());
  const std::lock_guard lock(mutex_);
  held_.insert_or_assign(attempt.key, held);
  return held;
}

Result<TokensAndGrants::Held> TokensAndGrants::current(const Attempt& attempt) {
  std::optional<Held> held;
  {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(attempt.key);
    if (found == held_.end() || found->second.fence != attempt.fence) {
      return fail(Code::kUnauthenticated, to_string(attempt.key) + " has no access to Azure: its " +
                                              "DAG grants it none, or this attempt has ended");
    }
    held = found->second;
  }
  if (clock_.now() < held->expires - held->time_to_live / 4) return *std::move(held);
  return renew(attempt, *std::move(held));
}

Result<Secret> TokensAndGrants::token_of(const Attempt& attempt) {
  ARMATURE_TRY(Held held, current(attempt));
  return std::move(held.token);
}

Result<gateway::AttemptToken> TokensAndGrants::token_for(const std::string& credential) {
  auto attempt = credentials_.read(credential);
  if (!attempt) attempt = tokens_.verify(credential);
  if (!attempt) return std::move(attempt).error();
  ARMATURE_TRY(Held held, current(*attempt));
  return gateway::AttemptToken{*std::move(attempt), std::move(held.token), held.expires,
                               held.acts_as.client_id};
}

Result<Secret> TokensAndGrants::credential_of(const Attempt& attempt) const {
  return credentials_.issue(attempt);
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
