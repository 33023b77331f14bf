#include "identity/certificate.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>

#include "identity/openssl_owned.h"

namespace armature::identity {
namespace {

constexpr int kLeastBits = 2048;
constexpr std::size_t kMostBytes = 64 * 1024;

std::string content(const Bio& bio) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

Cert parse(std::string_view text) {
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (text.find("-----BEGIN") == std::string_view::npos) {
    return Cert(d2i_X509_bio(bio.get(), nullptr));
  }
  return Cert(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

std::string digest(const X509* certificate, const EVP_MD* algorithm) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, algorithm, bytes, &size) != 1) return "";
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string subject_of(const X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  return content(bio);
}

Result<Instant> instant_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return fail(Code::kInvalid, "the certificate has no readable validity");
  }
  return Instant{std::chrono::seconds{timegm(&parts)}};
}

}  // namespace

Result<Certificate> read_certificate(std::string_view pem_or_der) {
  const Cert certificate = pem_or_der.size() > kMostBytes ? nullptr : parse(pem_or_der);
  if (!certificate) return fail(Code::kInvalid, "not an X.509 certificate");
  EVP_PKEY* key = X509_get0_pubkey(certificate.get());
  if (!key || EVP_PKEY_is_a(key, "RSA") != 1 || EVP_PKEY_get_bits(key) < kLeastBits) {
    return fail(Code::kInvalid, "the certificate's key is no RSA key of at least 2048 bits");
  }
  Certificate out;
  const Bio der(BIO_new(BIO_s_mem()));
  const Bio open(BIO_new(BIO_s_mem()));
  if (i2d_X509_bio(der.get(), certificate.get()) != 1 ||
      PEM_write_bio_PUBKEY(open.get(), key) != 1) {
    return fail(Code::kInvalid, "the certificate cannot be written");
  }
  out.der = content(der);
  out.public_pem = content(open);
  out.sha1 = digest(certificate.get(), EVP_sha1());
  out.sha256 = digest(certificate.get(), EVP_sha256());
  out.subject = subject_of(certificate.get());
  ARMATURE_TRY(out.begins, instant_of(X509_get0_notBefore(certificate.get())));
  ARMATURE_TRY(out.ends, instant_of(X509_get0_notAfter(certificate.get())));
  return out;
}

}  // namespace armature::identity
