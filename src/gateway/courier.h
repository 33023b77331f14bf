#pragma once
// Courier: steps six and seven for one request: sends it as an identity, within a deadline.
//
//   send      once; a 401 drops the cached token and sends once more with a fresh one, which has
//             the claims that the 401 asked for (ARM checks the token before it acts, so this is
//             harmless for every method)
//   read      a GET, repeated as reads are
//   Errors    as http::Client's outcome; a token that could not be had is an error with sent=false,
//             kUnavailable when trying again may help
//   Threads   one coroutine at a time
//   Lifetime  wiring outlives it
#include <string>

#include "gateway/wiring.h"
#include "http/task.h"

namespace armature::gateway {

class Courier {
 public:
  // As `identity`, for `who`.
  Courier(const Wiring& wiring, std::string identity, identity::Principal who, Ticks deadline)
      : wiring_(wiring),
        ask_{std::move(identity), wiring.options.audience, std::move(who)},
        deadline_(deadline) {}

  http::Task<http::Outcome> send(http::Request request);
  http::Task<http::Outcome> read(http::Request request);

  Micros remaining() const { return deadline_ - wiring_.clock.ticks(); }
  Progress progress(int sends) const;
  SendResult describe(const http::Outcome& outcome) const;

 private:
  http::Task<http::Outcome> send_with_token(http::Request request, Secret* used);

  const Wiring& wiring_;
  const identity::TokenAsk ask_;
  Ticks deadline_;
};

// A fault that no repetition cures: no such identity, credentials refused, an answer too large.
bool is_lasting(const http::Outcome& outcome);

}  // namespace armature::gateway
