#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "base/bytes.h"

namespace armature {
namespace {

// Fetched once: the constants of OpenSSL 3 look their algorithm up at every use.
const EVP_MD* fetched(const char* name) {
  const EVP_MD* kind = EVP_MD_fetch(nullptr, name, nullptr);
  if (kind == nullptr) std::abort();
  return kind;
}

struct ContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::string digest(const EVP_MD* kind, std::string_view bytes) {
  // Kept by each thread: making one takes as long as digesting a kilobyte.
  thread_local const std::unique_ptr<EVP_MD_CTX, ContextFree> context(EVP_MD_CTX_new());
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned int size = 0;
  if (EVP_DigestInit_ex2(context.get(), kind, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), out.data(), &size) != 1) {
    std::abort();
  }
  return {reinterpret_cast<const char*>(out.data()), size};
}

}  // namespace

std::string sha1(std::string_view bytes) { return digest(EVP_sha1(), bytes); }
std::string sha256(std::string_view bytes) {
  static const EVP_MD* const kKind = fetched("SHA256");
  return digest(kKind, bytes);
}
std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned int size = 0;
  const char* const start = key.data() ? key.data() : "";  // a null key means another thing there
  if (!HMAC(EVP_sha256(), start, static_cast<int>(key.size()),
            reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out.data(),
            &size)) {
    std::abort();
  }
  return {reinterpret_cast<const char*>(out.data()), size};
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string uuid_v5(std::string_view name_space, std::string_view name) {
  std::string hex(name_space);
  std::erase(hex, '-');
  const auto space = from_hex(hex);
  std::string raw = sha1((space ? *space : std::string()) + std::string(name));
  raw.resize(16);
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x50);
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
  return format_uuid(raw);
}

std::string arm_guid(std::string_view joined_arguments) {
  return uuid_v5("11fb06fb-712d-4ddd-98c7-e71bbd588830", joined_arguments);
}

}  // namespace armature
