#pragma once
// X.509 certificates of applications: what a client assertion is checked against.
//
//   read_certificate  of PEM text (the first certificate in it) or DER bytes
//   Errors    kInvalid: no certificate, or one whose key is no RSA key of at least 2048 bits
//   Threads   pure
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace armature::identity {

struct Certificate {
  std::string der;
  std::string public_pem;
  std::string sha1;     // raw digest of the DER: a JWT header's x5t
  std::string sha256;   // raw: x5t#S256
  std::string subject;  // RFC 2253
  Instant begins;
  Instant ends;
};

Result<Certificate> read_certificate(std::string_view pem_or_der);

}  // namespace armature::identity
