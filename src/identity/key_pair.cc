#include "identity/key_pair.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <cstring>

#include "identity/openssl_owned.h"

namespace armature::identity {
namespace {

using Bag = std::unique_ptr<PKCS12, Freed<PKCS12_free>>;

struct Raw {
  Key key;
  Cert certificate;
};

Bio reader(const Secret& bytes) {
  return Bio(BIO_new_mem_buf(bytes.reveal().data(), static_cast<int>(bytes.reveal().size())));
}

// Without a password OpenSSL would ask for one on the terminal.
int give_password(char* room, int size, int, void* password) {
  const auto& text = static_cast<const Secret*>(password)->reveal();
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(room, text.data(), text.size());
  return static_cast<int>(text.size());
}

Result<Raw> read_pem(const Secret& bytes, Secret password) {
  Raw out;
  out.key.reset(PEM_read_bio_PrivateKey(reader(bytes).get(), nullptr, give_password, &password));
  if (!out.key) {
    return fail(Code::kInvalid, "no private key that can be read" +
                                    std::string(password.empty() ? "" : " with this password"));
  }
  out.certificate.reset(PEM_read_bio_X509(reader(bytes).get(), nullptr, give_password, &password));
  if (!out.certificate) return fail(Code::kInvalid, "a private key without its certificate");
  return out;
}

Result<Raw> read_pfx(const Secret& bytes, const Secret& password) {
  const Bag bag(d2i_PKCS12_bio(reader(bytes).get(), nullptr));
  if (!bag) return fail(Code::kInvalid, "neither PEM nor PKCS #12");
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  if (PKCS12_parse(bag.get(), password.reveal().c_str(), &key, &certificate, nullptr) != 1) {
    return fail(Code::kInvalid, "a PKCS #12 file that does not open with this password");
  }
  Raw out{Key(key), Cert(certificate)};
  if (!out.key || !out.certificate) {
    return fail(Code::kInvalid, "a PKCS #12 file without a key or its certificate");
  }
  return out;
}

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

Result<KeyPair> checked(const Raw& raw) {
  const Bio der(BIO_new(BIO_s_mem()));
  if (i2d_X509_bio(der.get(), raw.certificate.get()) != 1) {
    return fail(Code::kInvalid, "a certificate that cannot be written");
  }
  ARMATURE_TRY(Certificate certificate, read_certificate(text_of(der.get())));
  if (X509_check_private_key(raw.certificate.get(), raw.key.get()) != 1) {
    return fail(Code::kInvalid, "a private key that is not the certificate's");
  }
  const Bio pem(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_PKCS8PrivateKey(pem.get(), raw.key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1) {
    return fail(Code::kInvalid, "a private key that cannot be written");
  }
  ARMATURE_TRY(RsaKey key, load_rsa_key(Secret(text_of(pem.get()))));
  return KeyPair{std::move(key), std::move(certificate)};
}

}  // namespace

Result<KeyPair> read_key_pair(const Secret& bytes, const Secret& password) {
  const bool is_pem = bytes.reveal().find("-----BEGIN") != std::string::npos;
  auto raw = is_pem ? read_pem(bytes, password) : read_pfx(bytes, password);
  auto pair = raw ? checked(*raw) : Result<KeyPair>(std::move(raw).error());
  ERR_clear_error();
  return pair;
}

}  // namespace armature::identity
