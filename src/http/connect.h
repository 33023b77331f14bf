#pragma once
// CONNECT: what makes a Server a forward proxy. Whoever runs the server decides each CONNECT by a
// function of the request; the server does the rest.
//
//   Response   refused with it; the connection closes
//   Intercept  200, then TLS ends here with a certificate for `host` of our own CA, and `handler`
//              answers the requests inside. A client that asks TLS for another name (SNI), or for
//              none, is told unrecognized_name: whom the CONNECT was allowed for is whom it talks
//              to
//   Relay      200 once connected, then bytes to and fro, unread; 502 when there is no connection,
//              403 when the name leads to this machine or its link (loopback, link-local,
//              unspecified, multicast) and `local` is false
//   Smuggling  a CONNECT with a body, with bytes sent before it was answered, or inside a tunnel is
//              refused (400, 405)
//   Threads    decide runs on an I/O thread and must not wait
//   Lifetime   what the functions refer to outlives the server
//   Source     RFC 9110 §9.3.6, RFC 6066 §3
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "base/clock.h"
#include "http/host_certificates.h"
#include "http/message.h"
#include "http/server.h"

namespace armature::http {

struct Intercept {
  std::string host;  // a DNS name in lower case
  Handler handler;
};

struct Relay {
  std::string host;
  std::string port;
  bool local = false;
};

using ConnectAnswer = std::variant<Response, Intercept, Relay>;

struct ConnectOptions {
  std::function<ConnectAnswer(const Request&)> decide;
  std::shared_ptr<HostCertificates> certificates;
  Micros connect_timeout = std::chrono::seconds(10);
  Micros idle_timeout = std::chrono::minutes(5);  // of a relay with no byte in either direction
};

}  // namespace armature::http
