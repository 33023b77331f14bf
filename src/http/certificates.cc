#include "http/certificates.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

#include "base/bytes.h"
#include "base/files.h"

namespace armature::http {
namespace {

struct Free {
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(BIGNUM* p) const { BN_clear_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

constexpr auto kAuthorityLength = std::chrono::hours(24 * 3650);
constexpr auto kClockSkew = std::chrono::minutes(5);  // a peer's clock may be a little behind

Error failed(std::string_view what) {
  ERR_clear_error();
  return fail(Code::kInternal, "OpenSSL could not " + std::string(what));
}

Result<Owned<EVP_PKEY>> new_key() {
  Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (!key) return failed("make a P-256 key");
  return key;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Result<std::string> pem_of(X509* certificate) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(bio.get(), certificate) != 1) return failed("write a certificate");
  return text_of(bio.get());
}

Result<Secret> pem_of(EVP_PKEY* key) {
  const Owned<BIO> bio(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failed("write a key");
  }
  return Secret(text_of(bio.get()));
}

Owned<BIO> reader_of(const std::string& pem) {
  return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Owned<X509> read_certificate(const std::string& pem) {
  const auto bio = reader_of(pem);
  Owned<X509> out(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return out;
}

Owned<EVP_PKEY> read_key(const Secret& pem) {
  const auto bio = reader_of(pem.reveal());
  Owned<EVP_PKEY> out(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return out;
}

bool extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// What both kinds share: serial, life, subject, key. The first serial bit stays clear: it is
// a positive number of 16 bytes.
Result<Owned<X509>> blank(EVP_PKEY* key, const std::string& name, std::chrono::hours length,
                          const Clock& clock, Random& random) {
  Owned<X509> certificate(X509_new());
  std::string serial = random.bytes(16);
  serial[0] = static_cast<char>((static_cast<unsigned char>(serial[0]) & 0x7f) | 0x40);
  const Owned<BIGNUM> number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()), 16, nullptr));
  const auto seconds = [&](auto shift) {
    const auto at = clock.now() + shift;
    return static_cast<time_t>(
        std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  };
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const bool done =
      X509_set_version(certificate.get(), X509_VERSION_3) == 1 && number &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) != nullptr &&
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds(-kClockSkew)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds(length)) != nullptr &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(name.data()),
                                 static_cast<int>(name.size()), -1, 0) == 1 &&
      X509_set_pubkey(certificate.get(), key) == 1;
  if (!done) return failed("fill in a certificate");
  return certificate;
}

Result<Authority> make_authority(const std::string& name, const Clock& clock, Random& random) {
  ARMATURE_TRY(const Owned<EVP_PKEY> key, new_key());
  ARMATURE_TRY(const Owned<X509> ca, blank(key.get(), name, kAuthorityLength, clock, random));
  const bool done =
      X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get())) == 1 &&
      extend(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      extend(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
      extend(ca.get(), ca.get(), NID_subject_key_identifier, "hash") &&
      X509_sign(ca.get(), key.get(), EVP_sha256()) > 0;
  if (!done) return failed("sign the authority's certificate");
  ARMATURE_TRY(std::string certificate, pem_of(ca.get()));
  ARMATURE_TRY(Secret secret, pem_of(key.get()));
  return Authority{std::move(certificate), std::move(secret)};
}

Status check(const Authority& authority, const std::filesystem::path& directory) {
  const auto certificate = read_certificate(authority.certificate_pem);
  const auto key = read_key(authority.key_pem);
  if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return fail(Code::kInvalid, "ca.pem and ca.key in " + directory.string() +
                                    " are not a certificate and its key; move them away to have "
                                    "new ones made");
  }
  return Ok{};
}

// "DNS:localhost,IP:127.0.0.1". A name with another character would be read as configuration.
Result<std::string> alternative_names(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    unsigned char room[sizeof(in6_addr)];
    const bool address =
        inet_pton(AF_INET, name.c_str(), room) == 1 || inet_pton(AF_INET6, name.c_str(), room) == 1;
    const bool dns = !name.empty() && name.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789-._*") == std::string::npos;
    if (!address && !dns) return fail(Code::kInvalid, "not a host name or address: " + name);
    out.push_back((address ? "IP:" : "DNS:") + name);
  }
  if (out.empty()) return fail(Code::kInvalid, "a certificate needs a name");
  return join(out, ",");
}

}  // namespace

Result<Authority> load_or_make_authority(const std::filesystem::path& directory,
                                         const std::string& common_name, const Clock& clock,
                                         Random& random) {
  auto certificate = read_file(directory / "ca.pem");
  auto key = read_file(directory / "ca.key");
  const auto absent = [](const Result<std::string>& file) {
    return !file && file.error().code == Code::kNotFound;
  };
  if (absent(certificate) && absent(key)) {
    ARMATURE_CHECK(make_private_directory(directory));
    ARMATURE_TRY(Authority made, make_authority(common_name, clock, random));
    ARMATURE_CHECK(write_file(directory / "ca.key", made.key_pem.reveal(), 0600));
    ARMATURE_CHECK(write_file(directory / "ca.pem", made.certificate_pem, 0644));
    return made;
  }
  if (!certificate) return fail(Code::kInvalid, certificate.error().message);
  if (!key) return fail(Code::kInvalid, key.error().message);
  Authority loaded{*std::move(certificate), Secret(*std::move(key))};
  ARMATURE_CHECK(check(loaded, directory));
  return loaded;
}

Result<Certificate> issue(const Authority& authority, const std::vector<std::string>& names,
                          std::chrono::hours length, const Clock& clock, Random& random) {
  ARMATURE_TRY(const std::string alternatives, alternative_names(names));
  const auto ca = read_certificate(authority.certificate_pem);
  const auto ca_key = read_key(authority.key_pem);
  if (!ca || !ca_key)
    return fail(Code::kInvalid, "the authority's certificate or key is unreadable");
  ARMATURE_TRY(const Owned<EVP_PKEY> key, new_key());
  const std::string subject = names.front().substr(0, 64);  // X.520's bound on a common name
  ARMATURE_TRY(const Owned<X509> leaf, blank(key.get(), subject, length, clock, random));
  X509* out = leaf.get();
  const bool done = X509_set_issuer_name(out, X509_get_subject_name(ca.get())) == 1 &&
                    extend(out, ca.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                    extend(out, ca.get(), NID_key_usage, "critical,digitalSignature") &&
                    extend(out, ca.get(), NID_ext_key_usage, "serverAuth") &&
                    extend(out, ca.get(), NID_subject_key_identifier, "hash") &&
                    extend(out, ca.get(), NID_authority_key_identifier, "keyid") &&
                    extend(out, ca.get(), NID_subject_alt_name, alternatives) &&
                    X509_sign(out, ca_key.get(), EVP_sha256()) > 0;
  if (!done) return failed("sign a certificate");
  ARMATURE_TRY(std::string pem, pem_of(out));
  ARMATURE_TRY(Secret secret, pem_of(key.get()));
  return Certificate{std::move(pem) + authority.certificate_pem, std::move(secret)};
}

}  // namespace armature::http
