#pragma once
// What the orchestrator needs of identity and gateway, declared here and filled in app/wiring.cc:
// the orchestrator knows neither.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/attempt.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/message.h"

namespace armature::orchestrator {

// One role the DAG file gives this task, its scope rendered for this run.
struct RoleGrant {
  std::string role;
  std::string scope;
  std::vector<std::string> assignable_roles;
  std::string declared_at;  // "azure_provision.yaml:14"
};

class AttemptAccess {
 public:
  virtual ~AttemptAccess() = default;
  // The attempt's token; from now on tokens of older attempts of the task are refused. Errors end
  // the attempt at once: kInvalid (role or scope), kNotFound (identity), kConflict (stale).
  virtual Result<Secret> begin(const Attempt& attempt, const std::string& identity,
                               const std::vector<RoleGrant>& grants, Micros time_to_live) = 0;
  virtual void end(const Attempt& attempt) = 0;
  // A person looked and wants the task done again: what its earlier attempts sent without an answer
  // is no longer held against it.
  virtual void cleared(const TaskKey& task) = 0;
};

// Sends one ARM request of an attempt through the gateway, waiting. `request.target` is a path with
// query, or a poll URL the gateway gave. An HTTP error status is a response, not an Error;
// kUnavailable: no answer; kUnauthenticated: the attempt has no access.
class ArmCaller {
 public:
  virtual ~ArmCaller() = default;
  virtual Result<http::Response> call(const Attempt& attempt, http::Request request,
                                      Micros timeout) = 0;
};

// What a child process of the attempt needs to reach Azure by itself, as NAME and value: by
// environment, never by argument. Called on the attempt's thread, for attempts with access.
using ChildEnvironment =
    std::function<std::vector<std::pair<std::string, Secret>>(const Attempt& attempt)>;

}  // namespace armature::orchestrator
