#include "access/grant.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"

namespace armature::access {
namespace {

Result<arm::Role> role_named(std::string_view name) {
  if (const arm::Role* role = arm::find_builtin_role(name)) return *role;
  std::vector<std::string> names;
  for (const arm::Role* role : arm::builtin_roles()) names.push_back(role->name);
  const std::string near = nearest(name, names);
  return fail(Code::kInvalid, "unknown role '" + std::string(name) + "'" +
                                  (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

Result<std::shared_ptr<const Facts>> facts_of(const std::vector<Ceiling>& ceilings,
                                              const Attempt& attempt, const std::string& identity,
                                              std::vector<Grant> grants) {
  const auto ceiling = std::ranges::find(ceilings, identity, &Ceiling::identity);
  if (ceiling == ceilings.end()) {
    std::vector<std::string> names;
    for (const Ceiling& known : ceilings) names.push_back(known.identity);
    return fail(Code::kNotFound, "no identity is called '" + identity + "'; this server has " +
                                     (names.empty() ? "none" : join(names, ", ")));
  }
  return std::make_shared<const Facts>(Facts{attempt, identity, std::move(grants), *ceiling});
}

}  // namespace

GrantStore::GrantStore(std::vector<Ceiling> ceilings) : ceilings_(std::move(ceilings)) {}

Status GrantStore::put(const Attempt& attempt, const std::string& identity,
                       std::vector<Grant> grants) {
  const std::lock_guard lock(mutex_);
  ARMATURE_TRY(auto facts, facts_of(ceilings_, attempt, identity, std::move(grants)));
  std::shared_ptr<const Facts>& place = facts_[attempt.key];
  if (place && place->attempt.fence > attempt.fence) {
    return fail(Code::kConflict, "a newer attempt of " + to_string(attempt.key) + " has started");
  }
  place = std::move(facts);
  return Ok{};
}

Status GrantStore::replace(std::vector<Ceiling> ceilings, const std::vector<Attempt>& before,
                           std::vector<Entitled> after) {
  std::vector<std::shared_ptr<const Facts>> made;
  for (Entitled& one : after) {
    auto facts = facts_of(ceilings, one.attempt, one.identity, std::move(one.grants));
    if (!facts) return std::move(facts).error().in(one.declared_at);
    made.push_back(*std::move(facts));
  }
  const std::lock_guard lock(mutex_);
  ceilings_ = std::move(ceilings);
  for (const Attempt& gone : before) erase_locked(gone);
  for (auto& facts : made) facts_[facts->attempt.key] = std::move(facts);
  return Ok{};
}

void GrantStore::erase(const Attempt& attempt) {
  const std::lock_guard lock(mutex_);
  erase_locked(attempt);
}

void GrantStore::erase_locked(const Attempt& attempt) {
  const auto found = facts_.find(attempt.key);
  if (found != facts_.end() && found->second->attempt == attempt) facts_.erase(found);
}

std::shared_ptr<const Facts> GrantStore::facts_for(const Attempt& attempt) const {
  const std::lock_guard lock(mutex_);
  const auto found = facts_.find(attempt.key);
  if (found == facts_.end() || found->second->attempt != attempt) return nullptr;
  return found->second;
}

Result<Grant> make_grant(std::string_view role, std::string_view scope,
                         const std::vector<std::string>& assignable_roles,
                         std::string declared_at) {
  Grant grant;
  grant.declared_at = std::move(declared_at);
  const auto placed = [&](Error error) { return std::move(error).in(grant.declared_at); };
  auto found = role_named(role);
  if (!found) return placed(std::move(found).error());
  grant.role = std::move(*found);
  auto id = arm::ResourceId::parse(scope);
  if (!id) return placed(std::move(id).error().in("scope '" + std::string(scope) + "'"));
  grant.scope = id->text;
  for (const std::string& name : assignable_roles) {
    auto assignable = role_named(name);
    if (!assignable) return placed(std::move(assignable).error());
    grant.assignable_roles.push_back(std::move(*assignable));
  }
  return grant;
}

}  // namespace armature::access
