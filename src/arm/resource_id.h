#pragma once
// ResourceId: a parsed ARM resource id or scope, in canonical form.
//
//   In        a decoded path without query: /subscriptions/S/resourceGroups/G/providers/Ns/t/n …
//   Out       canonical text: keywords in ARM's own case, subscription ids lower case, one slash at
//             the start and none at the end; names keep the case they came with
//   Errors    kInvalid, naming the segment: empty or dot segments, slashes inside a segment,
//             control characters, any of \ % ? # ; in a name, blanks or a dot at its end,
//             type without name, unknown root
//   Compare   ids are equal without regard to case: same_id()
//   Source    resource-provider contract, common-api-details; an id is read from its last
//             "/providers/": what stands before it is the scope of an extension resource
//   Threads   a value
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace armature::arm {

enum class ScopeKind { kTenant, kManagementGroup, kSubscription, kResourceGroup, kResource };

struct ResourceId {
  static Result<ResourceId> parse(std::string_view path);

  std::string text = "/";
  ScopeKind kind = ScopeKind::kTenant;
  std::string management_group;
  std::string subscription_id;  // lower case
  std::string resource_group;
  std::string provider;  // "Microsoft.Storage"; empty for a scope
  std::string type;      // "Microsoft.Storage/storageAccounts/blobServices"; for a resource group
                         // "Microsoft.Resources/resourceGroups", a subscription
                         // "Microsoft.Resources/subscriptions"
  std::string name;      // "account/default"; the group's or subscription's own name for a scope
  std::string scope;     // the id this one lives in: the part before the last "/providers/" for a
                         // resource, the subscription for a group, "/" above
  std::string parent;    // the id one type/name pair shorter for a child resource, else scope
};

bool same_id(std::string_view a, std::string_view b);
// Is `target` the scope itself or below it, on segment boundaries and without regard to case? "/"
// is above all.
bool at_or_above(std::string_view scope, std::string_view target);

}  // namespace armature::arm
