// Any request to a forward proxy: no crash; what is taken is one host in one spelling that no
// address, port but a number or look-alike can be, and a credential without control characters.
#include <algorithm>
#include <cstdlib>
#include <variant>

#include "base/bytes.h"
#include "gateway/proxy_request.h"
#include "http/head.h"

using namespace armature;

namespace {

void check(const http::Request& request) {
  if (const auto target = gateway::read_connect(request)) {
    const auto plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    const std::string& host = target->host;
    if (host.empty() || !std::all_of(host.begin(), host.end(), plain)) std::abort();
    if (host.ends_with('.') || host.starts_with('.') || host.find("..") != host.npos) std::abort();
    const std::string last = host.substr(host.rfind('.') + 1);
    if (last.front() >= '0' && last.front() <= '9') std::abort();
    const unsigned long port = std::stoul(target->port);
    if (port < 1 || port > 65535) std::abort();
    http::Request again;
    again.target = host + ":" + target->port;
    const auto twice = gateway::read_connect(again);
    if (!twice || twice->host != host || twice->port != target->port) std::abort();
    if (gateway::same_authority("management.azure.com", host) != (host == "management.azure.com")) {
      std::abort();
    }
  }
  const auto credential = gateway::read_credential(request.headers);
  if (!credential || !*credential) return;
  for (const char c : (*credential)->reveal()) {
    if ((c >= 0 && c < 0x20) || c == 0x7f) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = http::head_end(bytes);
  if (end != std::string_view::npos) {
    auto parsed = http::parse_request_head(bytes.substr(0, end));
    if (const auto* head = std::get_if<http::RequestHead>(&parsed)) check(head->request);
  }
  // And past what the parser of heads lets through: the first line as a target, the second as a
  // credential, as it is and in base64.
  const std::size_t line = std::min(bytes.find('\n'), bytes.size());
  const std::string_view rest = bytes.substr(std::min(line + 1, bytes.size()));
  for (const std::string& value : {std::string(rest), "Basic " + to_base64(rest)}) {
    http::Request request;
    request.method = "CONNECT";
    request.target = bytes.substr(0, line);
    request.headers.add("Proxy-Authorization", value);
    check(request);
  }
  return 0;
}
