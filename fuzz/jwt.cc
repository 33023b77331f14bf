// Any token: never accepted, never a crash.
#include "identity/jwt.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const armature::Secret key("a key of thirty-two bytes, or so.");
  const std::string_view token(reinterpret_cast<const char*>(data), size);
  if (armature::identity::verify_hs256(token, key, {}, armature::Instant{})) std::abort();
  if (const auto jwt = armature::identity::read_untrusted(token)) {
    (void)armature::identity::date_claim(jwt->claims, "exp").has_value();
    (void)armature::identity::names_audience(jwt->claims, "x");
    (void)armature::identity::public_pem_of(armature::Json(jwt->claims)).has_value();
  }
  return 0;
}
