#include "api/problem.h"

#include "base/bytes.h"

namespace armature::api {
namespace {

int status_of(Code code) {
  switch (code) {
    case Code::kInvalid:
      return 422;
    case Code::kUnauthenticated:
      return 401;
    case Code::kDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kConflict:
      return 409;
    case Code::kUnavailable:
      return 503;
    case Code::kInternal:
      return 500;
  }
  return 500;
}

}  // namespace

http::Response ok(const Json& value, int status) {
  return http::json_response(status, dump(value));
}

http::Response problem(int status, std::string_view detail) {
  JsonObject body;
  body["type"] = "about:blank";
  body["title"] = http::reason_phrase(status);
  body["status"] = status;
  body["detail"] = detail;
  http::Response response = http::json_response(status, dump(body));
  response.headers.set("Content-Type", "application/problem+json");
  return response;
}

http::Response problem(const Error& error) { return problem(status_of(error.code), error.message); }

Result<JsonObject> strict_body(const http::Request& request,
                               std::initializer_list<std::string_view> known) {
  if (trim(request.body).empty()) return JsonObject{};
  ARMATURE_TRY(Json body, parse_json(request.body));
  if (!body.is_object()) return fail(Code::kInvalid, "the body is not a JSON object");
  for (const auto& member : body.get_object()) {
    if (std::find(known.begin(), known.end(), std::string_view(member.key())) != known.end())
      continue;
    const std::string near =
        nearest(member.key(), std::vector<std::string>(known.begin(), known.end()));
    return fail(Code::kInvalid, "unknown field '" + std::string(member.key()) + "'" +
                                    (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  return std::move(body.get_object());
}

}  // namespace armature::api
