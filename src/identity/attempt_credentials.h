#pragma once
// AttemptCredentials: what a process of an attempt shows at the doors that make tokens for it: the
// forward proxy (as its proxy password) and the managed identity endpoints (as IDENTITY_HEADER).
//
//   Why       these stand in the environment of a process, which nobody can renew: a credential is
//             good for as long as its attempt lives, however short its tokens are
//   Form      a JWT (HS256) with an audience of its own, so that a credential is no token and a
//             token no credential; as a JWT it is known to every Redactor by its shape
//   read      signature and audience alone. Whether the attempt still lives is for the caller to
//             ask: a credential opens nothing by itself
//   Errors    kUnauthenticated, saying which check failed; never with the credential's text
//   Threads   every call from any thread; the key is this process's own
#include <string_view>

#include "base/attempt.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace armature::identity {

class AttemptCredentials {
 public:
  AttemptCredentials(Secret key, const Clock& clock, Random& random);
  Result<Secret> issue(const Attempt& attempt) const;
  Result<Attempt> read(std::string_view credential) const;

 private:
  const Secret key_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace armature::identity
