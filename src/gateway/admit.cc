#include "gateway/admit.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "gateway/answers.h"
#include "gateway/assigned_roles.h"

namespace armature::gateway {
namespace {

constexpr std::size_t kLongestRecordedPath = 1024;

std::optional<std::string> bearer_of(const http::Request& request) {
  if (request.headers.count("authorization") != 1) return std::nullopt;
  const std::string value = *request.headers.get("authorization");
  if (!starts_with_ci(value, "Bearer ")) return std::nullopt;
  return std::string(trim(std::string_view(value).substr(7)));
}

Refused refuse_token(const http::Request& request, const std::string& request_id, bool token_given,
                     std::string reason) {
  access::AuditRecord record;
  record.kind = "token";
  record.request_id = request_id;
  record.method = request.method.substr(0, 16);
  record.target = http::path_of(request.target).substr(0, kLongestRecordedPath);
  record.decision = "deny";
  record.layer = access::to_string(access::Layer::kToken);
  record.reason = std::move(reason);
  record.status = 401;
  return {unauthenticated(token_given), std::move(record)};
}

access::AuditRecord record_of(const Attempt& attempt, const std::string& request_id,
                              std::string kind) {
  access::AuditRecord record;
  record.kind = std::move(kind);
  record.request_id = request_id;
  record.dag_id = attempt.key.dag.str();
  record.run_id = attempt.key.run.str();
  record.task_id = attempt.key.task.str();
  record.map_index = attempt.key.map_index;
  record.try_number = attempt.try_number;
  return record;
}

bool is_arm_path(std::string_view path) {
  constexpr std::array<std::string_view, 3> kRoots = {"/subscriptions", "/providers", "/tenants"};
  return std::any_of(kRoots.begin(), kRoots.end(), [&](std::string_view root) {
    return starts_with_ci(path, root) && (path.size() == root.size() || path[root.size()] == '/');
  });
}

bool is_known_method(std::string_view method) {
  constexpr std::array<std::string_view, 6> kMethods = {"GET",   "HEAD", "PUT",
                                                        "PATCH", "POST", "DELETE"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

// What can be said of a request before its path is understood.
std::optional<http::Response> refuse_shape(const http::Request& request) {
  if (!is_known_method(request.method)) {
    http::Response answer =
        error_answer(405, "MethodNotAllowed", "ARM has no method " + request.method.substr(0, 16));
    answer.headers.set("Allow", "GET, HEAD, PUT, PATCH, POST, DELETE");
    return answer;
  }
  if (request.body.size() > kMaxBodyBytes) {
    return error_answer(413, "RequestContentTooLarge",
                        "The body is larger than 4 MiB, the most that ARM takes.");
  }
  const auto encoding = request.headers.get("content-encoding");
  if (encoding && !equal_ci(*encoding, "identity")) {
    return error_answer(415, "UnsupportedMediaType",
                        "Send the body uncompressed: it is checked before it is passed on.");
  }
  return std::nullopt;
}

bool is_role_assignment_put(const arm::Operation& operation) {
  return equal_ci(operation.action, "Microsoft.Authorization/roleAssignments/write");
}

// Hands out roles as well, in a shape whose role is not checked against the assignable ones.
bool hands_out_roles_unchecked(std::string_view action) {
  return equal_ci(action, "Microsoft.Authorization/roleAssignmentScheduleRequests/write") ||
         equal_ci(action, "Microsoft.Authorization/roleEligibilityScheduleRequests/write");
}

bool has_keys_alike(const Json& value) {
  if (const auto* array = value.if_array()) {
    return std::any_of(array->begin(), array->end(), has_keys_alike);
  }
  const auto* object = value.if_object();
  if (object == nullptr) return false;
  std::set<std::string> seen;
  return std::any_of(object->begin(), object->end(), [&](const auto& member) {
    return !seen.insert(to_lower(member.key())).second || has_keys_alike(member.value());
  });
}

// Fills in what only the body tells. An Error is the reason why it could not be understood.
Status read_body(Call& call, const std::string& text) {
  access::Ask& ask = call.asks.front();
  if (hands_out_roles_unchecked(ask.action)) {
    return fail(Code::kInvalid,
                "scheduled role assignments cannot be checked; use roleAssignments");
  }
  const bool role_assignment = is_role_assignment_put(call.operation);
  if (!call.operation.is_deployment && !role_assignment) return Ok{};
  ARMATURE_TRY(const Json body, parse_json(text));
  if (has_keys_alike(body)) {
    return fail(Code::kInvalid, "the body has two keys that differ only in upper and lower case");
  }
  if (role_assignment) {
    ARMATURE_TRY(const auto handed_out, arm::role_grant_request(body));
    ask.assigns_role_id = handed_out.role_definition_id;
    return Ok{};
  }
  ARMATURE_TRY(ask.linked, arm::template_needs(call.operation, body));
  ARMATURE_TRY(auto more, role_asks(ask.linked, body));
  std::move(more.begin(), more.end(), std::back_inserter(call.asks));
  return Ok{};
}

}  // namespace

std::variant<Call, Refused> read_call(const http::Request& request, std::string request_id,
                                      const identity::AttemptTokens& tokens) {
  const auto token = bearer_of(request);
  if (!token) return refuse_token(request, request_id, false, "no_token");
  const auto attempt = tokens.verify(*token);
  if (!attempt) return refuse_token(request, request_id, true, "invalid_token");
  if (auto refused = refuse_shape(request)) return Refused{std::move(*refused), std::nullopt};
  auto operation = arm::operation_of(request.method, request.target);
  if (!operation) {
    const std::string path = http::path_of(request.target);
    if (!is_arm_path(path)) {
      return Refused{error_answer(404, "NotFound", "Azure Resource Manager has no such path."), {}};
    }
    access::AuditRecord record = record_of(*attempt, request_id, "decision");
    record.method = request.method;
    record.target = path.substr(0, kLongestRecordedPath);
    record.decision = "deny";
    record.layer = access::to_string(access::Layer::kRequest);
    record.reason = "unreadable";
    record.status = 400;
    return Refused{error_answer(400, "InvalidRequestUri", operation.error().message),
                   std::move(record)};
  }
  Call call{std::move(request_id), *attempt, *std::move(operation), {}, nullptr};
  call.asks.push_back({call.operation.action, call.operation.scope, {}, {}, {}});
  if (auto read = read_body(call, request.body); !read) {
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

access::AuditRecord decision_record(const Call& call, const access::Decision& decision) {
  access::AuditRecord record = record_of(call.attempt, call.request_id, "decision");
  record.identity = call.facts->identity;
  record.method = call.operation.method;
  record.action = call.operation.action;
  record.scope = call.operation.scope;
  record.target = call.operation.target;
  record.decision = decision.allowed ? "allow" : "deny";
  record.layer = access::to_string(decision.layer);
  record.reason = decision.reason;
  record.rule = decision.rule;
  return record;
}

access::AuditRecord outcome_record(const Call& call, const Ending& ending) {
  access::AuditRecord record = record_of(call.attempt, call.request_id, "outcome");
  record.identity = call.facts->identity;
  record.method = call.operation.method;
  record.action = call.operation.action;
  record.scope = call.operation.scope;
  record.target = call.operation.target;
  record.decision = ending.decision;
  record.status = ending.status;
  record.sends = ending.sends;
  record.correlation_id = ending.correlation_id;
  if (!call.operation.returns_secrets) record.detail = ending.detail;
  return record;
}

}  // namespace armature::gateway
