#pragma once
// Courier: steps six and seven for one request: sends it as an identity, within a deadline.
//
//   Request   stays the caller's; its Authorization is set here
//   send      once; a 401 drops the cached token and sends once more with a fresh one, which has
//             the claims that the 401 asked for (ARM checks the token before it acts, so this is
//             harmless for every method)
//   read      a GET, repeated as reads are
//   Held      each send waits for its turn (pacing.h); one that cannot have it in time, and a
//   back      mutation that was stopped meanwhile (kill_switch.h), is answered here: sent=false
//   Errors    as http::Client's outcome; a token that could not be had is an error with sent=false,
//             kUnavailable when trying again may help
//   Threads   one coroutine at a time
//   Lifetime  wiring and call outlive it
#include <string>

#include "gateway/lane.h"
#include "gateway/wiring.h"
#include "http/task.h"

namespace armature::gateway {

class Courier {
 public:
  Courier(const Wiring& wiring, const Call& call, Ticks deadline)
      : wiring_(wiring),
        call_(call),
        ask_{
            call.facts->identity, wiring.options.audience,
            identity::Principal{call.attempt, call.workload}
  },
        deadline_(deadline) {}

  http::Task<http::Outcome> send(http::Request* request);
  http::Task<http::Outcome> read(http::Request* request);

  Micros remaining() const { return deadline_ - wiring_.clock.ticks(); }
  Progress progress(int sends) const;
  bool held_back() const { return held_back_; }  // the last answer is not Azure's
  SendResult describe(const http::Outcome& outcome) const;

 private:
  http::Task<http::Outcome> send_with_token(http::Request* request, Secret* used);
  http::Task<std::optional<Micros>> wait_for_turn(const Lane* lane);
  http::Outcome hold_back(http::Response answer);
  void learn(const Lane& lane, const http::Outcome& outcome);

  const Wiring& wiring_;
  const Call& call_;
  const identity::TokenAsk ask_;
  Ticks deadline_;
  bool held_back_ = false;
};

// A fault that no repetition cures: no such identity, credentials refused, an answer too large.
bool is_lasting(const http::Outcome& outcome);

}  // namespace armature::gateway
