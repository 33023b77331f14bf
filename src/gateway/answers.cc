#include "gateway/answers.h"

#include "arm/error_body.h"
#include "base/json.h"

namespace armature::gateway {
namespace {

Json decision_info(const access::Explanation& explanation) {
  return JsonObject{
      {"type", "ArmatureDecision"          },
      {"info", access::to_json(explanation)}
  };
}

std::string whole_seconds(Micros length) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(length).count());
}

}  // namespace

http::Response error_answer(int status, std::string_view code, std::string_view message) {
  return http::json_response(status, dump(arm::error_json(code, message)));
}

http::Response unauthenticated(bool token_given) {
  http::Response answer =
      token_given
          ? error_answer(401, "InvalidAuthenticationToken",
                         "The token does not hold: it is expired, malformed, or of an attempt that "
                         "is no longer the current one.")
          : error_answer(401, "AuthenticationFailed",
                         "The request has no bearer token of a task attempt.");
  answer.headers.set("WWW-Authenticate", token_given
                                             ? R"(Bearer realm="armature", error="invalid_token")"
                                             : R"(Bearer realm="armature")");
  return answer;
}

http::Response throttled(Micros wait) {
  const std::string after = whole_seconds(wait);
  http::Response answer = error_answer(
      429, "SubscriptionRequestsThrottled",
      "The request was not sent: what Azure Resource Manager grants this identity and subscription "
      "is used up for longer than the request may wait. Try again in " +
          after + " seconds.");
  answer.headers.set("Retry-After", after);
  return answer;
}

http::Response provider_failing(std::string_view provider, arm::Repeat repeat, Micros wait) {
  http::Response answer = error_answer(
      503, "ResourceProviderUnavailable",
      "The request was not sent: resource provider '" + std::string(provider) +
          "' has been failing, and changes to it are held back until one succeeds. Reads and polls "
          "go on.");
  if (repeat == arm::Repeat::kIdempotent) answer.headers.set("Retry-After", whole_seconds(wait));
  return answer;
}

http::Response denied(const access::Explanation& explanation, std::string_view code) {
  arm::ErrorBody error;
  error.code = code;
  error.message = explanation.message;
  error.additional_info.push_back(decision_info(explanation));
  return http::json_response(403, dump(arm::error_json(error)));
}

void add_explanation(http::Response& answer, const access::Explanation& explanation) {
  auto body = parse_json(answer.body);
  Json* error = body && body->is_object() ? find_ci(body->get_object(), "error") : nullptr;
  if (error == nullptr || !error->is_object()) {
    arm::ErrorBody plain = arm::read_error(answer.status, answer.body);
    plain.additional_info.push_back(decision_info(explanation));
    answer.body = dump(arm::error_json(plain));
    answer.headers.set("Content-Type", "application/json; charset=utf-8");
    return;
  }
  JsonObject& members = error->get_object();
  Json* info = find_ci(members, "additionalInfo");
  if (info == nullptr || !info->is_array()) {
    members["additionalInfo"] = JsonArray();
    info = &members["additionalInfo"];
  }
  info->get_array().push_back(decision_info(explanation));
  answer.body = dump(*body);
}

http::Response unreachable(const std::string& why) {
  return error_answer(503, "AzureUnreachable",
                      "Azure gave no answer and the request had no effect: " + why);
}

http::Response answer_lost(std::string_view method, std::string_view target) {
  return error_answer(502, "AzureAnswerLost",
                      std::string(method) + " " + std::string(target) +
                          " was sent, but no answer came back. It may have taken effect and was "
                          "not repeated: look before sending it again.");
}

http::Response still_in_doubt(std::string_view method, std::string_view target) {
  return error_answer(
      409, "AzureAnswerLost",
      std::string(method) + " " + std::string(target) +
          " was sent before by this task, and no answer came back. It may have taken "
          "effect, so it is not sent again: look at the resource, then clear the task.");
}

http::Response unresolved(std::string_view method, std::string_view target) {
  return error_answer(503, "AzureAnswerUnresolved",
                      std::string(method) + " " + std::string(target) +
                          " was sent, no answer came back, and it could not be looked up. Sending "
                          "it again is safe: it is looked up first.");
}

http::Response in_progress(std::string_view target) {
  http::Response answer = error_answer(
      409, "RequestInProgress",
      "The same request to " + std::string(target) + " of this task is still being sent.");
  answer.headers.set("Retry-After", "1");
  return answer;
}

http::Response key_reused() {
  return error_answer(422, "IdempotencyKeyReused",
                      "The Idempotency-Key was given before, with another method, path or body.");
}

void soften(http::Response& answer) {
  answer.headers.set("x-armature-upstream-status", std::to_string(answer.status));
  answer.status = 502;
}

std::string principal_in(std::string_view azure_message) {
  constexpr std::string_view kMark = "object id '";
  const std::size_t at = azure_message.find(kMark);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + kMark.size();
  const std::size_t end = azure_message.find('\'', begin);
  if (end == std::string_view::npos || end - begin > 64) return {};
  return std::string(azure_message.substr(begin, end - begin));
}

}  // namespace armature::gateway
