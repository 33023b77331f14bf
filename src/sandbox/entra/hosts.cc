#include "sandbox/entra/hosts.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace armature::sandbox {
namespace {

struct HostPort {
  std::string host;
  std::string port;
};
HostPort take_apart(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
  if (!has_port) return {to_lower(text), "443"};
  return {to_lower(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

bool loopback(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]" ||
         host.ends_with(".localhost");
}

}  // namespace

std::string host_of_url(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!starts_with_ci(url, kScheme)) return "";
  url.remove_prefix(kScheme.size());
  return std::string(url.substr(0, url.find('/')));
}

bool same_host(std::string_view a, std::string_view b) {
  const HostPort one = take_apart(a);
  const HostPort other = take_apart(b);
  if (one.port != other.port) return false;
  return one.host == other.host || (loopback(one.host) && loopback(other.host));
}

bool is_loopback(std::string_view host) { return loopback(take_apart(host).host); }

bool is_public_authority(std::string_view host) {
  constexpr std::array kNames = {"login.microsoftonline.com", "login.windows.net",
                                 "login.microsoft.com", "sts.windows.net"};
  return std::ranges::any_of(kNames, [&](const char* name) { return same_host(name, host); });
}

}  // namespace armature::sandbox
