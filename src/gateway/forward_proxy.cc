#include "gateway/forward_proxy.h"

#include <algorithm>

#include "gateway/answers.h"
#include "gateway/headers.h"
#include "gateway/proxy_request.h"

namespace armature::gateway {
namespace {

constexpr std::string_view kLoginHosts[] = {
    "login.microsoftonline.com", "login.windows.net",          "login.microsoft.com",
    "sts.windows.net",           "login.microsoftonline.us",   "login.chinacloudapi.cn",
    "*.login.microsoft.com",     "*.login.microsoftonline.com"};

http::Response text_answer(int status, const std::string& text) {
  http::Response response;
  response.status = status;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  response.body = text + "\n";
  return response;
}

http::Response who_is_it(const std::string& why) {
  http::Response response =
      text_answer(407, "Armature's proxy: " + why +
                           ". Use the HTTPS_PROXY of the task's environment: its password is the "
                           "attempt's credential.");
  response.headers.set("Proxy-Authenticate", "Basic realm=\"Armature\", charset=\"UTF-8\"");
  return response;
}

// "https://localhost:8081" → "localhost:8081".
std::string authority_of(const std::string& url) {
  const std::string origin = origin_of(url);
  const std::size_t mark = origin.find("://");
  return mark == std::string::npos ? origin : origin.substr(mark + 3);
}

std::string tunnel_setting(const std::string& host) {
  return "The server's operator may let it through by gateway.proxy_tunnel: [" + host + "].";
}

std::string why_not(const std::string& host) {
  const bool login =
      std::any_of(std::begin(kLoginHosts), std::end(kLoginHosts),
                  [&](std::string_view pattern) { return host_matches(pattern, host); });
  if (login) {
    return host +
           ": a task needs no login of its own. Sign in with its managed identity (az login "
           "--identity, ManagedIdentityCredential, DefaultAzureCredential): the token comes from "
           "IDENTITY_ENDPOINT. " +
           tunnel_setting(host);
  }
  return host + " is not a host that tasks reach through this proxy. " + tunnel_setting(host);
}

}  // namespace

ForwardProxy::ForwardProxy(ProxyOptions options, TokenOf token_of, Handle handle,
                           http::Runtime& runtime, Log& log)
    : options_(std::move(options)),
      token_of_(std::move(token_of)),
      handle_(std::move(handle)),
      runtime_(runtime),
      log_(log),
      own_host_(authority_of(options_.public_url)) {}

http::ConnectAnswer ForwardProxy::connect(const http::Request& request) {
  const auto target = read_connect(request);
  if (!target) return text_answer(400, "Armature's proxy: " + target.error().message);
  const auto credential = read_credential(request.headers);
  if (!credential) return who_is_it(credential.error().message);
  if (!*credential) return who_is_it("the request says not which attempt it is of");
  const auto caller = token_of_((*credential)->reveal());
  if (!caller) return who_is_it(caller.error().message);
  return route(target->host, target->port, *caller, **credential);
}

http::ConnectAnswer ForwardProxy::route(const std::string& host, const std::string& port,
                                        const AttemptToken& caller, const Secret& credential) {
  if (port != "443") {
    return refuse(host, caller, host + ":" + port + ": this proxy goes to port 443 alone");
  }
  if (std::find(options_.arm_hosts.begin(), options_.arm_hosts.end(), host) !=
      options_.arm_hosts.end()) {
    auto answer = [this, host, credential](http::Request request) {
      return serve(host, credential, std::move(request));
    };
    return http::Intercept{host, http::coroutine(runtime_, std::move(answer))};
  }
  const bool listed =
      std::any_of(options_.tunnelled.begin(), options_.tunnelled.end(),
                  [&](const std::string& pattern) { return host_matches(pattern, host); });
  const bool local = host == "localhost" || host_matches("*.localhost", host);
  if (!listed || (local && !options_.tunnel_local)) return refuse(host, caller, why_not(host));
  log_.info("proxy tunnel", {
                                {"task", to_string(caller.attempt.key)},
                                {"host", host                         }
  });
  return http::Relay{host, port, options_.tunnel_local};
}

http::Response ForwardProxy::refuse(const std::string& host, const AttemptToken& caller,
                                    const std::string& why) const {
  log_.warning("proxy connect refused",
               {
                   {"task", to_string(caller.attempt.key)},
                   {"host", host                         }
  });
  return text_answer(403, "Armature's proxy: " + why);
}

http::Response ForwardProxy::plain(const http::Request&) const {
  return text_answer(
      403,
      "Armature's proxy takes CONNECT alone: ask for an https URL. Plain http is not "
      "passed on; an address on this machine belongs into NO_PROXY.");
}

http::Task<http::Response> ForwardProxy::serve(std::string host, Secret credential,
                                               http::Request request) {
  if (!same_authority(request.headers.get("Host").value_or(""), host)) {
    co_return error_answer(
        421, "MisdirectedRequest",
        "The Host header names another host than the proxy's CONNECT to " + host + ".");
  }
  auto caller = token_of_(credential.reveal());
  if (!caller) co_return unauthenticated(true);
  request.headers.set("Authorization", "Bearer " + caller->token.reveal());
  request.headers.set("Host", own_host_);
  http::Response answer = co_await handle_(std::move(request));
  move_links(answer, options_.public_url, "https://" + host);
  co_return answer;
}

}  // namespace armature::gateway
