#include "arm/error_body.h"

#include "base/bytes.h"

namespace armature::arm {
namespace {

constexpr int kDeepest = 16;

const Json* member(const Json& value, std::string_view name) {
  const auto* object = value.if_object();
  return object ? find_ci(*object, name) : nullptr;
}

std::string text_of(const Json& value, std::string_view name) {
  const Json* found = member(value, name);
  if (!found) return "";
  if (found->is_string()) return std::string(as_text(*found));
  // OData: {"lang":"en","value":"…"}.
  return found->is_null() ? "" : text_at(*found, "value", dump(*found));
}

JsonArray array_of(const Json& value, std::string_view name) {
  const Json* found = member(value, name);
  return found && found->is_array() ? found->get_array() : JsonArray{};
}

// A provider's error wrapped as text inside a message: {"error":{…}} or {"code":…} as a string.
Json unwrapped(const Json& value) {
  const Json* message = member(value, "message");
  if (!message || !message->is_string()) return value;
  const std::string_view text = trim(as_text(*message));
  if (!text.starts_with('{')) return value;
  auto inner = parse_json(text);
  if (!inner) return value;
  const Json* error = member(*inner, "error");
  return error && error->is_object() ? *error : *inner;
}

ErrorBody from(const Json& value) {
  return {text_of(value, "code"), text_of(value, "message"), text_of(value, "target"),
          array_of(value, "details"), array_of(value, "additionalInfo")};
}

ErrorBody deepest(const ErrorBody& error, int depth) {
  if (depth >= kDeepest) return error;
  for (const Json& detail : error.details) {
    const ErrorBody inner = from(unwrapped(detail));
    if (inner.code.empty() && inner.message.empty()) continue;
    return deepest(inner, depth + 1);
  }
  return error;
}

}  // namespace

Json error_json(const ErrorBody& error) {
  JsonObject body;
  body["code"] = error.code;
  body["message"] = error.message;
  if (!error.target.empty()) body["target"] = error.target;
  if (!error.details.empty()) body["details"] = error.details;
  if (!error.additional_info.empty()) body["additionalInfo"] = error.additional_info;
  JsonObject out;
  out["error"] = std::move(body);
  return out;
}

Json error_json(std::string_view code, std::string_view message) {
  return error_json(ErrorBody{std::string(code), std::string(message), "", {}, {}});
}

ErrorBody read_error(int status, std::string_view body) {
  ErrorBody error;
  auto json = parse_json(body, 128);
  // A body that is a JSON text which holds JSON.
  if (json && json->is_string()) json = parse_json(as_text(*json), 128);
  if (json) {
    const Json* wrapped = member(*json, "error");
    if (!wrapped) wrapped = member(*json, "odata.error");
    // Entra answers {"error":"invalid_client","error_description":…}.
    if (wrapped && wrapped->is_string()) {
      error.code = as_text(*wrapped);
      error.message = text_of(*json, "error_description");
    } else {
      error = from(wrapped ? *wrapped : *json);
    }
  }
  if (error.code.empty()) error.code = "HTTP " + std::to_string(status);
  if (error.message.empty()) error.message = "the answer says no more than its status";
  return error;
}

ErrorBody root_cause(const ErrorBody& error) { return deepest(error, 0); }

}  // namespace armature::arm
