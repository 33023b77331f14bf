#pragma once
// Lane: which of ARM's budgets a call draws on, and what a breaker or a stop knows it by. Pure.
//
//   Source  request-limits-and-throttling: a bucket per subscription, principal and kind of
//           request; POSTs count as writes, reading ones as well
#include <string>

#include "gateway/admit.h"

namespace armature::gateway {

enum class Budget { kReads, kWrites, kDeletes };

struct Lane {
  std::string dag;
  std::string identity;
  std::string subscription;  // lower case; empty: the tenant's own
  std::string provider;      // "microsoft.storage"
  Budget budget = Budget::kReads;
  bool mutates = false;
  bool polls = false;  // of an operation that runs: it draws on what others must leave
};

Lane lane_of(const Call& call);
Budget budget_of(std::string_view method);

}  // namespace armature::gateway
