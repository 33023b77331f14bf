#include "identity/key_set.h"

#include "base/json.h"
#include "http/message.h"
#include "identity/jwt.h"

namespace armature::identity {
namespace {

constexpr std::size_t kMostKeys = 100;

Error unusable(const std::string& why) { return fail(Code::kUnavailable, why); }

}  // namespace

bool may_be_asked(std::string_view text) {
  const auto url = http::parse_url(text);
  if (!url) return false;
  return url->scheme == "https" || url->host == "localhost" || url->host == "127.0.0.1" ||
         url->host == "::1";
}

std::string configuration_url(std::string_view issuer) {
  std::string base(issuer);
  while (base.ends_with('/')) base.pop_back();
  return base + "/.well-known/openid-configuration";
}

Result<std::string> read_jwks_uri(std::string_view configuration, std::string_view issuer) {
  const auto document = parse_json(configuration);
  if (!document) return unusable("the issuer's configuration is not JSON");
  if (text_at(*document, "issuer") != issuer) {
    return unusable("the issuer's configuration names another issuer");
  }
  std::string address = text_at(*document, "jwks_uri");
  if (!may_be_asked(address)) return unusable("the issuer's jwks_uri is no https URL");
  return address;
}

Result<std::map<std::string, std::string>> read_key_set(std::string_view jwks) {
  const auto set = parse_json(jwks);
  const Json* list = set ? armature::find(*set, "keys") : nullptr;
  if (!list || !list->is_array()) return unusable("the issuer's keys are no JWK set");
  std::map<std::string, std::string> out;
  std::size_t looked_at = 0;
  for (const Json& jwk : list->get_array()) {
    if (++looked_at > kMostKeys) break;
    if (auto pem = public_pem_of(jwk)) out[text_at(jwk, "kid")] = *std::move(pem);
  }
  return out;
}

}  // namespace armature::identity
