#include "gateway/admit.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "gateway/answers.h"
#include "gateway/body.h"
#include "gateway/recorded.h"
#include "gateway/shape.h"

namespace armature::gateway {
namespace {

access::AuditRecord of_nobody(const http::Request& request, const std::string& request_id,
                              std::string kind, access::Layer layer, std::string reason) {
  access::AuditRecord record;
  record.kind = std::move(kind);
  record.request_id = request_id;
  record.method = request.method.substr(0, 16);
  record.target = recorded_path(request.target);
  record.decision = "deny";
  record.layer = access::to_string(layer);
  record.reason = std::move(reason);
  return record;
}

Refused refuse_token(const http::Request& request, const std::string& request_id, bool token_given,
                     std::string reason) {
  auto record = of_nobody(request, request_id, "token", access::Layer::kToken, std::move(reason));
  record.status = 401;
  return {unauthenticated(token_given), std::move(record)};
}

// The keys of a trusted issuer cannot be had: whether the token is good cannot be said.
Refused refuse_for_issuer(const http::Request& request, const std::string& request_id) {
  auto record =
      of_nobody(request, request_id, "token", access::Layer::kToken, "issuer_unavailable");
  record.status = 503;
  return {error_answer(503, "IssuerUnavailable",
                       "The issuer of the token cannot be asked for its keys. Try again later."),
          std::move(record)};
}

Result<identity::Principal> attempt_of(const identity::AttemptTokens& tokens,
                                       const std::string& token) {
  ARMATURE_TRY(Attempt attempt, tokens.verify(token));
  return identity::Principal{std::move(attempt), std::nullopt};
}

access::AuditRecord record_of(const Attempt& attempt,
                              const std::optional<identity::Workload>& workload,
                              const std::string& request_id, std::string kind) {
  access::AuditRecord record;
  record.kind = std::move(kind);
  record.request_id = request_id;
  record.dag_id = attempt.key.dag.str();
  record.run_id = attempt.key.run.str();
  record.task_id = attempt.key.task.str();
  record.map_index = attempt.key.map_index;
  record.try_number = attempt.try_number;
  if (workload) {
    record.workload = workload->name + " (" + workload->subject + " of " + workload->issuer + ")";
  }
  return record;
}

access::AuditRecord record_of(const Call& call, const access::Decision& decision,
                              std::string kind) {
  access::AuditRecord record =
      record_of(call.attempt, call.workload, call.request_id, std::move(kind));
  record.identity = call.facts->identity;
  record.method = call.operation.method;
  record.action = call.operation.action;
  record.scope = call.operation.scope;
  record.target = call.operation.target;
  record.reason = decision.reason;
  record.rule = decision.rule;
  return record;
}

bool is_arm_path(std::string_view path) {
  constexpr std::array<std::string_view, 3> kRoots = {"/subscriptions", "/providers", "/tenants"};
  return std::any_of(kRoots.begin(), kRoots.end(), [&](std::string_view root) {
    return starts_with_ci(path, root) && (path.size() == root.size() || path[root.size()] == '/');
  });
}

}  // namespace

std::optional<std::string> bearer_of(const http::Request& request) {
  if (request.headers.count("authorization") != 1) return std::nullopt;
  const std::string value = *request.headers.get("authorization");
  if (!starts_with_ci(value, "Bearer ")) return std::nullopt;
  return std::string(trim(std::string_view(value).substr(7)));
}

Refused refuse_unread(const http::Request& request, const identity::Principal& caller,
                      const std::string& request_id, http::Response answer, std::string reason) {
  access::AuditRecord record = record_of(caller.attempt, caller.workload, request_id, "decision");
  record.method = request.method.substr(0, 16);
  record.target = recorded_path(request.target);
  record.decision = "deny";
  record.layer = access::to_string(access::Layer::kRequest);
  record.reason = std::move(reason);
  record.status = answer.status;
  return {std::move(answer), std::move(record)};
}

std::variant<identity::Principal, Refused> read_caller(const http::Request& request,
                                                       const std::string& request_id,
                                                       const Callers& callers) {
  const auto token = bearer_of(request);
  if (!token && !callers.outside) return refuse_token(request, request_id, false, "no_token");
  const auto caller = callers.outside ? *callers.outside : attempt_of(callers.attempts, *token);
  if (!caller && caller.error().code == Code::kUnavailable) {
    return refuse_for_issuer(request, request_id);
  }
  if (!caller) {
    return refuse_token(request, request_id, true,
                        !token            ? "untrusted_certificate"
                        : callers.outside ? "untrusted_token"
                                          : "invalid_token");
  }
  if (auto wrong = wrong_shape(request)) {
    return refuse_unread(request, *caller, request_id, std::move(wrong->answer),
                         std::move(wrong->reason));
  }
  return *caller;
}

std::variant<Call, Refused> read_call(const http::Request& request, std::string request_id,
                                      const Callers& callers) {
  auto found = read_caller(request, request_id, callers);
  if (auto* refused = std::get_if<Refused>(&found)) return std::move(*refused);
  identity::Principal& caller = std::get<identity::Principal>(found);
  auto operation = arm::operation_of(request.method, request.target);
  if (!operation) {
    if (!is_arm_path(http::path_of(request.target))) {
      return Refused{error_answer(404, "NotFound", "Azure Resource Manager has no such path."), {}};
    }
    return refuse_unread(request, caller, request_id,
                         error_answer(400, "InvalidRequestUri", operation.error().message),
                         "unreadable");
  }
  Call call{std::move(request_id),
            std::move(caller.attempt),
            std::move(caller.workload),
            *std::move(operation),
            {},
            nullptr};
  call.asks.push_back({call.operation.action, call.operation.scope, {}, {}, {}});
  if (auto read = read_body(call.operation, request.body, call.asks); !read) {
    call.asks.front().unreadable = read.error().message;
  }
  return call;
}

std::shared_ptr<const access::Facts> no_facts(const Attempt& attempt) {
  return std::make_shared<const access::Facts>(access::Facts{attempt, {}, {}, {}});
}

Verdict judge(const Call& call, Instant now) {
  Verdict first;
  for (std::size_t i = 0; i < call.asks.size(); ++i) {
    Verdict verdict{access::decide(*call.facts, call.asks[i], now), i};
    if (!verdict.decision.allowed) return verdict;
    if (i == 0) first = std::move(verdict);
  }
  return first;
}

access::Decision own_poll_decision() {
  access::Decision decision;
  decision.allowed = true;
  decision.reason = "own_operation";
  decision.rule = "the operation was started by this task";
  return decision;
}

access::Decision denied_with_batch() {
  access::Decision decision;
  decision.layer = access::Layer::kRequest;
  decision.reason = "denied_with_batch";
  return decision;
}

access::AuditRecord decision_record(const Call& call, const access::Decision& decision) {
  access::AuditRecord record = record_of(call, decision, "decision");
  record.decision = decision.allowed ? "allow" : "deny";
  record.layer = access::to_string(decision.layer);
  return record;
}

access::AuditRecord misdirected_record(const http::Request& request,
                                       const std::string& request_id) {
  auto record = of_nobody(request, request_id, "decision", access::Layer::kRequest, "another_host");
  record.status = 421;
  return record;
}

access::AuditRecord outcome_record(const Call& call, const access::Decision& allowed,
                                   const Ending& ending) {
  access::AuditRecord record = record_of(call, allowed, "outcome");
  record.decision = ending.decision;
  record.status = ending.status;
  record.sends = ending.sends;
  record.correlation_id = ending.correlation_id;
  if (!call.operation.returns_secrets) record.detail = ending.detail;
  return record;
}

}  // namespace armature::gateway
