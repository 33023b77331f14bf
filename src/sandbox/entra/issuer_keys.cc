#include "sandbox/entra/issuer_keys.h"

#include "identity/key_set.h"

namespace armature::sandbox {
namespace {

constexpr auto kKeep = std::chrono::minutes(10);
constexpr auto kAskAgain = std::chrono::seconds(10);
constexpr std::size_t kMostIssuers = 256;

Error unavailable(const std::string& why) { return fail(Code::kUnavailable, why); }

}  // namespace

Result<IssuerKeys::Known> IssuerKeys::ask(const std::string& issuer) const {
  if (!fetch_) return unavailable("the sandbox asks no outside issuer");
  if (!identity::may_be_asked(issuer)) return unavailable("the issuer is no https URL");
  ARMATURE_TRY(const std::string text, fetch_(identity::configuration_url(issuer)));
  ARMATURE_TRY(const std::string address, identity::read_jwks_uri(text, issuer));
  ARMATURE_TRY(const std::string set, fetch_(address));
  Known out;
  out.at = clock_.now();
  ARMATURE_TRY(out.keys, identity::read_key_set(set));
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
