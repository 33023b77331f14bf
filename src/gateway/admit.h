#pragma once
// Steps one to four: who, what, facts, may it. Plain functions; nothing here waits.
//
//   read_call   token → attempt, request → operation and what must be allowed for it
//   judge       the decision on all of it; the first denial wins
//   Errors      Refused: the answer, and the audit record to keep (none for what says nothing
//               about anybody, such as a path that is not ARM's)
//   Fails       closed: a body that cannot be understood is denied, with the reason (body.h)
//   closed
//   Threads     any
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "access/audit.h"
#include "access/decide.h"
#include "access/explain.h"
#include "access/grant.h"
#include "arm/operation.h"
#include "gateway/call_report.h"
#include "http/message.h"
#include "identity/attempt_tokens.h"
#include "identity/principal.h"

namespace armature::gateway {

struct Call {
  std::string request_id;
  Attempt attempt;                             // of a workload: the one that bears its name
  std::optional<identity::Workload> workload;  // nothing: a task calls
  arm::Operation operation;
  std::vector<access::Ask> asks;  // the request itself, then each role its template hands out
  std::shared_ptr<const access::Facts> facts;  // never null
  CallReport* report = nullptr;  // of its request; null: of a batch, not sent by itself
};

struct Refused {
  http::Response answer;
  std::optional<access::AuditRecord> record;
};

// By what callers are known. A token of an outside issuer is verified before, because its keys may
// have to be fetched; what was found is passed in.
struct Callers {
  Callers(const identity::AttemptTokens& tokens,
          std::optional<Result<identity::Principal>> found = {})
      : attempts(tokens), outside(std::move(found)) {}
  const identity::AttemptTokens& attempts;
  std::optional<Result<identity::Principal>> outside;  // by token, or by certificate without one
};
// The request's one bearer token.
std::optional<std::string> bearer_of(const http::Request& request);

// Who is calling, and whether the request has a shape to go on with (shape.h): what read_call
// begins with.
std::variant<identity::Principal, Refused> read_caller(const http::Request& request,
                                                       const std::string& request_id,
                                                       const Callers& callers);
Refused refuse_unread(const http::Request& request, const identity::Principal& caller,
                      const std::string& request_id, http::Response answer, std::string reason);

// `request.target` is a path with query. Facts are not filled in yet.
std::variant<Call, Refused> read_call(const http::Request& request, std::string request_id,
                                      const Callers& callers);

// Facts of nobody: what an attempt without any grant is judged by.
std::shared_ptr<const access::Facts> no_facts(const Attempt& attempt);

struct Verdict {
  access::Decision decision;
  std::size_t ask = 0;  // which of Call::asks the decision is about
};
Verdict judge(const Call& call, Instant now);
// The poll of an operation that this very task started needs no grant of its own.
access::Decision own_poll_decision();
// Another call of the same batch was refused.
access::Decision denied_with_batch();

// Audit records, with ids and no more: never a query, a body or a token.
access::AuditRecord decision_record(const Call& call, const access::Decision& decision);
// Of a request for another host, whoever sent it: nothing of it was read.
access::AuditRecord misdirected_record(const http::Request& request, const std::string& request_id);
struct Ending {
  std::string decision;  // "succeeded", "failed", "unknown"
  int status = 0;
  int sends = 0;
  std::string correlation_id;
  Json detail;
};
// It bears the rule that allowed the call: of a plain read it is the only record.
access::AuditRecord outcome_record(const Call& call, const access::Decision& allowed,
                                   const Ending& ending);

}  // namespace armature::gateway
