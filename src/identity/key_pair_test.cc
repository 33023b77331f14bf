#include "identity/key_pair.h"

#include <gtest/gtest.h>
#include <openssl/pkcs12.h>

#include "base/bytes.h"
#include "base/testing.h"
#include "http/testing.h"
#include "identity/testing.h"

namespace armature::identity {
namespace {

using http::testing::must;

struct Material {
  armature::testing::FakeClock clock;
  RsaKey key = must(make_rsa_key());
  std::string certificate =
      testing::self_signed(key, clock.now(), clock.now() + std::chrono::hours(9));
};
const Material& material() {
  static const Material kMaterial;
  return kMaterial;
}

EVP_PKEY* private_key() {
  BIO* in = BIO_new_mem_buf(material().key.private_pem.reveal().data(), -1);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  return key;
}

std::string content(BIO* out) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(out);
  return text;
}

std::string encrypted_pem(const char* password) {
  BIO* out = BIO_new(BIO_s_mem());
  EVP_PKEY* key = private_key();
  PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_256_cbc(), password,
                                static_cast<int>(std::strlen(password)), nullptr, nullptr);
  EVP_PKEY_free(key);
  return content(out);
}

std::string pfx(const char* password) {
  BIO* in = BIO_new_mem_buf(material().certificate.data(), -1);
  X509* certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  EVP_PKEY* key = private_key();
  PKCS12* bag = PKCS12_create(password, "one", key, certificate, nullptr, 0, 0, 0, 0, 0);
  BIO* out = BIO_new(BIO_s_mem());
  i2d_PKCS12_bio(out, bag);
  PKCS12_free(bag);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return content(out);
}

TEST(KeyPair, IsReadInEachForm) {
  const std::string key = material().key.private_pem.reveal();
  const struct {
    const char* name;
    std::string bytes, password;
  } kTable[] = {
      {"certificate first",   material().certificate + key,                      ""       },
      {"key first",           key + material().certificate,                      ""       },
      {"encrypted PEM",       encrypted_pem("hunter2") + material().certificate, "hunter2"},
      {"PFX",                 pfx("hunter2"),                                    "hunter2"},
      {"PFX, empty password", pfx(""),                                           ""       },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const auto pair = read_key_pair(Secret(row.bytes), Secret(row.password));
    ASSERT_TRUE(pair) << pair.error().message;
    EXPECT_EQ(pair->key.public_pem, material().key.public_pem);
    EXPECT_EQ(pair->certificate.sha256, must(read_certificate(material().certificate)).sha256);
  }
}

TEST(KeyPair, SaysWhatIsWrong) {
  const std::string key = material().key.private_pem.reveal();
  const RsaKey other = must(make_rsa_key());
  const struct {
    const char* name;
    std::string bytes, password;
    const char* message;
  } kTable[] = {
      {"nothing",             "",                                                  "",          "neither PEM nor PKCS #12"             },
      {"text",                "hello",                                             "",          "neither PEM nor PKCS #12"             },
      {"no key",              material().certificate,                              "",          "no private key that can be read"      },
      {"no certificate",      key,                                                 "",          "a private key without its certificate"},
      {"no password",         encrypted_pem("hunter2") + material().certificate,   "",
       "no private key that can be read"                                                                                               },
      {"a wrong password",    encrypted_pem("hunter2") + material().certificate,   "wrong-one",
       "no private key that can be read with this password"                                                                            },
      {"PFX, wrong password", pfx("hunter2"),                                      "wrong-one",
       "a PKCS #12 file that does not open with this password"                                                                         },
      {"another's key",       other.private_pem.reveal() + material().certificate, "",
       "a private key that is not the certificate's"                                                                                   },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const auto pair = read_key_pair(Secret(row.bytes), Secret(row.password));
    ASSERT_FALSE(pair);
    EXPECT_EQ(pair.error().code, Code::kInvalid);
    EXPECT_EQ(pair.error().message, row.message);
  }
}

}  // namespace
}  // namespace armature::identity
