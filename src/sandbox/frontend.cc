#include "sandbox/frontend.h"

#include <regex>

#include "arm/error_body.h"
#include "base/bytes.h"
#include "base/relaxed_json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "sandbox/entra.h"
#include "sandbox/entra/aadsts.h"
#include "sandbox/entra/discovery.h"
#include "sandbox/entra/graph/graph.h"
#include "sandbox/front/paging.h"
#include "sandbox/keyvault/data_plane.h"
#include "sandbox/move.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMaxBody = 4u << 20;  // ARM's own limit

// YYYY-MM-DD and at most one suffix that ARM knows.
bool is_api_version(const std::string& text) {
  static const std::regex kShape(
      "[0-9]{4}-[0-9]{2}-[0-9]{2}(-(preview|alpha|beta|rc|privatepreview|edgepreview))?",
      std::regex::icase | std::regex::optimize);
  return std::regex_match(text, kShape);
}

// "EASTUS2:20260409T172619Z:guid"
std::string routing_id(Instant now, const std::string& guid) {
  std::string time;
  for (const char c : to_rfc3339(std::chrono::floor<std::chrono::seconds>(now))) {
    if (c != '-' && c != ':') time += c;
  }
  return "SANDBOX:" + time + ":" + guid;
}

void add_headers(const Cloud& cloud, const ArmCall& call, http::Headers& headers) {
  headers.set("Cache-Control", "no-cache");
  headers.set("Pragma", "no-cache");
  headers.set("Expires", "-1");
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
  headers.set("x-ms-request-id", call.request_id);
  headers.set("x-ms-correlation-request-id", call.correlation_id);
  headers.set("x-ms-routing-request-id", routing_id(cloud.clock().now(), call.request_id));
}

http::Response to_http(ArmAnswer&& answer, bool is_head) {
  http::Response out;
  out.status = answer.status;
  if (answer.body && !is_head) out = http::json_response(answer.status, dump(*answer.body));
  for (const auto& [name, value] : answer.headers) out.headers.set(name, value);
  return out;
}

// Clients write "//subscriptions/…", and az "/providers/Microsoft.Storage//storageAccounts/…" for a
// resource without a parent; ARM reads slashes in a row as one.
std::string one_slash(std::string_view target) {
  const std::size_t end = std::min(target.find('?'), target.size());
  std::string out;
  out.reserve(target.size());
  for (std::size_t i = 0; i < end; ++i) {
    if (target[i] != '/' || out.empty() || out.back() != '/') out += target[i];
  }
  out += target.substr(end);
  return out;
}

std::optional<ArmAnswer> check_version(const ArmCall& call) {
  if (call.op.api_version.empty()) {
    return refuse(400, "MissingApiVersionParameter",
                  "The api-version query parameter (?api-version=) is required for all requests.");
  }
  if (!is_api_version(call.op.api_version)) {
    return refuse(400, "InvalidApiVersionParameter",
                  "The api-version '" + call.op.api_version +
                      "' is invalid. It is a date (YYYY-MM-DD), with -preview where one is meant.");
  }
  return std::nullopt;
}

std::optional<ArmAnswer> read_json(const http::Request& request, ArmCall& call) {
  if (request.body.size() > kMaxBody) {
    return refuse(413, "RequestEntityTooLarge", "The request body exceeds 4194304 bytes.");
  }
  if (trim(request.body).empty()) return std::nullopt;
  auto body = parse_relaxed_json(request.body, 128);
  if (!body) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: '" +
                      body.error().message + "'.");
  }
  call.body = *std::move(body);
  return std::nullopt;
}

// A path that a GET could have is right: then it is the method that is not.
ArmAnswer no_operation(const http::Request& request, const std::string& reason) {
  const auto read = arm::operation_of("GET", one_slash(request.target));
  if (!read) return refuse(400, "InvalidRequestUri", reason);
  return refuse(405, "MethodNotAllowed",
                "The http method '" + request.method.substr(0, 20) + "' is not supported for " +
                    (read->is_collection ? "a resource collection." : "the resource."));
}

