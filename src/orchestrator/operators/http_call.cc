// http: one request to any HTTP service, outside the gateway and without an Azure token.
#include "base/bytes.h"
#include "dag/render.h"
#include "orchestrator/operators/arm_session.h"

namespace armature::orchestrator {
namespace {

constexpr Micros kLongestCall = std::chrono::seconds(60);

http::Request request_of(const Json& arguments) {
  http::Request request;
  request.method = to_upper(text_at(arguments, "method", "GET"));
  request.target = text_at(arguments, "endpoint");
  if (const Json* data = find(arguments, "data")) {
    if (data->is_string()) {
      request.body = as_text(*data);
    } else {
      request.body = dump(*data);
      request.headers.set("Content-Type", "application/json");
    }
  }
  if (const Json* headers = find(arguments, "headers"); headers && headers->is_object()) {
    for (const auto& [name, value] : headers->get_object()) {
      request.headers.set(name, value.is_string() ? std::string(as_text(value)) : dump(value));
    }
  }
  return request;
}

JsonObject context_with(const Bench& bench, const http::Response& response) {
  JsonObject answer;
  answer["status"] = response.status;
  answer["text"] = response.body;
  auto json = parse_json(response.body);
  answer["json"] = json ? std::move(*json) : Json(nullptr);
  JsonObject headers;
  for (const auto& [name, value] : response.headers) headers[to_lower(name)] = value;
  answer["headers"] = std::move(headers);
  JsonObject context = bench.work.context;
  context["response"] = std::move(answer);
  return context;
}

}  // namespace

Finished run_http(Bench& bench) {
  const Json arguments(bench.work.arguments);
  http::Request request = request_of(arguments);
  const auto url = http::parse_url(request.target);
  if (!url) {
    return give_up(bench, dag::FailureClass::kFatal,
                   "endpoint '" + request.target + "' is not an http or https URL");
  }
  const std::string what =
      request.method + " " + url->scheme + "://" + url->host + http::path_of(url->target);
  const Micros limit = std::min(kLongestCall, bench.time_left().value_or(kLongestCall));
  const http::Outcome outcome = bench.client.send_and_wait(std::move(request), limit);
  if (!outcome.response) {
    return give_up(bench, dag::FailureClass::kNetwork,
                   what + ": " + outcome.response.error().message);
  }
  const http::Response& response = *outcome.response;
  bench.log.info(what + " -> " + std::to_string(response.status));
  const std::string check = text_at(arguments, "response_check");
  const JsonObject context = context_with(bench, response);
  if (check.empty() && response.status >= 400) {
    return give_up(bench, failure_class(response.status, ""),
                   what + " answered " + std::to_string(response.status));
  }
  if (!check.empty()) {
    const auto holds = dag::render_condition(check, context);
    if (!holds) return give_up(bench, dag::FailureClass::kFatal, holds.error().message);
    if (!*holds) {
      return give_up(bench, dag::FailureClass::kTaskFailed,
                     "response_check does not hold: " + check);
    }
  }
  const std::string filter = text_at(arguments, "response_filter");
  if (filter.empty()) return succeed(bench, Json(response.body));
  auto filtered = dag::render_value(Json(filter), context);
  if (!filtered) return give_up(bench, dag::FailureClass::kFatal, filtered.error().message);
  return succeed(bench, std::move(*filtered));
}

}  // namespace armature::orchestrator
