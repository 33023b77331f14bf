#pragma once
// What the assigned policies say to one request: a pure decision.
//
//   Order     append and modify in the order of the assignments, then deny, then audit; what has to
//             exist is left for after the write
//   Excluded  notScopes, exemptions that have not expired, selectors, policies of another mode,
//             enforcementMode DoNotEnforce (nothing but compliance)
//   Errors    an evaluation that fails denies, as in Azure
//   Threads   pure
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sandbox/policy/definition.h"

namespace armature::sandbox::policy {

// One policy with the parameters and the effect of its assignment.
struct Binding {
  std::shared_ptr<const Definition> definition;
  std::map<std::string, Json> parameters;
  std::string reference_id;  // of an initiative's policy, else ""
  std::vector<std::string> groups;
  std::string message;  // of nonComplianceMessages
  Json policy;          // what policy() answers
  Effect effect = Effect::kDisabled;
  // Overrides for some resources: the first whose selectors admit the resource.
  std::vector<Override> overrides;
};

struct Assigned {
  std::string id;
  std::string scope;
  AssignmentFacts facts;
  std::string principal_id;  // of its identity
  std::string client_id;     // of its identity
  std::string location;
  std::shared_ptr<const SetDefinition> set;  // null for a single policy
  std::vector<Binding> bindings;
};
using AssignedList = std::vector<std::shared_ptr<const Assigned>>;

struct Request {
  std::string action;               // "Microsoft.Storage/storageAccounts/write"
  std::vector<std::string> scopes;  // the resource's id and every scope above it, lower case
  Json context;                     // requestContext()
  Json subscription;
  Json resource_group;     // null outside one
  std::string caller;      // object id
  bool tags_only = false;  // a PATCH of tags
  Instant now;
};

// A policy whose condition the resource meets.
struct Match {
  std::shared_ptr<const Assigned> assigned;
  const Binding* binding = nullptr;  // in `assigned`
  Effect effect = Effect::kDisabled;
  std::vector<Evaluated> evaluated;
  std::string error;  // of an evaluation that failed
};

struct Ruling {
  Json resource;  // after append and modify
  bool changed = false;
  std::vector<Match> applied;  // append, modify
  std::vector<Match> denied;
  std::vector<Match> audited;
  std::vector<Match> existence;  // auditIfNotExists, deployIfNotExists whose "if" holds
};
Ruling rule_on(const AssignedList& assigned, const std::vector<Exemption>& exemptions,
               Json resource, const Request& request);
// Which denyAction policies stand against deleting the resource.
std::vector<Match> rule_on_delete(const AssignedList& assigned,
                                  const std::vector<Exemption>& exemptions, const Json& resource,
                                  const Request& request, bool by_group);

// For compliance: every policy whose scope, mode, type, name and kind fit the resource, and whether
// its "if" holds.
struct Standing {
  Match match;
  bool holds = false;
  const Exemption* exemption = nullptr;  // in the list that was given
};
std::vector<Standing> standings(const AssignedList& assigned,
                                const std::vector<Exemption>& exemptions, const Subject& subject,
                                const Request& request);

Facts facts_of(const Binding& binding, const Request& request);

}  // namespace armature::sandbox::policy
