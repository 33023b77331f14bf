#include "http/connect.h"

#include "http/connection.h"
#include "http/host_tls.h"
#include "http/tunnel.h"

namespace armature::http {
namespace {

// Without Content-Length, which an answer to CONNECT may not have.
constexpr std::string_view kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";

}  // namespace

// Whether the connection goes on, its requests then being those inside.
Await<bool> Connection::connect() {
  if (inside_) {
    co_await refuse(405, "CONNECT inside a tunnel");
    co_return false;
  }
  if (head_.framing != Framing::kNone || !bytes_.empty()) {
    co_await refuse(400, "CONNECT has no body, and nothing may follow it before its answer");
    co_return false;
  }
  head_.request.peer = peer_;
  ConnectAnswer decided = settings_->options.connect->decide(head_.request);
  head_.request = {};
  if (auto* intercept = std::get_if<Intercept>(&decided)) {
    const bool more = co_await this->intercept(std::move(*intercept));
    co_return more;
  }
  if (auto* relay = std::get_if<Relay>(&decided)) {
    co_await this->relay(std::move(*relay));
    co_return false;
  }
  answer_ = std::get<Response>(std::move(decided));
  const bool more = co_await write_answer();
  co_return more;
}

Await<bool> Connection::intercept(Intercept answer) {
  const ConnectOptions& options = *settings_->options.connect;
  auto tls = options.certificates->tls_for(answer.host);
  if (!tls) {
    if (settings_->options.on_failure) settings_->options.on_failure(tls.error().message);
    answer_ = plain_answer(502, "there is no certificate for this host");
    co_return co_await write_answer();
  }
  inside_ = std::make_unique<Inside>(Inside{*std::move(tls), std::move(answer.handler)});
  deadline_.set(settings_->options.header_timeout);
  const bool put = co_await wire_.write(kEstablished, "");
  if (!put) co_return false;
  wire_.use_tls(server_session, inside_->tls->context.get());
  const Status shaken = co_await wire_.handshake();
  co_return shaken.has_value();
}

Await<void> Connection::relay(Relay to) {
  const ConnectOptions& options = *settings_->options.connect;
  deadline_.clear();
  Tunnel tunnel(loop());
  const std::string where = to.host;
  const Status open = co_await tunnel.open(std::move(to), options.connect_timeout);
  if (!open) {
    const int status = open.error().code == Code::kDenied ? 403 : 502;
    answer_ = plain_answer(status, where + ": " + open.error().message);
    co_await write_answer();
    co_return;
  }
  const bool put = co_await wire_.write(kEstablished, "");
  if (put) co_await tunnel.relay(&wire_, options.idle_timeout);
}

}  // namespace armature::http
