#include "orchestrator/operators/arm_session.h"

#include "arm/error_body.h"
#include "base/bytes.h"

namespace armature::orchestrator {
namespace {

constexpr Micros kLongestCall = std::chrono::minutes(10);
constexpr Micros kFirstPatience = std::chrono::milliseconds(500);
constexpr Micros kLongestPatience = std::chrono::seconds(10);

Json body_of(const http::Response& response) {
  if (response.body.empty()) return nullptr;
  auto json = parse_json(response.body, 128);
  return json ? std::move(*json) : Json(nullptr);
}

// A poll URL of the gateway as a path: every call of an attempt goes to the gateway anyway.
std::string target_of(const std::string& url) {
  const auto parsed = http::parse_url(url);
  return parsed ? parsed->target : url;
}

const JsonObject* decision_in(const Json& body) {
  const Json* list = at(body, "error.additionalInfo");
  if (!list || !list->is_array()) return nullptr;
  for (const Json& entry : list->get_array()) {
    if (text_at(entry, "type") != "ArmatureDecision") continue;
    const Json* info = find(entry, "info");
    return info ? info->if_object() : nullptr;
  }
  return nullptr;
}

}  // namespace

arm::HeaderLookup ArmAnswer::header_lookup() const {
  return [this](std::string_view name) { return headers.get(name); };
}

dag::FailureClass failure_class(int status, std::string_view code) {
  static constexpr std::string_view kInProgress[] = {"DeploymentActive",
                                                     "AnotherOperationInProgress",
                                                     "ConflictingConcurrentWriteNotAllowed",
                                                     "OperationPreempted",
                                                     "RetryableError",
                                                     "ResourceGroupBeingDeleted",
                                                     "PrincipalNotFound",
                                                     "RetryableErrorDueToAnotherOperation"};
  for (const std::string_view known : kInProgress) {
    if (equal_ci(code, known)) return dag::FailureClass::kConflictInProgress;
  }
  // What may have acted and must not be sent again unseen: the gateway's own code.
  if (equal_ci(code, "AzureAnswerLost")) return dag::FailureClass::kFatal;
  if (status == 429) return dag::FailureClass::kThrottled;
  if (status == 408 || status == 504) return dag::FailureClass::kTimeout;
  if (status >= 500) return dag::FailureClass::kServerError;
  return dag::FailureClass::kFatal;
}

std::string describe_error(int status, const Json& body) {
  const arm::ErrorBody error = arm::read_error(status, body.is_null() ? "" : dump(body));
  std::string out = error.code + ": " + error.message;
  const arm::ErrorBody cause = arm::root_cause(error);
  if (cause.code != error.code || cause.message != error.message) {
    out += "\ncause: " + cause.code + ": " + cause.message;
  }
  if (const JsonObject* decision = decision_in(body)) {
    const Json info(*decision);
    const auto line = [&](const char* label, const char* key) {
      const std::string text = text_at(info, key);
      if (!text.empty()) out += std::string("\n") + label + text;
    };
    line("missing action: ", "missing_action");
    line("missing scope:  ", "missing_scope");
    line("add to the DAG file, under access.azure.roles:\n", "fix_dag");
    line("or on Azure's side:\n", "fix_az");
  }
  return out;
}

std::string with_api_version(const std::string& resource_id, const std::string& version) {
  return resource_id + (resource_id.find('?') == std::string::npos ? "?" : "&") +
         "api-version=" + version;
}

Finished ArmSession::failed(const ArmAnswer& answer) {
  const arm::ErrorBody error =
      arm::read_error(answer.status, answer.body.is_null() ? "" : dump(answer.body));
  const std::string code = arm::root_cause(error).code;
  auto failure = failure_class(answer.status, error.code);
  if (failure == dag::FailureClass::kFatal) failure = failure_class(answer.status, code);
  Finished finished = give_up(bench_, failure, describe_error(answer.status, answer.body), code);
  finished.server_asked_delay = arm::retry_after(answer.header_lookup(), bench_.clock.now());
  return finished;
}

std::variant<ArmAnswer, Finished> ArmSession::call(const std::string& method,
                                                   const std::string& target, const Json& body,
                                                   int accept) {
  if (bench_.cancel.raised()) return cancelled(bench_);
  http::Request request;
  request.method = method;
  request.target = target;
  if (!body.is_null()) {
    request.headers.set("Content-Type", "application/json");
    request.body = dump(body);
  }
  const Micros limit = std::min(kLongestCall, bench_.time_left().value_or(kLongestCall));
  auto response = bench_.arm.call(bench_.work.attempt, std::move(request), limit);
  if (!response) {
    return give_up(bench_, dag::FailureClass::kNetwork,
                   method + " " + target + ": " + response.error().message);
  }
  ArmAnswer answer{response->status, response->headers, body_of(*response)};
  bench_.log.info(method + " " + http::path_of(target) + " -> " + std::to_string(answer.status));
  if (answer.status >= 400 && answer.status != accept) return failed(answer);
  return answer;
}

bool ArmSession::pause(const ArmAnswer& last, Micros& patience) {
  const auto asked = arm::retry_after(last.header_lookup(), bench_.clock.now());
  Micros length = asked && asked->count() > 0 ? *asked : patience;
  patience = std::min(kLongestPatience, patience * 3 / 2);
  if (const auto left = bench_.time_left()) length = std::min(length, *left);
  const bool stopped = bench_.cancel.wait(length);
  return !stopped && bench_.time_left().value_or(Micros{1}) > Micros{0};
}

std::variant<ArmAnswer, Finished> ArmSession::wait_for(const std::string& method,
                                                       arm::PollTarget poll, ArmAnswer last,
                                                       const std::string& resource_target) {
  Micros patience = kFirstPatience;
  for (;;) {
    if (!pause(last, patience)) return cancelled(bench_);
    const bool resource = poll.kind == arm::PollKind::kResource;
    auto polled = call("GET", resource ? resource_target : target_of(poll.url));
    if (auto* finished = std::get_if<Finished>(&polled)) return *finished;
    last = std::get<ArmAnswer>(std::move(polled));
    switch (arm::operation_state(poll.kind, last.status, last.body)) {
      case arm::OperationState::kRunning:
        continue;
      case arm::OperationState::kSucceeded:
        break;
      case arm::OperationState::kFailed:
      case arm::OperationState::kCanceled: {
        const arm::ErrorBody error = arm::read_error(last.status, dump(last.body));
        const std::string code = arm::root_cause(error).code;
        return give_up(bench_, failure_class(0, code), describe_error(last.status, last.body),
                       code);
      }
    }
    if (resource || method == "DELETE" || method == "POST") return last;
    return call("GET", resource_target);
  }
}

std::variant<ArmAnswer, Finished> ArmSession::finish(
    const std::string& method, ArmAnswer first, const std::string& resource_target,
    const std::function<Status(const std::string&)>& save) {
  const auto poll = arm::poll_target(method, first.status, first.header_lookup(), first.body);
  if (!poll) return first;
  if (!poll->url.empty()) {
    if (auto saved = save(target_of(poll->url)); !saved) {
      return give_up(bench_, dag::FailureClass::kFatal, saved.error().message);
    }
  }
  return wait_for(method, *poll, std::move(first), resource_target);
}

std::variant<ArmAnswer, Finished> ArmSession::resume(const std::string& method,
                                                     const std::string& poll_url,
                                                     const std::string& resource_target) {
  bench_.log.info("going on with the operation an earlier attempt started");
  return wait_for(method, {arm::PollKind::kAsyncOperation, poll_url}, {}, resource_target);
}

}  // namespace armature::orchestrator
