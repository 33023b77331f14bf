#pragma once
// Forward: sends an admitted request until there is an answer, repeats it where that is harmless,
// and settles what is in doubt by reading back. The coroutine only waits; retry.h and read_back.h
// decide.
//
//   run       answers always; `certainty` says what is known of the effect
//   resolve   for an earlier send of the same request (of an earlier attempt, or of before a
//             crash) whose end is not known: the answer when it took effect or still runs, nothing
//             when the request should be sent
//   Lifetime  everything referred to outlives it; one coroutine at a time
#include <optional>

#include "gateway/admit.h"
#include "gateway/courier.h"
#include "gateway/read_back.h"

namespace armature::gateway {

enum class Certainty { kAnswered, kNotSent, kUnknown };

struct Forwarded {
  http::Response answer;
  Certainty certainty = Certainty::kAnswered;
  int sends = 0;
  bool read_back = false;  // the answer is what a GET found
  bool held_back = false;  // the last send was answered here (courier.h)
  bool replayed = false;   // the answer is the one an earlier send of it got
  std::string error;       // when Azure gave no answer
};

class Forward {
 public:
  Forward(const Wiring& wiring, const Call& call, const http::Request& request, Ticks deadline);

  http::Task<Forwarded> run(Instant first_sent);
  http::Task<std::optional<Forwarded>> resolve(Entry earlier);

 private:
  struct Found {
    Evidence evidence = Evidence::kUnclear;
    http::Response answer;  // for the caller, when it happened
    std::string etag;
    std::string error;  // when Azure did not answer the GET
  };
  http::Task<Found> look(Instant first_sent);
  http::Request reading() const;
  Forwarded answered(http::Outcome outcome) const;
  Forwarded found(http::Response answer) const;
  Forwarded gave_up(http::Outcome outcome, bool unclear) const;
  bool may_be_own_doing(const http::Outcome& outcome) const;
  bool may_send_again(const Found& seen);
  std::string url_of(const std::string& query) const;

  const Wiring& wiring_;
  const Call& call_;
  http::Request request_;
  Courier courier_;
  int sends_ = 0;
  bool doubted_ = false;    // a send of this request, this or an earlier one, was once in doubt
  bool condition_ = false;  // it was sent again under the etag that a look had found
};

}  // namespace armature::gateway
