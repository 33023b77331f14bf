#include "gateway/proxy_request.h"

#include <algorithm>

#include "base/bytes.h"

namespace armature::gateway {
namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestCredential = 8 * 1024;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_label(std::string_view label) {
  const auto fits = [](char c) { return is_letter(c) || is_digit(c) || c == '-'; };
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), fits);
}

// A name whose last label begins with a letter: no form of an IPv4 address does.
Status check_name(std::string_view host) {
  if (host.find(':') != std::string_view::npos || host.starts_with('[')) {
    return fail(Code::kInvalid, "an address instead of a host name");
  }
  if (host.ends_with('.')) return fail(Code::kInvalid, "a host name that ends in a dot");
  if (host.size() > kLongestName) return fail(Code::kInvalid, "a host name that is too long");
  const auto labels = split(host, '.');
  for (const std::string& label : labels) {
    if (!is_label(label)) return fail(Code::kInvalid, "not a host name");
  }
  if (!is_letter(labels.back().front())) {
    return fail(Code::kInvalid, "an address instead of a host name");
  }
  return Ok{};
}

Status check_port(std::string_view port) {
  const bool digits = !port.empty() && port.size() <= 5 && port.front() != '0' &&
                      std::all_of(port.begin(), port.end(), is_digit);
  if (!digits || std::stoi(std::string(port)) > 65535) {
    return fail(Code::kInvalid, "not a port");
  }
  return Ok{};
}

}  // namespace

Result<ConnectTarget> read_connect(const http::Request& request) {
  const std::string& authority = request.target;
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string::npos) return fail(Code::kInvalid, "CONNECT is to host:port");
  const std::string_view host = std::string_view(authority).substr(0, colon);
  const std::string_view port = std::string_view(authority).substr(colon + 1);
  ARMATURE_CHECK(check_name(host));
  ARMATURE_CHECK(check_port(port));
  ConnectTarget out{to_lower(host), std::string(port)};
  const auto named = request.headers.get("Host");
  const bool same = !named || equal_ci(*named, authority) || equal_ci(*named, out.host);
  if (!same || request.headers.count("Host") > 1) {
    return fail(Code::kInvalid, "Host names another host than CONNECT");
  }
  return out;
}

Result<std::optional<Secret>> read_credential(const http::Headers& headers) {
  const std::size_t count = headers.count("Proxy-Authorization");
  if (count == 0) return std::optional<Secret>();
  if (count > 1) return fail(Code::kInvalid, "more than one Proxy-Authorization");
  const std::string value = *headers.get("Proxy-Authorization");
  constexpr std::string_view kScheme = "Basic ";
  if (!starts_with_ci(value, kScheme)) {
    return fail(Code::kInvalid, "Proxy-Authorization is not of the scheme Basic");
  }
  const std::string_view coded = trim(std::string_view(value).substr(kScheme.size()));
  if (coded.size() > kLongestCredential) return fail(Code::kInvalid, "the credential is too long");
  const auto decoded = from_base64(coded);
  const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return fail(Code::kInvalid, "Proxy-Authorization is not user:password in base64");
  }
  const auto is_control = [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; };
  if (std::any_of(decoded->begin(), decoded->end(), is_control)) {
    return fail(Code::kInvalid, "a control character in Proxy-Authorization");
  }
  return std::optional<Secret>(Secret(decoded->substr(colon + 1)));
}

bool same_authority(std::string_view host_header, std::string_view host) {
  if (host_header.ends_with(":443")) host_header.remove_suffix(4);
  return equal_ci(host_header, host);
}

bool host_matches(std::string_view pattern, std::string_view host) {
  if (pattern == "*") return true;
  if (!pattern.starts_with("*.")) return equal_ci(pattern, host);
  pattern.remove_prefix(1);
  return host.size() > pattern.size() &&
         equal_ci(host.substr(host.size() - pattern.size()), pattern);
}

}  // namespace armature::gateway
