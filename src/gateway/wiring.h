#pragma once
// What every step of the gateway works with. References: all of it outlives the gateway.
#include "access/audit.h"
#include "access/grant.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "gateway/breaker.h"
#include "gateway/gateway.h"
#include "gateway/in_flight.h"
#include "gateway/kill_switch.h"
#include "gateway/metrics.h"
#include "gateway/operation_log.h"
#include "gateway/pacing.h"
#include "gateway/refusals.h"
#include "gateway/retry.h"
#include "gateway/shared_polls.h"
#include "http/client.h"
#include "http/runtime.h"
#include "identity/attempt_tokens.h"
#include "identity/upstream_tokens.h"

namespace armature::gateway {

struct Wiring {
  Options options;
  http::Runtime& runtime;
  http::Client& client;
  identity::AttemptTokens& attempts;
  identity::UpstreamTokens& upstream;
  access::GrantStore& grants;
  access::AuditLog& audit;
  const Clock& clock;
  Random& random;
  Log& log;
  std::unique_ptr<OperationLog> operations;
  std::unique_ptr<KillSwitch> stops;
  std::unique_ptr<Breaker> breaker;
  std::unique_ptr<Pacer> pacer;  // null: requests go as they come
  std::unique_ptr<Refusals> refusals;
  std::unique_ptr<InFlight> in_flight = std::make_unique<InFlight>();
  std::unique_ptr<SharedPolls> polls = std::make_unique<SharedPolls>();
  Secret poll_link_key = {};
  std::unique_ptr<Metrics> metrics = std::make_unique<Metrics>();

  RetryPolicy policy() const {
    return {options.read_retries, options.write_retries, options.first_delay,
            options.longest_delay};
  }
};

}  // namespace armature::gateway
