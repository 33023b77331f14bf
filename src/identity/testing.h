#pragma once
// For tests: waiting for an upstream token outside of a coroutine; a certificate signed by itself.
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "http/task.h"
#include "identity/jwt.h"
#include "identity/upstream_tokens.h"

namespace armature::identity::testing {

using Promise = std::promise<Result<Secret>>;

inline http::Task<void> fulfil(UpstreamTokens* tokens, TokenAsk ask,
                               std::shared_ptr<Promise> promise) {
  Result<Secret> token = co_await tokens->token(std::move(ask));
  promise->set_value(std::move(token));
}

// Starts asking. Not from an I/O thread if the future is waited for.
inline std::future<Result<Secret>> ask_token(http::Runtime& runtime, UpstreamTokens& tokens,
                                             const TokenAsk& ask) {
  auto promise = std::make_shared<Promise>();
  auto future = promise->get_future();
  http::spawn(runtime, [&tokens, ask, promise] { return fulfil(&tokens, ask, promise); });
  return future;
}

// PEM of a certificate for the key, valid in [begins, ends).
inline std::string self_signed(const RsaKey& key, Instant begins, Instant ends,
                               const char* common_name = "test") {
  const auto seconds = [](Instant at) {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  };
  BIO* pem = BIO_new_mem_buf(key.private_pem.reveal().data(), -1);
  EVP_PKEY* pair = PEM_read_bio_PrivateKey(pem, nullptr, nullptr, nullptr);
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(begins));
  ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(ends));
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, pair);
  X509_sign(certificate, pair, EVP_sha256());
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  X509_free(certificate);
  EVP_PKEY_free(pair);
  BIO_free(pem);
  BIO_free(out);
  return text;
}

}  // namespace armature::identity::testing
