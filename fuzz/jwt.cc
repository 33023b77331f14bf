// Any token: never accepted, never a crash.
#include <cstdlib>

#include "identity/jwt.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const armature::Secret key("a key of thirty-two bytes, or so.");
  const std::string_view token(reinterpret_cast<const char*>(data), size);
  if (armature::identity::verify_hs256(token, key, {}, armature::Instant{})) std::abort();
  return 0;
}
