#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

#include "http/tls.h"

namespace armature::http {
namespace {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string text_of(const X509_NAME* name) {
  const std::unique_ptr<BIO, Free> out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

// "" for a name with a NUL inside: what follows it would be lost on the way.
std::string text_of(const ASN1_STRING* string) {
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(string));
  std::string text(data, static_cast<std::size_t>(ASN1_STRING_length(string)));
  return text.find('\0') == std::string::npos ? text : std::string();
}

void read_names(const X509* certificate, ClientCertificate& out) {
  const std::unique_ptr<GENERAL_NAMES, Free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) out.dns_names.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_URI) out.uris.push_back(text_of(name->d.uniformResourceIdentifier));
  }
}

}  // namespace

std::shared_ptr<const ClientCertificate> client_certificate(const Ssl& ssl) {
  const std::unique_ptr<X509, Free> shown(SSL_get1_peer_certificate(ssl.get()));
  if (!shown || SSL_get_verify_result(ssl.get()) != X509_V_OK) return nullptr;
  std::tm ends{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(shown.get()), &ends) != 1) return nullptr;
  auto out = std::make_shared<ClientCertificate>();
  out->subject = text_of(X509_get_subject_name(shown.get()));
  out->issuer = text_of(X509_get_issuer_name(shown.get()));
  out->not_after = Instant{std::chrono::seconds(::timegm(&ends))};
  read_names(shown.get(), *out);
  return out;
}

}  // namespace armature::http
