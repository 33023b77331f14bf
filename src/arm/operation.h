#pragma once
// operation_of: what an HTTP request to ARM means: its RBAC action, the scope it is checked at,
// whether it changes something, and whether it may be repeated.
//
//   In        method and request target (path?query) as they came, still percent-encoded
//   Out       Operation; the canonical parse that every later step uses, never the raw path again
//   Errors    kInvalid for every ambiguous path: encoded slash, backslash, NUL, dot segments, bad
//             percent code, two api-version parameters, unknown method (405 is for the caller to
//             say)
//   Source    resource-provider contract (verbs), facts on ARM's own routes
//   Threads   pure
#include <string>
#include <string_view>
#include <vector>

#include "arm/resource_id.h"
#include "base/json.h"
#include "base/result.h"

namespace armature::arm {

// May the same request be sent twice with the effect of once?
enum class Repeat {
  kSafe,         // GET, HEAD and POSTs known to only read (list*, validate, whatIf, checkName…)
  kIdempotent,   // PUT, DELETE
  kConditional,  // PATCH: only when it never left, or after reading back
  kNever,        // POST actions
};

struct Operation {
  std::string method;
  std::string action;  // "Microsoft.Storage/storageAccounts/write"
  std::string scope;   // where RBAC is checked: the full id of an instance, the parent of a list
  std::string target;  // canonical path of the thing addressed, without query
  std::string api_version;  // as given; empty when absent
  std::string query;        // the raw query, unchanged, without "?"
  Repeat repeat = Repeat::kNever;
  bool mutates = true;
  bool is_collection = false;
  bool is_deployment = false;      // PUT, validate or whatIf of a deployment or deployment stack:
                                   // its body is a template
  bool returns_secrets = false;    // listKeys and its like: never recorded
  bool is_operation_poll = false;  // operationStatuses, operationresults
};

Result<Operation> operation_of(std::string_view method, std::string_view request_target);

// An action at a scope that a request needs beside its own.
struct Need {
  std::string action;
  std::string scope;
  bool operator==(const Need&) const = default;
};

// What a deployment's template will do, read from its text without evaluating it: each resource's
// type as "…/write" (an existing one: "…/read") at the scope it goes to, vaults/deploy/action on
// the vaults its parameters refer to, and for mode Complete the right to delete the group. Nested
// templates are walked. What cannot be known before evaluation (an expression as type or target
// scope, a linked template) is an error that names its place: the caller refuses what it cannot
// check. A scope expression is accepted where it can only stay inside the deployment's own scope.
// Not here: the reads and list* calls that expressions make.
Result<std::vector<Need>> template_needs(const Operation& deployment, const Json& body);

// What a role assignment PUT hands out: the role definition's guid, lower case, and the principal.
struct RoleGrantRequest {
  std::string role_definition_id;
  std::string principal_id;
};
Result<RoleGrantRequest> role_grant_request(const Json& body);

}  // namespace armature::arm
