#pragma once
// A client of a forward proxy that says exactly what goes over the wire: CONNECT, then TLS with any
// server name. Included by tests only.
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <string>

#include "http/testing.h"
#include "http/tls.h"

namespace armature::http::testing {

class ProxyClient {
 public:
  ProxyClient(std::uint16_t port, const std::string& connect) {
    bio_ = BIO_new_connect(("127.0.0.1:" + std::to_string(port)).c_str());
    if (BIO_do_connect(bio_) != 1) return;
    BIO_puts(bio_, connect.c_str());
    for (char byte = 0; answer_.find("\r\n\r\n") == std::string::npos;) {
      if (BIO_read(bio_, &byte, 1) != 1) return;
      answer_ += byte;
    }
  }
  ProxyClient(const ProxyClient&) = delete;
  ProxyClient& operator=(const ProxyClient&) = delete;
  ~ProxyClient() { ssl_ != nullptr ? SSL_free(ssl_) : static_cast<void>(BIO_free_all(bio_)); }

  const std::string& answer() const { return answer_; }  // the head of CONNECT's
  std::string rest() {                                   // of a refusal
    char byte = 0;
    while (BIO_read(bio_, &byte, 1) == 1) answer_ += byte;
    return answer_;
  }

  // True when the certificate is `ca`'s and names `host`. No server name: none is sent.
  bool shake(const std::string& ca_pem, const char* host, const char* server_name) {
    context_ = must(client_context(ca_pem));
    ssl_ = SSL_new(context_.get());
    SSL_set1_host(ssl_, host);
    if (server_name != nullptr) SSL_set_tlsext_host_name(ssl_, server_name);
    SSL_set_bio(ssl_, bio_, bio_);
    return SSL_connect(ssl_) == 1;
  }
  // Inside the tunnel: what comes until `mark`, or until the end.
  std::string ask(const std::string& bytes, const std::string& mark) {
    SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    std::string out;
    char room[4096];
    while (out.find(mark) == std::string::npos) {
      const int got = SSL_read(ssl_, room, sizeof room);
      if (got <= 0) break;
      out.append(room, static_cast<std::size_t>(got));
    }
    return out;
  }

 private:
  SslContext context_;
  BIO* bio_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string answer_;
};

}  // namespace armature::http::testing
