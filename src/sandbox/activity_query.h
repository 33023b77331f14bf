#pragma once
// Queries of the Activity Log: what GET …/eventtypes/management/values answers.
//
//   $filter   "eventTimestamp ge 'T'" is a must; then, joined by "and": eventTimestamp le,
//             resourceGroupName, resourceUri, resourceId, resourceProvider, correlationId, caller,
//             operations, status, levels, eventChannels, category eq. Values stand in quotes or not
//   $select   the named fields alone
//   Order     newest first, two hundred a page, nextLink with $skipToken
//   Scope     a subscription's own events; a management group's; for the tenant those of neither
//   Errors    400 BadRequest for a filter that cannot be read or has no start
//   Threads   under the store's lock
#include "sandbox/cloud.h"

namespace armature::sandbox {

ArmAnswer list_events(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer list_event_categories();

}  // namespace armature::sandbox
