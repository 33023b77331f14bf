#pragma once
// SharedPolls: the last answer to the poll of an operation, for all who wait for that operation: a
// poll goes upstream once per Retry-After, however many ask.
//
//   find      an answer that still holds: its Retry-After has not passed, or it came after the
//             caller began to ask (who waited for another's poll takes that one's answer). What is
//             left of the Retry-After stands in it
//   keep      what came of a poll
//   Key       identity and URL: an answer is for those whom Azure would give the same
//   Threads   any
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/message.h"

namespace armature::gateway {

class SharedPolls {
 public:
  std::optional<http::Response> find(const std::string& key, Ticks asked_at, Ticks now) const;
  void keep(const std::string& key, const http::Response& answer, std::optional<Micros> retry_after,
            Ticks now);

 private:
  static constexpr std::size_t kMost = 1024;
  struct Kept {
    http::Response answer;
    Ticks answered_at;
    Ticks until;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Kept> kept_;
};

}  // namespace armature::gateway
