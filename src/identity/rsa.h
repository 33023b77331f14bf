#pragma once
// RSASSA-PKCS1-v1_5 and RSASSA-PSS with SHA-256 on PEM keys, by OpenSSL. Inside this room only.
//
//   Errors    kInternal: a key that is no RSA key of at least 2048 bits; never with the key's text
//   Source    RFC 7518 §3.3, §3.5 (salt as long as the digest) and §6.3.1
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace armature::identity::rsa {

struct Pair {
  Secret private_pem;
  std::string public_pem;
};
struct Numbers {
  std::string n, e;  // base64url of the big-endian bytes
};

enum class Padding { kPkcs1, kPss };

Result<Pair> make();
Result<Pair> load(const Secret& private_pem);
Result<std::string> sign(std::string_view text, const Secret& private_pem, Padding padding);
Result<bool> verify(std::string_view text, std::string_view signature,
                    const std::string& public_pem, Padding padding);
Result<Numbers> numbers(const std::string& public_pem);
Result<std::string> public_pem(std::string_view n, std::string_view e);  // big-endian bytes

}  // namespace armature::identity::rsa
