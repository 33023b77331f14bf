#pragma once
// FaultList: the faults that are to come, taken by what they match.
//
//   Kinds     for a request    status        an error, with ARM's code and text or the fault's own
//                              throttle      429 with Retry-After
//                              latency       answered late by `duration`
//                              drop_before   the connection closes, nothing was done
//                              drop_after    the connection closes, it was done
//                              expired_token 401 ExpiredAuthenticationToken
//             for a token      token_lifetime  tokens are issued for `duration`
//             for a role       rbac_delay      a new role assignment counts after `duration`
//   Match     method and a part of the path, without regard to case, then the fault's own dice; the
//             first added wins. A request's fault that names no path leaves the token endpoint
//             alone
//   Dice      a fault with a probability draws from its own seed: the same requests meet the same
//             faults again
//   Threads   any
#include <list>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/json.h"
#include "http/message.h"
#include "sandbox/sandbox.h"

namespace armature::sandbox {

enum class FaultUse { kRequest, kToken, kRole };

class FaultList {
 public:
  Status add(Fault fault);  // kInvalid, saying what is wrong
  std::optional<Fault> take(FaultUse use, std::string_view method, std::string_view path,
                            bool is_arm = true);
  // kNotFound: no fault has that id.
  Status remove(std::int64_t id);
  Json to_json() const;
  std::size_t size() const;
  void clear();

 private:
  struct Entry {
    Fault fault;
    std::int64_t id;
    std::int64_t met = 0;
    std::uint64_t dice;
  };
  mutable std::mutex mutex_;
  std::list<Entry> entries_;
  std::int64_t next_id_ = 1;
};

// The answer of a request's fault that lets nothing happen: status, throttle, expired_token.
std::optional<http::Response> fault_response(const Fault& fault, Instant now);

}  // namespace armature::sandbox
