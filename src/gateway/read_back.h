#pragma once
// judge_put, judge_patch, judge_delete: did a write in doubt take effect? From what a GET of the
// same resource answers. Pure.
//
//   kHappened  PUT: it is there, neither failed nor being deleted, and either holds every value we
//              sent, or was created after we first sent (values that are never given back, such as
//              passwords, may then be missing). PATCH: every member sent has its value, and what
//              was sent as null is not there (RFC 7396). DELETE: it is gone, or what is there was
//              created after we first sent
//   kAbsent    it did not take effect, or what is there is not what was sent: sending again is
//              right; of a PATCH only under an If-Match of what was read, because not every
//              provider's PATCH is a plain merge
//   kUnclear   the GET itself gave no usable answer
//   Deployment its template is not given back, so time decides: running, or succeeded with a
//              timestamp after we first sent
//   Times      compared without allowance: a server clock behind ours costs one more (idempotent)
//              send, an allowance could take another's older write for ours and lose this one
//   Source     facts on deployments (properties.timestamp) and on systemData.createdAt
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"

namespace armature::gateway {

enum class Evidence { kHappened, kAbsent, kUnclear };

struct Sent {
  const Json& body;  // null when it was empty or not JSON
  Instant first_sent;
  bool is_deployment = false;
};

Evidence judge_put(const Sent& sent, int get_status, std::string_view get_body);
Evidence judge_patch(const Json& sent, int get_status, std::string_view get_body);
Evidence judge_delete(int get_status, std::string_view get_body, Instant first_sent);

// What Azure says of a DELETE whose work is done: 204, but 200 of a resource group, whose operation
// has no 204: SDKs take it for an error. (Source: azure-rest-api-specs, resources.json,
// ResourceGroups_Delete: 200 and 202.)
int status_of_deleted(std::string_view target);

// How what was sent compares with what is there. Arrays count as values; ids and locations are
// compared as ARM does, without regard to case.
enum class Fit { kContained, kPartly, kDifferent };  // kPartly: some sent values are not there
Fit compare(const Json& sent, const Json& there);

}  // namespace armature::gateway
