#pragma once
// GET /subscriptions: in Azure everybody may ask, and sees the subscriptions that he has a role in.
// So may a task, whose answer is what the identity sees, narrowed to where the task has a grant:
// `az login` asks this first, and does not sign in without an answer. Pure.
//
//   Fails     closed: an answer that cannot be read comes out empty
//   Source    learn.microsoft.com, "Subscriptions - List"
#include "access/decide.h"
#include "arm/operation.h"
#include "http/message.h"

namespace armature::gateway {

bool lists_subscriptions(const arm::Operation& operation);
// For an attempt whose grants do not allow it anyway; denied when it has none.
access::Decision own_subscriptions(const access::Facts& facts, Instant now);
void keep_own_subscriptions(const access::Facts& facts, Instant now, http::Response& answer);

}  // namespace armature::gateway
