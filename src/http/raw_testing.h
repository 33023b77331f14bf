#pragma once
// A plain socket for tests that must say exactly which bytes go out. Included by tests only.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

namespace armature::http::testing {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in address = loopback(port);
    limit_waiting();
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) drop();
  }
  struct Accepted {
    int fd;
  };
  explicit RawSocket(Accepted accepted) : fd_(accepted.fd) { limit_waiting(); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;
  ~RawSocket() { drop(); }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }
  std::string read_until_closed() {
    std::string out;
    while (read_into(out)) {
    }
    return out;
  }
  std::string read_until(std::string_view mark) {
    std::string out;
    while (out.find(mark) == std::string::npos && read_into(out)) {
    }
    return out;
  }
  void end_writing() { ::shutdown(fd_, SHUT_WR); }
  void drop() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void reset() {  // RST instead of FIN
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    drop();
  }

 private:
  void limit_waiting() {  // so that a failing test ends
    const timeval limit{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  bool read_into(std::string& out) {
    char room[4096];
    const ssize_t got = ::recv(fd_, room, sizeof room, 0);
    if (got > 0) out.append(room, static_cast<std::size_t>(got));
    return got > 0;
  }
  int fd_;
};

// Listens on a free port and serves one connection after another by hand.
class RawServer {
 public:
  template <class Serve>
  explicit RawServer(int connections, Serve serve)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(fd_, 16);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, connections, serve] {
      for (int i = 0; i < connections; ++i) {
        RawSocket socket(RawSocket::Accepted{::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)});
        serve(socket, i);
      }
    });
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  std::string url(const std::string& target = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + target;
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace armature::http::testing
