#pragma once
// Wire: a connected socket, plain or TLS, that reads and writes without blocking and waits in a
// coroutine. Used inside this room.
//
//   Waiting   ends early, with kClosed, when cancel() was called: whoever holds a deadline does
//   Threads   only the loop's thread
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/loop.h"
#include "http/tls.h"

namespace armature::http {

using Executor = boost::asio::io_context::executor_type;
template <class T>
using Await = boost::asio::awaitable<T, Executor>;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

class Wire {
 public:
  explicit Wire(Socket socket);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() { close(); }

  void use_tls(Ssl (*make)(SSL_CTX*, SocketBytes&), SSL_CTX* context);
  void use_tls(SSL_CTX* context, const std::string& host);
  Await<Status> handshake();

  enum class Read { kBytes, kEnd, kFailed };
  // Appends what is there to `into`, waiting for at least one byte. kEnd: the peer said so
  // (FIN, or close_notify on TLS); a TLS stream cut short is kFailed.
  Await<Read> read(std::string& into, std::size_t at_most);
  // The caller keeps the bytes until it is done.
  Await<bool> write(std::string_view first, std::string_view second);

  std::uint64_t sent() const { return bytes_.sent; }  // bytes handed to the kernel
  // Idle and still open? Anything readable but TLS bookkeeping says no.
  bool quiet();
  void rest();         // gives memory back that the next read or write takes again
  void end_writing();  // close_notify and FIN
  void cancel();
  void revive() { cancelled_ = false; }  // for last words after a deadline
  void close();
  Loop& loop() { return loop_of(socket_.get_executor()); }
  std::string peer() const;
  std::shared_ptr<const ClientCertificate> certificate() const;  // of a client; null: none

 private:
  enum class Wants { kNothing, kRead, kWrite };
  Await<bool> ready(Wants wants);
  Wants tls_wants(int result) const;
  Read try_read(char* room, std::size_t size, std::size_t& got, Wants& wants);
  bool try_write(std::string_view& first, std::string_view& second, Wants& wants);

  Socket socket_;
  SocketBytes bytes_;
  Ssl ssl_;
  bool cancelled_ = false;
  bool asked_ = false;  // something was written since the last read: its answer is not here yet
};

}  // namespace armature::http
