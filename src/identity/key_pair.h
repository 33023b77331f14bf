#pragma once
// A certificate with its private key, as an application's owner keeps them in one file.
//
//   In        PEM (key and certificate in any order, PKCS #1 or #8, encrypted or not), or PKCS #12
//   Errors    kInvalid: neither, no key, no certificate, a wrong or missing password, a key that is
//             not the certificate's, or no RSA key of at least 2048 bits. Never with the key's text
//   Threads   pure
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "identity/certificate.h"
#include "identity/jwt.h"

namespace armature::identity {

struct KeyPair {
  RsaKey key;
  Certificate certificate;
};

Result<KeyPair> read_key_pair(const Secret& bytes, const Secret& password);

}  // namespace armature::identity
