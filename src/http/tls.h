#pragma once
// TLS contexts and sessions over a socket that Asio waits for. Used inside this room.
//
//   Sockets   read and written by our own BIO: it sends without SIGPIPE and counts what left
#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/server.h"

namespace armature::http {

struct SslFree {
  void operator()(SSL* ssl) const;
  void operator()(SSL_CTX* context) const;
};
using SslContext = std::unique_ptr<SSL_CTX, SslFree>;
using Ssl = std::unique_ptr<SSL, SslFree>;

// TLS 1.3. `client_ca_pem`: of ServerOptions.
Result<SslContext> server_context(const Certificate& certificate,
                                  const std::string& client_ca_pem = "");
Result<SslContext> client_context(const std::string& ca_pem);  // TLS 1.2 or newer

// What a BIO works on; lives as long as the session.
struct SocketBytes {
  int fd = -1;
  std::uint64_t sent = 0;
};
Ssl server_session(SSL_CTX* context, SocketBytes& socket);
// The peer's certificate must name `host`, a DNS name or an address.
Ssl client_session(SSL_CTX* context, SocketBytes& socket, const std::string& host);
// Of a server's session after its handshake; null: the client has shown none.
std::shared_ptr<const ClientCertificate> client_certificate(const Ssl& ssl);
std::string ssl_failure(const Ssl& ssl);  // in words; empties this thread's error queue

}  // namespace armature::http
