#pragma once
// RSASSA-PKCS1-v1_5 with SHA-256 on PEM keys, by OpenSSL. Inside this room only.
//
//   Errors    kInternal: a key that is no RSA key of at least 2048 bits; never with the key's text
//   Source    RFC 7518 §3.3 and §6.3.1
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

Result<Pair> make();
Result<std::string> sign(std::string_view text, const Secret& private_pem);
Result<bool> verify(std::string_view text, std::string_view signature,
                    const std::string& public_pem);
Result<Numbers> numbers(const std::string& public_pem);

}  // namespace armature::identity::rsa
