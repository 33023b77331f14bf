#include "sandbox/arm_call.h"

#include "arm/error_body.h"
#include "base/bytes.h"

namespace armature::sandbox {

bool Address::is(std::string_view ns, std::string_view type_name) const {
  return equal_ci(provider, ns) && !tail.empty() && equal_ci(tail[0], type_name);
}

std::string Address::type() const {
  std::string out = provider;
  for (std::size_t i = 0; i < tail.size(); i += 2) out += "/" + tail[i];
  return out;
}

std::string Address::parent() const {
  if (provider.empty()) return scope;
  if (tail.size() < 2) return scope;
  std::string out = scope + "/providers/" + provider;
  for (std::size_t i = 0; i + 1 < tail.size(); ++i) out += "/" + tail[i];
  return out;
}

Address read_address(std::string_view request_target) {
  std::vector<std::string> segments;
  for (const std::string& raw : split(http::path_of(request_target), '/')) {
    if (!raw.empty()) segments.push_back(http::percent_decode(raw).value_or(raw));
  }
  Address address;
  std::size_t last = segments.size();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (equal_ci(segments[i], "providers")) last = i;
  }
  address.head.assign(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(last));
  for (const std::string& segment : address.head) address.scope += "/" + segment;
  address.providers = last < segments.size();
  if (last + 1 < segments.size()) {
    address.provider = segments[last + 1];
    address.tail.assign(segments.begin() + static_cast<std::ptrdiff_t>(last) + 2, segments.end());
  }
  return address;
}

std::string encode_path(std::string_view id) {
  std::string out;
  for (const std::string& part : split(id, '/')) {
    if (!part.empty()) out += "/" + http::percent_encode(part);
  }
  return out;
}

std::string ArmCall::query_value(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (equal_ci(key, name)) return value;
  }
  return "";
}

std::string ArmAnswer::error_code() const {
  return body ? text_at(*body, "error.code", "InternalServerError") : "InternalServerError";
}
std::string ArmAnswer::error_message() const {
  return body ? text_at(*body, "error.message") : "HTTP status " + std::to_string(status);
}

ArmAnswer answer(int status, Json body) {
  ArmAnswer out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

ArmAnswer answer(int status) {
  ArmAnswer out;
  out.status = status;
  return out;
}

ArmAnswer refuse(int status, std::string_view code, std::string_view message) {
  return answer(status, arm::error_json(code, message));
}

ArmAnswer list_answer(JsonArray items) {
  return answer(200, JsonObject{
                         {"value", std::move(items)}
  });
}

}  // namespace armature::sandbox
