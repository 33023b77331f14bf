// Any client assertion, any $filter of Graph: never accepted, never a crash.
#include "sandbox/entra/assertion.h"

#include <cstdlib>

#include "identity/certificate.h"
#include "sandbox/entra/graph/filter.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const armature::identity::RsaKey kKey = *armature::identity::make_rsa_key();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const armature::Instant now{std::chrono::seconds(1'700'000'000)};
  (void)armature::identity::read_certificate(text).has_value();
  if (const auto filter = armature::sandbox::graph::read_filter(text))
    (void)filter->holds(armature::JsonObject{
        {"a", "b"}
    });
  const armature::sandbox::TokenAudience audience{{"localhost:8082"}, {"tenant"}};
  (void)audience.means(text);
  const auto assertion = armature::sandbox::read_assertion(text);
  if (!assertion) return 0;
  if (!armature::sandbox::check_certificate(*assertion, "client", {}, audience, now)) std::abort();
  if (!armature::sandbox::match_federated(*assertion, {})) std::abort();
  if (!armature::sandbox::check_federated(*assertion, kKey.public_pem, now)) std::abort();
  return 0;
}
