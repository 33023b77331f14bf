#pragma once
// ARM's error body: {"error":{"code","message","target"?,"details"?,"additionalInfo"?}}.
//
//   read_error  tolerates what providers really send: the wrapped form, Code/Message at top level,
//               strings that hold JSON, no JSON at all. Never fails; says "HTTP 502" at worst
//   Source      common-api-details, "error response content"
#include <string>
#include <string_view>

#include "base/json.h"

namespace armature::arm {

struct ErrorBody {
  std::string code;
  std::string message;
  std::string target;
  JsonArray details;
  JsonArray additional_info;
};

Json error_json(const ErrorBody& error);
Json error_json(std::string_view code, std::string_view message);
ErrorBody read_error(int status, std::string_view body);
// The innermost code and message of a nested deployment failure: what a person wants to read first.
ErrorBody root_cause(const ErrorBody& error);

}  // namespace armature::arm