http::Response serve_arm(Cloud& cloud, const http::Request& request) {
  ArmCall call;
  call.request_id = cloud.random().uuid();
  call.correlation_id = call.request_id;
  if (const auto given = request.headers.get("x-ms-correlation-request-id");
      given && !given->empty() && given->size() <= 64) {
    call.correlation_id = *given;
  }
  call.client_ip = request.peer;
  call.client_request_id =
      utf8_prefix(request.headers.get("x-ms-client-request-id").value_or(""), 64);
  const bool is_head = request.method == "HEAD";
  const auto done = [&](ArmAnswer answer) {
    if (!answer.ok()) answer.headers.set("x-ms-failure-cause", "gateway");
    add_headers(cloud, call, answer.headers);
    return to_http(std::move(answer), is_head);
  };
  auto op = read_operation(request.method, one_slash(request.target));
  if (!op) return done(no_operation(request, op.error().message));
  call.op = *std::move(op);
  call.at = read_address(call.op.target);
  call.query = http::parse_form(call.op.query).value_or(decltype(call.query){});
  if (auto refused = check_version(call)) return done(*std::move(refused));
  const bool in_subscription =
      call.at.head.size() > 1 && equal_ci(call.at.head[0], "subscriptions");
  if (in_subscription && !is_uuid(to_lower(call.at.head[1]))) {
    return done(refuse(
        400, "InvalidSubscriptionId",
        "The provided subscription identifier '" + call.at.head[1] + "' is malformed or invalid."));
  }
  if (in_subscription && !equal_ci(call.at.head[1], cloud.subscription())) {
    return done(refuse(404, "SubscriptionNotFound",
                       "The subscription '" + call.at.head[1] + "' could not be found."));
  }
  TokenCheck check = check_token(cloud, request);
  if (!check.caller) {
    add_headers(cloud, call, check.refusal.headers);
    if (is_head) check.refusal.body.clear();
    return check.refusal;
  }
  call.caller = *check.caller;
  call.if_match = request.headers.get("If-Match").value_or("");
  call.if_none_match = request.headers.get("If-None-Match").value_or("");
  Throttle::Outcome throttled = cloud.throttle().take(call);
  const auto counted = [&](ArmAnswer answer) {
    for (auto& [name, left] : throttled.headers) answer.headers.set(name, left);
    return done(std::move(answer));
  };
  if (throttled.refusal) return counted(*std::move(throttled.refusal));
  if (auto refused = read_json(request, call)) return counted(*std::move(refused));
  if (call.at.is("Microsoft.Resources", "deployments")) {
    call.text = std::make_shared<const std::string>(request.body);
  }
  ArmAnswer out = cloud.perform(call);
  cut_to_page(cloud, call, out);
  if (const auto id = request.headers.get("x-ms-client-request-id");
      id && equal_ci(request.headers.get("x-ms-return-client-request-id").value_or(""), "true")) {
    out.headers.set("x-ms-client-request-id", *id);
  }
  return counted(std::move(out));
}

// Refused before anything reads it: what a request says is kept, logged and answered as text.
// Bodies are the business of who parses them; JSON that is no UTF-8 does not parse.
std::optional<ArmAnswer> check_text(const http::Request& request) {
  if (!is_utf8(request.method)) {
    return refuse(400, "BadRequest", "The http method is not valid UTF-8.");
  }
  const auto plain = http::percent_decode(request.target);
  if (!plain) {
    return refuse(400, "InvalidRequestUri", "The request's URI has a malformed percent code.");
  }
  if (!is_utf8(request.target) || !is_utf8(*plain)) {
    return refuse(400, "InvalidRequestUri", "The request's URI is not valid UTF-8.");
  }
  for (const auto& [name, value] : request.headers) {
    if (is_utf8(name) && is_utf8(value)) continue;
    return refuse(400, "BadRequest", "The header '" + name + "' is not valid UTF-8.");
  }
  return std::nullopt;
}

http::Response refuse_text(Cloud& cloud, const http::Request& request, ArmAnswer refusal) {
  if (is_entra_path(http::path_of(request.target))) {
    return entra_refusal(cloud, request, malformed_request());
  }
  if (vault_address(cloud, request)) {
    refusal = refuse(400, "BadParameter", refusal.error_message());
  }
  ArmCall call;
  call.request_id = call.correlation_id = cloud.random().uuid();
  refusal.headers.set("x-ms-failure-cause", "gateway");
  add_headers(cloud, call, refusal.headers);
  return to_http(std::move(refusal), request.method == "HEAD");
}

}  // namespace

bool is_arm_path(std::string_view path) {
  return !is_entra_path(path) && !graph::is_graph_path(path) && !starts_with_ci(path, "/metadata/");
}

http::Response serve(Cloud& cloud, const http::Request& request) {
  if (auto refused = check_text(request)) {
    return refuse_text(cloud, request, *std::move(refused));
  }
  if (const auto vault = vault_address(cloud, request)) return serve_vault(cloud, request, *vault);
  const std::string path = http::path_of(request.target);
  if (equal_ci(path, "/metadata/endpoints")) {
    return cloud_metadata(cloud, request);
  }
  if (is_entra_path(path)) return entra(cloud, request);
  if (graph::is_graph_path(path)) return graph::serve_graph(cloud, request);
  return serve_arm(cloud, request);
}

}  // namespace armature::sandbox
