#include "base/seal.h"

#include <openssl/evp.h>

#include <memory>

#include "base/bytes.h"
#include "base/crypto.h"

namespace armature {
namespace {

constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

}  // namespace

Result<std::string> seal(std::string_view plain, const Secret& key, Random& random) {
  const std::string nonce = random.bytes(kNonce);
  const std::string derived = sha256(key.reveal());
  std::string out(plain.size(), '\0');
  std::string tag(kTag, '\0');
  int length = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  const bool done =
      cipher &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(derived), raw(nonce)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), raw(out), &length, raw(plain),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), raw(out) + length, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, tag.data()) == 1;
  if (!done) return fail(Code::kInternal, "sealing failed");
  return to_hex(nonce + tag + out);
}

Result<Secret> unseal(std::string_view sealed, const Secret& key) {
  ARMATURE_TRY(std::string bytes, from_hex(sealed));
  if (bytes.size() < kNonce + kTag) return fail(Code::kInvalid, "a sealed value is too short");
  const std::string derived = sha256(key.reveal());
  std::string tag = bytes.substr(kNonce, kTag);
  const std::string text = bytes.substr(kNonce + kTag);
  std::string out(text.size(), '\0');
  int length = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  const bool done =
      cipher &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(derived), raw(bytes)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), raw(out), &length, raw(text),
                        static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), raw(out) + length, &length) == 1;
  if (!done) return fail(Code::kInvalid, "a sealed value does not open with this key");
  return Secret(std::move(out));
}

}  // namespace armature
