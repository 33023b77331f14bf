#include "http/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>

namespace armature::http {
namespace {

struct PemFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, PemFree>;
using Cert = std::unique_ptr<X509, PemFree>;
using Key = std::unique_ptr<EVP_PKEY, PemFree>;

Bio reader_of(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::string last_error() {
  const unsigned long number = ERR_peek_last_error();
  const char* words = number == 0 ? nullptr : ERR_reason_error_string(number);
  ERR_clear_error();
  return words == nullptr ? "TLS failed" : words;
}

SocketBytes& socket_of(BIO* bio) { return *static_cast<SocketBytes*>(BIO_get_data(bio)); }

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int bio_write(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
  SocketBytes& socket = socket_of(bio);
  BIO_clear_retry_flags(bio);
  const ssize_t put = ::send(socket.fd, data, size, MSG_NOSIGNAL);
  if (put < 0) {
    if (would_block()) BIO_set_retry_write(bio);
    return 0;
  }
  socket.sent += static_cast<std::uint64_t>(put);
  *written = static_cast<std::size_t>(put);
  return 1;
}

int bio_read(BIO* bio, char* data, std::size_t size, std::size_t* got) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::recv(socket_of(bio).fd, data, size, 0);
  if (count <= 0) {
    if (count < 0 && would_block()) BIO_set_retry_read(bio);
    if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return 0;
  }
  *got = static_cast<std::size_t>(count);
  return 1;
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

BIO_METHOD* socket_method() {
  static BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_write_ex(method, bio_write);
    BIO_meth_set_read_ex(method, bio_read);
    BIO_meth_set_ctrl(method, bio_control);
    return method;
  }();
  return kMethod;
}

Ssl session(SSL_CTX* context, SocketBytes& socket) {
  Ssl ssl(SSL_new(context));
  BIO* bio = BIO_new(socket_method());
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  return ssl;
}

SslContext context_for(const SSL_METHOD* method, int least_version) {
  SslContext context(SSL_CTX_new(method));
  SSL_CTX_set_min_proto_version(context.get(), least_version);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_read_ahead(context.get(), 1);  // a record in one call, not its head and its rest
  return context;
}

Status trust_only(SSL_CTX* context, const std::string& ca_pem) {
  const Bio reader = reader_of(ca_pem);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  int count = 0;
  for (;; ++count) {
    const Cert certificate(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    X509_STORE_add_cert(store, certificate.get());
  }
  ERR_clear_error();
  if (count == 0) return fail(Code::kInvalid, "no certificate in the given CA");
  return Ok{};
}

// One protocol: whoever offers others only would wait for an answer we cannot give.
int choose_http_1_1(SSL*, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* in, unsigned in_length, void*) {
  static constexpr unsigned char kOurs[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_length, kOurs, sizeof kOurs, in, in_length);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool is_address(const std::string& host) {
  unsigned char room[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), room) == 1 ||
         inet_pton(AF_INET6, host.c_str(), room) == 1;
}

}  // namespace

void SslFree::operator()(SSL* ssl) const { SSL_free(ssl); }
void SslFree::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

Result<SslContext> server_context(const Certificate& certificate,
                                  const std::string& client_ca_pem) {
  SslContext context = context_for(TLS_server_method(), TLS1_3_VERSION);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_http_1_1, nullptr);
  const Bio chain = reader_of(certificate.chain_pem);
  const Cert leaf(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context.get(), leaf.get()) != 1) {
    return fail(Code::kInvalid, "server certificate: " + last_error());
  }
  while (X509* next = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
    SSL_CTX_add0_chain_cert(context.get(), next);
  }
  ERR_clear_error();
  const Bio key_reader = reader_of(certificate.key_pem.reveal());
  const Key key(PEM_read_bio_PrivateKey(key_reader.get(), nullptr, nullptr, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return fail(Code::kInvalid, "server key: " + last_error());
  }
  if (!client_ca_pem.empty()) {
    ARMATURE_CHECK(trust_only(context.get(), client_ca_pem));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    // For clients, not for servers: the purpose is checked with the chain.
    SSL_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT);
  }
  return context;
}

Result<SslContext> client_context(const std::string& ca_pem) {
  SslContext context = context_for(TLS_client_method(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  static constexpr unsigned char kOurs[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context.get(), kOurs, sizeof kOurs);
  if (!ca_pem.empty()) {
    ARMATURE_CHECK(trust_only(context.get(), ca_pem));
  } else if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return fail(Code::kUnavailable, "the system's certificates: " + last_error());
  }
  return context;
}

Ssl server_session(SSL_CTX* context, SocketBytes& socket) {
  Ssl ssl = session(context, socket);
  SSL_set_accept_state(ssl.get());
  return ssl;
}

Ssl client_session(SSL_CTX* context, SocketBytes& socket, const std::string& host) {
  Ssl ssl = session(context, socket);
  SSL_set_connect_state(ssl.get());
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str());
  } else {
    SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl.get(), host.c_str());
    SSL_set_tlsext_host_name(ssl.get(), host.c_str());
  }
  return ssl;
}

std::string ssl_failure(const Ssl& ssl) {
  const long verdict = SSL_get_verify_result(ssl.get());
  if (verdict != X509_V_OK) {
    ERR_clear_error();
    return std::string("certificate not accepted: ") + X509_verify_cert_error_string(verdict);
  }
  return last_error();
}

}  // namespace armature::http
