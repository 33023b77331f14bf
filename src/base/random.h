#pragma once
// The only source of randomness in the program: keys, token ids, uuids, back-off jitter.
//
//   Threads   every call may be made from any thread
//   Errors    SystemRandom ends the process when the operating system gives no entropy: there is
//             no safe way on
#include <cstddef>
#include <cstdint>
#include <string>

namespace armature {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::string bytes(std::size_t count) = 0;

  std::uint64_t u64();
  double unit();       // uniform in [0, 1)
  std::string uuid();  // RFC 9562 version 4, lower case
};

class SystemRandom final : public Random {
 public:
  std::string bytes(std::size_t count) override;
};

}  // namespace armature
