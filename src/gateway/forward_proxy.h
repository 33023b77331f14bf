#pragma once
// ForwardProxy: the door for clients that keep Azure's own names. HTTPS_PROXY leads them here; the
// proxy credential says which attempt calls, so they need no other setting.
//
//   Who         Basic authentication whose password is the attempt's credential or a token of it:
//               407 without one, or with one that does not hold. It is asked again at every request
//               inside: a tunnel ends with its attempt
//   Intercepted Azure Resource Manager: TLS ends here with a certificate of our CA, and what is
//               inside goes to the gateway as the attempt's. The client's own Authorization is
//               dropped (it may be a dummy's) and poll URLs come back under the host it asked for
//   Others      refused with 403 that names the setting, unless the operator listed the host for
//               tunnelling; then bytes go through unread and unrecorded. Never this machine or its
//               link unless that is allowed too, never another port than 443
//   Inside      Host must name the host of the CONNECT: 421 otherwise, in ARM's error shape
//   Plain http  refused: this proxy takes CONNECT alone
//   Threads     connect() and plain() never wait; any thread
//   Lifetime    options' functions and the runtime outlive the proxy, the proxy outlives the server
#include <functional>
#include <string>
#include <vector>

#include "base/log.h"
#include "gateway/attempt_access.h"
#include "http/connect.h"
#include "http/task.h"

namespace armature::gateway {

struct ProxyOptions {
  std::vector<std::string> arm_hosts;  // intercepted: management.azure.com
  std::vector<std::string> tunnelled;  // patterns, see host_matches()
  bool tunnel_local = false;
  std::string public_url;  // of the gateway: its links become those of the host asked for
};

class ForwardProxy {
 public:
  using Handle = std::function<http::Task<http::Response>(http::Request)>;  // the gateway's
  ForwardProxy(ProxyOptions options, TokenOf token_of, Handle handle, http::Runtime& runtime,
               Log& log);

  http::ConnectAnswer connect(const http::Request& request);
  http::Response plain(const http::Request& request) const;

 private:
  http::ConnectAnswer route(const std::string& host, const std::string& port,
                            const AttemptToken& caller, const Secret& credential);
  http::Response refuse(const std::string& host, const AttemptToken& caller,
                        const std::string& why) const;
  http::Task<http::Response> serve(std::string host, Secret credential, http::Request request);

  const ProxyOptions options_;
  const TokenOf token_of_;
  const Handle handle_;
  http::Runtime& runtime_;
  Log& log_;
  const std::string own_host_;  // what the gateway knows itself by
};

}  // namespace armature::gateway
