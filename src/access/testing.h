#pragma once
// For tests and benchmarks: facts in one line.
#include "access/grant.h"

namespace armature::testing {

inline Attempt attempt_of(const char* dag, const char* run, const char* task, int try_number = 1) {
  return {
      {*DagId::parse(dag), *RunId::parse(run), *TaskId::parse(task), -1},
      try_number, try_number
  };
}

inline access::Grant grant_of(const char* role, const std::string& scope,
                              const std::vector<std::string>& assignable = {}) {
  auto grant = access::make_grant(role, scope, assignable, "etl.yaml:14");
  return *std::move(grant);
}

inline access::Facts facts_of(std::vector<access::Grant> grants,
                              std::vector<access::Grant> ceiling) {
  return {
      attempt_of("etl", "r1", "provision"),
      "default",
      std::move(grants),
      {"default", std::move(ceiling)}
  };
}

}  // namespace armature::testing
