#pragma once
// Answers of the REST face: JSON, and errors as application/problem+json (RFC 9457), whose "detail"
// is also where Airflow's clients look.
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "http/message.h"

namespace armature::api {

http::Response ok(const Json& value, int status = 200);
http::Response problem(int status, std::string_view detail);
http::Response problem(const Error& error);  // the status by the error's code

// The body as an object with only `known` keys; unknown ones are refused with a suggestion, as the
// API's models are strict. An empty body is an empty object.
Result<JsonObject> strict_body(const http::Request& request,
                               std::initializer_list<std::string_view> known);

}  // namespace armature::api
