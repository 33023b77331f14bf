#include "sandbox/entra/issuer_keys.h"

#include "base/bytes.h"
#include "http/message.h"
#include "identity/jwt.h"

namespace armature::sandbox {
namespace {

constexpr auto kKeep = std::chrono::minutes(10);
constexpr auto kAskAgain = std::chrono::seconds(10);
constexpr std::size_t kMostKeys = 100;
constexpr std::size_t kMostIssuers = 256;

Error unavailable(const std::string& why) { return fail(Code::kUnavailable, why); }

bool may_ask(const std::string& text) {
  const auto url = http::parse_url(text);
  if (!url) return false;
  return url->scheme == "https" || url->host == "localhost" || url->host == "127.0.0.1" ||
         url->host == "::1";
}

}  // namespace

Result<IssuerKeys::Known> IssuerKeys::ask(const std::string& issuer) const {
  if (!fetch_) return unavailable("the sandbox asks no outside issuer");
  std::string base = issuer;
  while (base.ends_with('/')) base.pop_back();
  if (!may_ask(base)) return unavailable("the issuer is no https URL");
  ARMATURE_TRY(const std::string text, fetch_(base + "/.well-known/openid-configuration"));
  const auto document = parse_json(text);
  if (!document) return unavailable("the issuer's configuration is not JSON");
  if (text_at(*document, "issuer") != issuer) {
    return unavailable("the issuer's configuration names another issuer");
  }
  const std::string address = text_at(*document, "jwks_uri");
  if (!may_ask(address)) return unavailable("the issuer's jwks_uri is no https URL");
  ARMATURE_TRY(const std::string set_text, fetch_(address));
  const auto set = parse_json(set_text);
  const Json* list = set ? armature::find(*set, "keys") : nullptr;
  if (!list || !list->is_array()) return unavailable("the issuer's keys are no JWK set");
  Known out;
  out.at = clock_.now();
  for (const Json& jwk : list->get_array()) {
    if (out.keys.size() == kMostKeys) break;
    // Keys of other kinds stand in many sets; only RSA can sign what is accepted here.
    if (auto pem = identity::public_pem_of(jwk)) out.keys[text_at(jwk, "kid")] = *std::move(pem);
  }
  return out;
}

Result<std::string> IssuerKeys::find(const std::string& issuer, const std::string& key_id) {
  {
    const std::scoped_lock lock(mutex_);
    const auto known = known_.find(issuer);
    if (known != known_.end()) {
      const Instant now = clock_.now();
      const auto key = known->second.keys.find(key_id);
      const bool found = key != known->second.keys.end();
      if (found && now < known->second.at + kKeep) return key->second;
      if (!found && now < known->second.at + kAskAgain) {
        return fail(Code::kNotFound, "the issuer has no such key");
      }
    }
  }
  // Not under the lock: two who ask at once are better than one who waits for another's time-out.
  ARMATURE_TRY(Known asked, ask(issuer));
  const auto key = asked.keys.find(key_id);
  Result<std::string> out = key == asked.keys.end()
                                ? Result<std::string>(fail(Code::kNotFound, "no such key"))
                                : Result<std::string>(key->second);
  const std::scoped_lock lock(mutex_);
  if (known_.size() >= kMostIssuers) known_.clear();
  known_[issuer] = std::move(asked);
  return out;
}

}  // namespace armature::sandbox
