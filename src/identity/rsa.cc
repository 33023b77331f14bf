#include "identity/rsa.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/bytes.h"
#include "identity/openssl_owned.h"

namespace armature::identity::rsa {
namespace {

using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;

constexpr int kBits = 2048;

Error key_error() { return fail(Code::kInternal, "not an RSA key of at least 2048 bits"); }

Result<Key> checked(Key key) {
  if (!key || EVP_PKEY_is_a(key.get(), "RSA") != 1 || EVP_PKEY_get_bits(key.get()) < kBits) {
    return key_error();
  }
  return key;
}

Result<Key> public_key(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return checked(Key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr)));
}

Result<Key> private_key(const Secret& pem) {
  const std::string& text = pem.reveal();
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  // A password callback that gives none: the default one would ask at the terminal.
  const auto no_password = [](char*, int, int, void*) { return 0; };
  return checked(Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr)));
}

std::string content(BIO* bio) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string number_text(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return "";
  const Number number(raw);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
  BN_bn2bin(raw, reinterpret_cast<unsigned char*>(bytes.data()));
  return to_base64url(bytes);
}

bool set_padding(EVP_PKEY_CTX* context, Padding padding) {
  if (padding == Padding::kPkcs1) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

Result<Pair> pair_of(const Key& key) {
  // Secure memory for the private text: wiped when freed.
  const Bio secret(BIO_new(BIO_s_secmem()));
  const Bio open(BIO_new(BIO_s_mem()));
  if (!key ||
      PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1 ||
      PEM_write_bio_PUBKEY(open.get(), key.get()) != 1) {
    return fail(Code::kInternal, "cannot make an RSA key");
  }
  return Pair{Secret(content(secret.get())), content(open.get())};
}

}  // namespace

Result<Pair> make() { return pair_of(Key(EVP_RSA_gen(kBits))); }

Result<Pair> load(const Secret& private_pem) {
  ARMATURE_TRY(const Key key, private_key(private_pem));
  return pair_of(key);
}

Result<std::string> sign(std::string_view text, const Secret& private_pem, Padding padding) {
  ARMATURE_TRY(const Key key, private_key(private_pem));
  const Digest digest(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key.get()));
  std::string out(size, '\0');
  EVP_PKEY_CTX* context = nullptr;  // the digest's own
  if (EVP_DigestSignInit(digest.get(), &context, EVP_sha256(), nullptr, key.get()) != 1 ||
      !set_padding(context, padding) ||
      EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes,
                     text.size()) != 1) {
    return fail(Code::kInternal, "cannot sign with the RSA key");
  }
  out.resize(size);
  return out;
}

Result<bool> verify(std::string_view text, std::string_view signature,
                    const std::string& public_pem, Padding padding) {
  ARMATURE_TRY(const Key key, public_key(public_pem));
  const Digest digest(EVP_MD_CTX_new());
  EVP_PKEY_CTX* context = nullptr;  // the digest's own
  if (EVP_DigestVerifyInit(digest.get(), &context, EVP_sha256(), nullptr, key.get()) != 1 ||
      !set_padding(context, padding)) {
    return key_error();
  }
  return EVP_DigestVerify(digest.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                          text.size()) == 1;
}

Result<Numbers> numbers(const std::string& public_pem) {
  ARMATURE_TRY(const Key key, public_key(public_pem));
  return Numbers{number_text(key.get(), OSSL_PKEY_PARAM_RSA_N),
                 number_text(key.get(), OSSL_PKEY_PARAM_RSA_E)};
}

Result<std::string> public_pem(std::string_view n, std::string_view e) {
  constexpr std::size_t kMostBytes = 16384 / 8;  // OpenSSL's own bound for a modulus
  if (n.size() > kMostBytes || e.size() > 8) return key_error();
  const auto number = [](std::string_view bytes) {
    return Number(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                            static_cast<int>(bytes.size()), nullptr));
  };
  const Number modulus = number(n);
  const Number exponent = number(e);
  const std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return key_error();
  }
  const std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>> parameters(
      OSSL_PARAM_BLD_to_param(builder.get()));
  const std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* raw = nullptr;
  if (!parameters || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return key_error();
  }
  ARMATURE_TRY(const Key key, checked(Key(raw)));
  const Bio open(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PUBKEY(open.get(), key.get()) != 1) return key_error();
  return content(open.get());
}

}  // namespace armature::identity::rsa
