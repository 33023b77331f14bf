#pragma once
// TokenKeys: the RSA keys that sign the tokens of an issuer (the sandbox's tenant, or Armature).
//
//   Two keys  the current one signs; the next one is already in the key set, so that a verifier
//             that keeps the set knows it before its first token. A key signs for six weeks, and
//             stays in the set for a day and an hour after that: no token outlives it
//   Kept      in a file of mode 0600, never in a database: whoever keeps tokens of this issuer
//             goes on with them after a restart. Without a file the keys end with the process
//   Errors    open: kInvalid, the file is there and holds no keys: it is never overwritten.
//             A rotation that cannot be written is tried again at the next token
//   Threads   any
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "identity/jwt.h"

namespace armature::identity {

class TokenKeys {
 public:
  static Result<std::unique_ptr<TokenKeys>> open(std::filesystem::path file, const Clock& clock);

  std::shared_ptr<const RsaKey> current();
  // Of a token's header; nothing for a key that is unknown or too old.
  std::shared_ptr<const RsaKey> find(std::string_view key_id) const;
  JsonArray key_set() const;  // JWKs

 private:
  struct Key {
    std::shared_ptr<const RsaKey> key;
    std::optional<Instant> begins;  // nothing: its turn has not come
    std::optional<Instant> ends;    // set when the next one began
  };
  TokenKeys(std::filesystem::path file, const Clock& clock);
  Status load();
  Status rotate(Instant now);
  Status save(const std::vector<Key>& keys) const;
  static Result<Key> make();
  static bool holds(const Key& key, Instant now);

  const std::filesystem::path file_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<Key> keys_;  // old to new: …, current, next
};

}  // namespace armature::identity
