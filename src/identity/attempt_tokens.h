#pragma once
// AttemptTokens: makes and checks the short-lived token that a task attempt presents to the
// gateway.
//
//   Token     a JWT (HS256): iss, aud, iat, nbf, exp, jti, sub "dag/run/task", and dag, run, task,
//             map_index, try, fence. The key never leaves the process. With ActsAs also tid and
//             appid: `az login --identity` reads the tenant out of the token; no check relies on
//             them
//   issue     the same fence again gives one more token (a renewal); kConflict when a newer fence
//             was issued to, or when this one has ended; kInvalid: no time to live
//   verify    signature (only HS256, whatever the header says), issuer, audience, times, and that
//             the fence is the one current for the task: a newer attempt or the end of this one
//             revokes at once. A task never issued to by this process is refused: fails closed.
//             The signature of a token that held is not checked again until it expires; the fence
//             is, at every call
//   Errors    kUnauthenticated, saying which check failed; the message never holds the token
//   Threads   every call from any thread
//   Source    RFC 7519, RFC 8725 (best current practice)
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/attempt.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace armature::identity {

// The upstream identity that the gateway will use for the attempt.
struct ActsAs {
  std::string tenant_id;
  std::string client_id;
};

class AttemptTokens {
 public:
  AttemptTokens(Secret key, const Clock& clock, Random& random);

  // From now on every token of the same task with another fence is refused.
  Result<Secret> issue(const Attempt& attempt, Micros time_to_live, const ActsAs& acts_as = {});
  Result<Attempt> verify(std::string_view token) const;
  void revoke(const Attempt& attempt);  // the attempt ended; a newer one's token is not touched

 private:
  struct Current {
    std::int64_t fence;
    bool live;
    Instant last_expiry;  // of the tokens issued to it
  };
  struct Held {
    Attempt attempt;
    Instant from, until;
  };
  void forget_expired();
  Result<Attempt> read(std::string_view token) const;
  void remember(std::string digest, Held held) const;  // under the mutex
  const Secret key_;
  const Clock& clock_;
  Random& random_;
  mutable std::mutex mutex_;
  std::map<TaskKey, Current> current_;
  mutable std::map<std::string, Held> held_;  // by SHA-256 of the token
  std::size_t crowded_ = 1'024;               // look for entries to forget at this size
};

}  // namespace armature::identity
