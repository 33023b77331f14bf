#pragma once
// Effects of policies as values: what "then" says, and what it does to a resource.
//
//   read_details  the members of then.details that any effect uses, whatever effect is chosen later
//   apply         the operations of modify and append on a resource: a new resource, or a conflict
//   Source        learn.microsoft.com, "Azure Policy definitions: effect basics" and its pages
//   Threads       pure
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/policy/rule.h"

namespace armature::sandbox::policy {

enum class Effect {
  kDisabled,
  kAppend,
  kModify,
  kDeny,
  kAudit,
  kManual,
  kAuditIfNotExists,
  kDeployIfNotExists,
  kDenyAction,
  kOther,  // mutate, addToNetworkGroup and other effects of resource providers
};
std::optional<Effect> effect_of(std::string_view name);  // without regard to case
std::string_view name_of(Effect effect);

struct FieldOperation {
  enum class Kind { kAdd, kAddOrReplace, kRemove };
  Kind kind = Kind::kAddOrReplace;
  Written field;
  std::optional<Written> value;
  std::optional<Written> condition;
};

struct Details {
  std::vector<FieldOperation> append;
  std::vector<FieldOperation> modify;
  std::optional<Written> conflict_effect;
  // auditIfNotExists, deployIfNotExists
  std::optional<Written> type;
  std::optional<Written> name;
  std::optional<Written> kind;
  std::optional<Written> group;
  bool in_subscription = false;  // existenceScope
  std::optional<Condition> existence;
  std::vector<std::string> role_ids;
  Json deployment;
  bool deploy_to_subscription = false;
  // denyAction
  std::vector<std::string> actions;  // lower case
  bool deny_cascade = false;
  std::string default_state;  // manual
};
tmpl::Outcome<Details> read_details(const Json& then, Usage& usage);

// `resource` after the operations. Append to a field that has another value is a denial.
struct Applied {
  bool changed = false;
  bool conflict = false;            // append only
  std::vector<std::string> fields;  // written to, lower case
};
tmpl::Outcome<Applied> apply(const std::vector<FieldOperation>& operations, bool append,
                             Judgement& judgement, const Subject& subject, Json& resource);

}  // namespace armature::sandbox::policy
