#include "gateway/trace_context.h"

#include <algorithm>

namespace armature::gateway {
namespace {

bool is_id(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         text.find_first_not_of('0') != std::string_view::npos;
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

// "VERSION-TRACEID-PARENTID-FLAGS", 2, 32, 16 and 2 digits; a later version may have more.
std::string_view trace_id_in(std::string_view traceparent) {
  constexpr std::size_t kLength = 55;
  if (traceparent.size() < kLength || traceparent[2] != '-' || traceparent[35] != '-' ||
      traceparent[52] != '-') {
    return {};
  }
  const std::string_view version = traceparent.substr(0, 2), id = traceparent.substr(3, 32);
  if (!is_hex(version) || version == "ff" || !is_id(id) || !is_id(traceparent.substr(36, 16)) ||
      !is_hex(traceparent.substr(53, 2))) {
    return {};
  }
  const bool longer = traceparent.size() > kLength;
  if (longer && (version == "00" || traceparent[kLength] != '-')) return {};
  return id;
}

std::string keep_trace(http::Headers& headers, std::string_view request_id) {
  if (headers.count("traceparent") == 1) {
    if (const auto id = trace_id_in(*headers.find("traceparent")); !id.empty()) {
      return std::string(id);
    }
  }
  std::string id(request_id);
  std::erase(id, '-');
  headers.remove("tracestate");  // of another trace
  std::string parent;
  parent.reserve(55);
  parent.append("00-").append(id).append("-").append(id, 16).append("-00");
  headers.set("traceparent", std::move(parent));
  return id;
}

}  // namespace armature::gateway
