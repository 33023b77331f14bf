#pragma once
// What a client says to a forward proxy: where to (CONNECT) and who it is (Proxy-Authorization).
// Everything here comes from outside. Pure; fuzzed.
//
//   read_connect     host and port of a CONNECT. kInvalid: not "host:port"; user information, an IP
//                    literal, a trailing dot, an empty or over-long label, a character that no host
//                    name has; a Host that names another. The host comes out in lower case: from
//                    here on there is one spelling
//   read_credential  the password of Basic authentication; the user name says nothing. Nothing when
//                    there is no Proxy-Authorization; kInvalid: two of them, another scheme, base64
//                    that is not, no colon, a control character
//   same_authority   does a Host header name this host (port 443 or none)?
//   Source           RFC 9110 §9.3.6 and §11.7, RFC 7617, RFC 1123 §2.1
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "http/message.h"

namespace armature::gateway {

struct ConnectTarget {
  std::string host;  // a DNS name in lower case
  std::string port;
};

Result<ConnectTarget> read_connect(const http::Request& request);
Result<std::optional<Secret>> read_credential(const http::Headers& headers);
bool same_authority(std::string_view host_header, std::string_view host);

// Hosts as the server's operator writes them: a name, "*.suffix" for every name below it, or "*".
bool host_matches(std::string_view pattern, std::string_view host);

}  // namespace armature::gateway
