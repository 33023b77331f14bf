#include "gateway/batch.h"

#include "arm/error_body.h"
#include "base/bytes.h"
#include "base/strict_json.h"
#include "gateway/answers.h"
#include "gateway/headers.h"
#include "gateway/shape.h"

namespace armature::gateway {
namespace {

constexpr std::size_t kDeepestBody = 200;
constexpr std::size_t kLongestName = 128;

Error wrong(const std::string& name, const std::string& what) {
  return fail(Code::kInvalid, "request '" + name + "' of the batch " + what);
}

// What of the batch's own headers says nothing about its calls.
void drop_body_headers(http::Headers& headers) {
  for (const char* name : {"content-type", "content-length", "content-encoding", "expect", "host",
                           "if-match", "if-none-match", "x-ms-client-request-id"}) {
    headers.remove(name);
  }
}

Status add_headers(const Json& headers, const std::string& name, http::Headers& out) {
  const auto* members = headers.if_object();
  if (!members) return wrong(name, "has headers that are no object");
  for (const auto& [key, value] : *members) {
    const std::string_view header = key;
    if (!value.is_string()) return wrong(name, "has a header that is not a text");
    if (equal_ci(header, "authorization") || equal_ci(header, "host")) {
      return wrong(name, "may not have the header " + std::string(header));
    }
    out.set(header, std::string(as_text(value)));
  }
  return Ok{};
}

Result<std::string> target_of(const JsonObject& call, const std::string& name,
                              const Options& options) {
  const Json* url = find_ci(call, "url");
  if (!url || !url->is_string() || as_text(*url).empty()) return wrong(name, "has no url");
  for (const std::string& home : {options.public_url, options.upstream_url, options.audience}) {
    if (auto local = local_target(as_text(*url), home, home)) return *std::move(local);
  }
  return wrong(name, "is for another host");
}

Result<BatchCall> read_one(const Json& value, std::size_t number, const http::Headers& shared,
                           const Options& options) {
  BatchCall out{std::to_string(number), {}};
  const auto* call = value.if_object();
  if (!call) return wrong(out.name, "is no object");
  const Json* name = find_ci(*call, "name");
  if (name && name->is_string() && !as_text(*name).empty()) {
    out.name = as_text(*name).substr(0, kLongestName);
  }
  const Json* method = find_ci(*call, "httpMethod");
  if (!method || !method->is_string()) return wrong(out.name, "has no httpMethod");
  out.request.method = to_upper(as_text(*method));
  ARMATURE_TRY(out.request.target, target_of(*call, out.name, options));
  out.request.headers = shared;
  if (const Json* own = find_ci(*call, "headers"); own && !own->is_null()) {
    ARMATURE_CHECK(add_headers(*own, out.name, out.request.headers));
  }
  const Json* details = find_ci(*call, "requestHeaderDetails");
  const std::string command = details ? text_at(*details, "commandName") : "";
  if (!command.empty()) out.request.headers.set("CommandName", command);
  const Json* content = find_ci(*call, "content");
  if (content && !content->is_null()) {
    out.request.body = dump(*content);
    out.request.headers.set("Content-Type", "application/json; charset=utf-8");
  }
  if (is_batch(out.request)) return wrong(out.name, "is a batch itself");
  return out;
}

Result<std::vector<BatchCall>> read_calls(const http::Request& request, const Options& options) {
  ARMATURE_TRY(const Json body, parse_strict_json(request.body, kDeepestBody));
  const auto* object = body.if_object();
  const Json* requests = object ? find_ci(*object, "requests") : nullptr;
  if (!requests || !requests->is_array()) {
    return fail(Code::kInvalid, "a batch needs a list of requests");
  }
  const JsonArray& list = requests->get_array();
  if (list.empty() || list.size() > kMostBatchCalls) {
    return fail(Code::kInvalid, "a batch has 1 to " + std::to_string(kMostBatchCalls) +
                                    " requests, not " + std::to_string(list.size()));
  }
  http::Headers shared = request.headers;
  drop_body_headers(shared);
  std::vector<BatchCall> out;
  for (const Json& one : list) {
    ARMATURE_TRY(BatchCall call, read_one(one, out.size() + 1, shared, options));
    call.request.peer = request.peer;
    call.request.certificate = request.certificate;
    out.push_back(std::move(call));
  }
  return out;
}

}  // namespace

bool is_batch(const http::Request& request) {
  return equal_ci(http::path_of(request.target), "/batch");
}

std::variant<std::vector<BatchCall>, Refused> read_batch(const http::Request& request,
                                                         const std::string& request_id,
                                                         const Callers& callers,
                                                         const Options& options) {
  auto caller = read_caller(request, request_id, callers);
  if (auto* refused = std::get_if<Refused>(&caller)) return std::move(*refused);
  const auto& who = std::get<identity::Principal>(caller);
  if (request.method != "POST") {
    http::Response answer = error_answer(405, "MethodNotAllowed", "A batch is a POST.");
    answer.headers.set("Allow", "POST");
    return refuse_unread(request, who, request_id, std::move(answer), "method");
  }
  auto calls = read_calls(request, options);
  if (calls) return *std::move(calls);
  return refuse_unread(request, who, request_id,
                       error_answer(400, "InvalidRequestContent", calls.error().message),
                       "unreadable_batch");
}

http::Response refused_for(const BatchCall& call, http::Response answer) {
  auto body = parse_json(answer.body);
  Json* error = body && body->is_object() ? find_ci(body->get_object(), "error") : nullptr;
  if (!error || !error->is_object()) return answer;
  std::string message = "Nothing of the batch was sent, for its request '" + call.name +
                        "': " + text_at(*error, "message");
  error->get_object()["message"] = std::move(message);
  answer.body = dump(*body);
  return answer;
}

http::Response batch_answer(const std::vector<BatchCall>& calls,
                            const std::vector<http::Response>& answers) {
  JsonArray responses;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    JsonObject headers;
    for (const auto& [name, value] : answers[i].headers) headers[name] = value;
    auto content = parse_json(answers[i].body, kDeepestBody);
    responses.push_back(JsonObject{
        {"name",           calls[i].name                                        },
        {"httpStatusCode", answers[i].status                                    },
        {"headers",        std::move(headers)                                   },
        {"content",        content ? *std::move(content) : Json(answers[i].body)},
        {"contentLength",  static_cast<std::int64_t>(answers[i].body.size())    }
    });
  }
  return http::json_response(200, dump(JsonObject{
                                      {"responses", std::move(responses)}
  }));
}

}  // namespace armature::gateway
