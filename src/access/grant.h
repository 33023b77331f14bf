#pragma once
// Grants and ceilings: what a DAG file's `access:` block asks for and what the server's operator
// allows an identity to be used for at most. Roles are resolved to permissions before a decision is
// asked.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "access/grant_set.h"
#include "base/attempt.h"
#include "base/clock.h"
#include "base/result.h"

namespace armature::access {

struct Ceiling {
  std::string identity;
  GrantSet grants;
};

// What an attempt may do, frozen when its token was issued. Immutable.
struct Facts {
  Attempt attempt;
  std::string identity;
  GrantSet grants;  // of this task, from the DAG file, scopes rendered
  Ceiling ceiling;  // of the identity
};

// What somebody is to be granted, as which identity.
struct Entitled {
  Attempt attempt;
  std::string identity;
  std::vector<Grant> grants;
  std::string declared_at;  // begins an error's message
};

// GrantStore: facts per running attempt, in memory. Safe from any thread; readers get a snapshot
// that stays as it was while they hold it.
class GrantStore {
 public:
  explicit GrantStore(std::vector<Ceiling> ceilings);
  // kNotFound: no such identity (names the known ones). Replaces an older attempt of the same task.
  Status put(const Attempt& attempt, const std::string& identity, std::vector<Grant> grants);
  void erase(const Attempt& attempt);
  // In one step: these ceilings count for whoever is granted something from now on, `before` is
  // granted nothing any more, and each of `after` what it says. An error (as of put) changes
  // nothing.
  Status replace(std::vector<Ceiling> ceilings, const std::vector<Attempt>& before,
                 std::vector<Entitled> after);
  // Null: nothing was ever granted to this attempt.
  std::shared_ptr<const Facts> facts_for(const Attempt& attempt) const;

 private:
  void erase_locked(const Attempt& attempt);

  std::vector<Ceiling> ceilings_;
  mutable std::mutex mutex_;
  std::map<TaskKey, std::shared_ptr<const Facts>> facts_;
};

// Turns a role name or id and a scope as written in a file into a Grant. kInvalid with the nearest
// role's name when unknown.
Result<Grant> make_grant(std::string_view role, std::string_view scope,
                         const std::vector<std::string>& assignable_roles, std::string declared_at);

}  // namespace armature::access
