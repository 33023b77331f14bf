#pragma once
// FaultList: the faults that are to come, taken by what they match.
//
//   Kinds     for a request    status        an error, with ARM's code and text or the fault's own
//                              throttle      429 with Retry-After
//                              latency       done and answered late by `duration`
//                              late          done at once, answered late by `duration`
//                              drop_before   the connection closes, nothing was done
//                              drop_after    the connection closes, it was done
//                              drop_during   the connection closes in the middle of the answer
//                              drop_idle     the connection closes after the answer
//                              expired_token 401 ExpiredAuthenticationToken
//             for a token      token_lifetime  tokens are issued for `duration`
//             for a role       rbac_delay      a new role assignment counts after `duration`
//   Match     method and a part of the path, without regard to case, then the fault's own dice; the
//             first added wins. A request's fault that names no path leaves the token endpoint
//             alone
//   Holding   latency and late hold a request for their duration, or until they are removed: who
//             waits for something need not know how long it takes. A fault stays listed, with how
//             many requests it holds, until it holds none
//   Dice      a fault with a probability draws from its own seed: the same requests meet the same
//             faults again
//   Threads   any
#include <condition_variable>
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
  struct Taken : Fault {
    std::int64_t id = 0;
  };
  std::optional<Taken> take(FaultUse use, std::string_view method, std::string_view path,
                            bool is_arm = true);

  // A request that has met latency or late, from take() until its answer is known.
  class Held {
   public:
    Held(FaultList& list, Taken by) : list_(list), by_(std::move(by)) {}
    ~Held() { list_.let_go(by_.id); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    void wait() { list_.wait(by_); }

   private:
    FaultList& list_;
    const Taken by_;
  };
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
    int holds = 0;
    bool over = false;      // met as often as it was to be, or removed
    bool released = false;  // removed
  };
  std::list<Entry>::iterator find(std::int64_t id);
  void end(std::list<Entry>::iterator entry);
  void wait(const Taken& by);
  void let_go(std::int64_t id);

  mutable std::mutex mutex_;
  std::condition_variable released_;
  std::list<Entry> entries_;
  std::int64_t next_id_ = 1;
};

// The answer of a request's fault that lets nothing happen: status, throttle, expired_token.
std::optional<http::Response> fault_response(const Fault& fault, Instant now);

}  // namespace armature::sandbox
