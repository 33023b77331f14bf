#include "http/wire.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace armature::http {

using boost::system::error_code;

Wire::Wire(Socket socket) : socket_(std::move(socket)) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  bytes_.fd = socket_.native_handle();
}

void Wire::use_tls(Ssl (*make)(SSL_CTX*, SocketBytes&), SSL_CTX* context) {
  ssl_ = make(context, bytes_);
}

void Wire::use_tls(SSL_CTX* context, const std::string& host) {
  ssl_ = client_session(context, bytes_, host);
}

std::string Wire::peer() const {
  error_code error;
  const auto end = socket_.remote_endpoint(error);
  return error ? std::string() : end.address().to_string();
}

std::shared_ptr<const ClientCertificate> Wire::certificate() const {
  return ssl_ ? client_certificate(ssl_) : nullptr;
}

Await<bool> Wire::ready(Wants wants) {
  if (cancelled_ || wants == Wants::kNothing) co_return false;
  error_code error;
  const auto kind = wants == Wants::kRead ? Socket::wait_read : Socket::wait_write;
  const boost::asio::use_awaitable_t<Executor> token;
  co_await socket_.async_wait(kind, boost::asio::redirect_error(token, error));
  co_return !error && !cancelled_;
}

Wire::Wants Wire::tls_wants(int result) const {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Wants::kRead;
    case SSL_ERROR_WANT_WRITE:
      return Wants::kWrite;
    default:
      return Wants::kNothing;
  }
}

Await<Status> Wire::handshake() {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) co_return Ok();
    const Wants wants = tls_wants(result);
    if (wants == Wants::kNothing) co_return fail(Code::kUnavailable, ssl_failure(ssl_));
    const bool go_on = co_await ready(wants);
    if (!go_on) co_return fail(Code::kUnavailable, "the connection ended in the TLS handshake");
  }
}

Wire::Read Wire::try_read(char* room, std::size_t size, std::size_t& got, Wants& wants) {
  wants = Wants::kNothing;
  if (ssl_) {
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), room, size, &got);
    if (result == 1) return Read::kBytes;
    wants = tls_wants(result);
    return SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN ? Read::kEnd : Read::kFailed;
  }
  const ssize_t count = ::recv(bytes_.fd, room, size, 0);
  if (count > 0) {
    got = static_cast<std::size_t>(count);
    return Read::kBytes;
  }
  if (count == 0) return Read::kEnd;
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) wants = Wants::kRead;
  return Read::kFailed;
}

Await<Wire::Read> Wire::read(std::string& into, std::size_t at_most) {
  if (std::exchange(asked_, false) && !(ssl_ && SSL_has_pending(ssl_.get()) == 1)) {
    const bool go_on = co_await ready(Wants::kRead);
    if (!go_on) co_return Read::kFailed;
  }
  for (;;) {
    if (cancelled_) co_return Read::kFailed;
    std::vector<char>& scratch = loop().scratch;
    std::size_t got = 0;
    Wants wants = Wants::kNothing;
    const Read result = try_read(scratch.data(), std::min(at_most, scratch.size()), got, wants);
    if (result == Read::kBytes) into.append(scratch.data(), got);
    if (result != Read::kFailed || wants == Wants::kNothing) co_return result;
    const bool go_on = co_await ready(wants);
    if (!go_on) co_return Read::kFailed;
  }
}

// False: failed, unless `wants` says what to wait for.
bool Wire::try_write(std::string_view& first, std::string_view& second, Wants& wants) {
  wants = Wants::kNothing;
  std::size_t put = 0;
  if (ssl_) {
    const std::string_view part = first.empty() ? second : first;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_.get(), part.data(), part.size(), &put);
    if (result != 1) {
      wants = tls_wants(result);
      return false;
    }
  } else {
    iovec parts[2] = {
        {const_cast<char*>(first.data()),  first.size() },
        {const_cast<char*>(second.data()), second.size()}
    };
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const ssize_t count = ::sendmsg(bytes_.fd, &message, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) wants = Wants::kWrite;
      return false;
    }
    put = static_cast<std::size_t>(count);
    bytes_.sent += put;
  }
  const std::size_t of_first = std::min(put, first.size());
  first.remove_prefix(of_first);
  second.remove_prefix(put - of_first);
  return true;
}

Await<bool> Wire::write(std::string_view first, std::string_view second) {
  constexpr std::size_t kOneRecord = 16 * 1024;
  std::string joined;
  asked_ = true;
  if (ssl_ && first.size() + second.size() <= kOneRecord) {  // one record instead of two
    joined.reserve(first.size() + second.size());
    joined.append(first).append(second);
    first = joined;
    second = {};
  }
  while (!first.empty() || !second.empty()) {
    if (cancelled_) co_return false;
    Wants wants = Wants::kNothing;
    if (try_write(first, second, wants)) continue;
    const bool go_on = co_await ready(wants);
    if (!go_on) co_return false;
  }
  co_return true;
}

bool Wire::quiet() {
  char byte = 0;
  const ssize_t count = ::recv(bytes_.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  const bool nothing = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  if (!ssl_ || (nothing && SSL_has_pending(ssl_.get()) == 0)) return nothing;
  ERR_clear_error();
  const int result = SSL_peek(ssl_.get(), &byte, 1);
  return result <= 0 && tls_wants(result) == Wants::kRead;
}

void Wire::rest() {
  if (ssl_) SSL_free_buffers(ssl_.get());
}

void Wire::end_writing() {
  if (!socket_.is_open()) return;
  if (ssl_ && SSL_is_init_finished(ssl_.get()) != 0) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Wire::cancel() {
  cancelled_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Wire::close() {
  cancelled_ = true;
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace armature::http
