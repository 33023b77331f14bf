#pragma once
// Principal: who calls the gateway: a task's attempt, or a workload from outside that the
// configuration trusts. Values only.
//
//   Workload   has an attempt of its own name, which no DAG can have (a DAG id holds no ':'), so
//              that operations, budgets and records are kept per workload as per task
//   subject    of the assertion by which Armature names the caller to Entra: dag:NAME,
//   workload:NAME
#include <optional>
#include <string>

#include "base/attempt.h"

namespace armature::identity {

struct Workload {
  std::string name;     // in the configuration
  std::string issuer;   // that vouched for it
  std::string subject;  // what its token or certificate calls it
};

struct Principal {
  Attempt attempt;
  std::optional<Workload> workload;  // nothing: a task's attempt
};

// kInvalid: the name cannot stand in an id.
Result<Attempt> workload_attempt(const std::string& name);
std::string federated_subject(const Principal& principal);

}  // namespace armature::identity
