#pragma once
// The functions of policy rules: the template language's, without those that ask for resources or
// deployments, and field, current, policy, requestContext, addDays, ipRangeContains, utcNow.
//
//   Reads    the RuleContext that the evaluator works with: the rule's resource and the members
//            that counts are at
//   Source   learn.microsoft.com, "Azure Policy definition structure: policy functions"
//   Threads  pure
#include <string>
#include <utility>
#include <vector>

#include "sandbox/policy/field.h"
#include "sandbox/template/evaluator.h"

namespace armature::sandbox::policy {

struct RuleContext : tmpl::Context {
  const Subject* subject = nullptr;
  const Json* policy = nullptr;
  const Json* request = nullptr;
  std::vector<Member> members;                              // counts of fields, outermost first
  std::vector<std::pair<std::string, const Json*>> values;  // counts of values
  // All counts in order, to find the innermost: true for one of a value.
  std::vector<bool> order;
};

const tmpl::Dialect& rule_dialect();

}  // namespace armature::sandbox::policy
