#pragma once
// Tags: Microsoft.Resources/tags/default of any scope, the subscription's tag names, and the rules
// that tags keep wherever they come from.
//
//   check_tags   50 pairs, names of 512 characters (128 of a storage account) without <>%&\?/ or
//                control characters, values of 256, no two names alike but for case, no names that
//                begin with microsoft, azure or windows
//   Kept         a resource's tags with it; the subscription's as a record of its tags/default;
//                tag names made on their own as settings
//   Source       tag-resources page, resources.json of Azure's published definitions
//   Threads      pure, on State or Change under the store's lock
#include <optional>

#include "sandbox/cloud.h"

namespace armature::sandbox {

// `body` of a PUT or PATCH; `type` of what is to be tagged.
std::optional<ArmAnswer> check_tags(const Json& body, std::string_view type);
// The subscription's own tags; null when it has none.
const Json* subscription_tags(const Cloud& cloud, const State& state);

ArmAnswer get_tags(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer put_tags(Cloud& cloud, Change& change, const ArmCall& call);
ArmAnswer patch_tags(Cloud& cloud, Change& change, const ArmCall& call);
ArmAnswer delete_tags(Cloud& cloud, Change& change, const ArmCall& call);

// /subscriptions/S/tagNames[/name[/tagValues/value]]
ArmAnswer list_tag_names(const Cloud& cloud, const State& state);
ArmAnswer change_tag_name(Cloud& cloud, Change& change, const ArmCall& call);

}  // namespace armature::sandbox
