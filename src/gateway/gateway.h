#pragma once
// Gateway: the only way from a task to ARM. Eight steps, each calling down (docs/architecture.md):
// who, what, facts, may it, record, as whom, forward, answer.
//
//   In        an ARM request with "Authorization: Bearer <token>" of an attempt, or of an outside
//             workload that is trusted; or without one, on a connection whose client certificate is
//             a workload's
//   Out       Azure's answer with poll URLs rewritten to the gateway, or an error in ARM's own
//   shape:
//             401 InvalidAuthenticationToken, 403 AuthorizationFailed with an "ArmatureDecision" in
//             additionalInfo, 400 for what cannot be read, 502/503 AzureUnreachable
//   Repeats   by idempotency class only, within the budget and the deadline; Retry-After obeyed. A
//             mutation is written ahead (not_sent → sent → answered). In doubt (sent, no answer,
//             also after a crash), it is resolved by reading back before any repeat; what cannot be
//             (an action, a PATCH without an etag) is refused until a person cleared the task. A
//             client's own repeat, and a later attempt of the task, get the outcome of what was
//             sent (docs/retries.md)
//   Polls     links to long-running operations are signed for the task that started them; one poll
//             goes upstream per Retry-After, however many wait
//   Threads   handle() from any thread; the task runs on the runtime's I/O threads
//   Lifetime  everything passed in outlives the gateway
//   Source    facts on safe retries; resource-provider contract
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "access/audit.h"
#include "access/grant.h"
#include "base/clock.h"
#include "base/exposition.h"
#include "base/log.h"
#include "base/random.h"
#include "base/secret.h"
#include "gateway/call_report.h"
#include "http/client.h"
#include "http/task.h"
#include "identity/attempt_tokens.h"
#include "identity/client_certificates.h"
#include "identity/outside_tokens.h"
#include "identity/upstream_tokens.h"
#include "storage/database.h"

namespace armature::gateway {

class KillSwitch;

// Whether ARM's token buckets are mirrored (pacing.h). Auto: where the upstream is one of Azure's
// own Resource Managers.
enum class Pacing { kAuto, kOn, kOff };

Pacing pacing_of(std::string_view word);  // "on", "off", else auto

struct Options {
  identity::OutsideTokens* outside =
      nullptr;  // of workloads from outside; null: only attempts call
  const identity::ClientCertificates* certificates = nullptr;  // null: nobody is known by one
  std::string upstream_url;  // https://management.azure.com, or the sandbox
  std::string audience = "https://management.azure.com/";  // of the upstream token
  std::string public_url;  // how clients reach this gateway: for rewritten poll URLs
  // Signs poll links and seals kept answers. Empty: one that ends with the process.
  Secret state_key;
  int read_retries = 4;
  int write_retries = 4;
  Micros first_delay = std::chrono::milliseconds(500);
  Micros longest_delay = std::chrono::seconds(30);
  Micros attempt_timeout = std::chrono::seconds(60);  // one send
  Pacing pacing = Pacing::kAuto;
  // Told of each request that has ended, from any thread; it may not block. Null: nobody asks.
  std::function<void(CallReport)> on_call;
  Micros request_deadline =
      std::chrono::minutes(5);  // all sends of a request; x-armature-deadline-ms shortens
};

class Gateway {
 public:
  static Result<std::unique_ptr<Gateway>> open(Options options, http::Runtime& runtime,
                                               http::Client& client, storage::Database& database,
                                               identity::AttemptTokens& attempts,
                                               identity::UpstreamTokens& upstream,
                                               access::GrantStore& grants, access::AuditLog& audit,
                                               const Clock& clock, Random& random, Log& log);
  ~Gateway();
  http::Task<http::Response> handle(http::Request request);
  // A person cleared the task: its actions are to be sent again, also those without an answer.
  void forget_doubts(const TaskKey& task);
  KillSwitch& stops();
  void write_metrics(Exposition& out) const;

  struct Impl;
  explicit Gateway(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace armature::gateway
