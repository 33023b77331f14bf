#pragma once
// Load: HTTP/1.1 requests over TLS at a constant rate, or as fast as answers come.
//
//   Open loop    request i is due at start + i / rate. Its latency runs from then, not from when a
//                connection was free: a server that stalls is not asked less, and its stall counts
//                for all who had to wait (no coordinated omission)
//   Closed loop  rate 0: every connection asks again as soon as it was answered
//   Retries      a GET on a connection that served before and closes before the first byte of the
//                answer is sent again, once, as every client does. Nothing else is
//   Threads      one; run() returns when the time is over and what was under way has ended
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "histogram.h"

namespace armature::bench {

// One sort of request, and how it is to be answered. `{n}` in target and body becomes a number that
// no other request of the run has.
struct Kind {
  std::string name;
  unsigned weight = 1;
  std::string method = "GET";
  std::string target;
  std::string bearer;
  std::string body;
  std::vector<unsigned> expected = {200};
};

struct LoadOptions {
  std::string address = "127.0.0.1";  // connected to; a forward proxy's when `connect_to` is set
  std::uint16_t port = 0;
  std::string host;               // Host, and the name that the certificate must have
  std::string connect_to;         // host:port for CONNECT; empty: no forward proxy
  std::string proxy_basic;        // base64 of user:password, for the CONNECT
  std::string ca_file;            // the only trusted CA
  unsigned connections = 16;      // at most
  unsigned requests_each = 0;     // then the connection is closed and another opened; 0: no end
  unsigned source_addresses = 1;  // 127.0.0.1, 127.0.0.2, … in turn
  double rate = 0;                // requests a second
  double warm_up = 0;             // seconds before the measured ones, with the same rate
  double seconds = 1;
  double report_every = 0;  // seconds; 0: only at the end
  double idle_limit = 30;   // seconds; a connection unused for longer is not used again
  double patience = 30;     // seconds for one exchange
  std::vector<Kind> kinds;
};

struct Counts {
  std::uint64_t due = 0;       // came due in the measured time
  std::uint64_t answered = 0;  // with any status
  std::uint64_t expected = 0;  // with a status of Kind::expected
  std::uint64_t retried = 0;
  std::uint64_t connections = 0;                 // opened
  std::map<std::string, std::uint64_t> by_kind;  // "KIND STATUS"
  std::map<std::string, std::uint64_t> errors;   // cause → number; each request counts once
  Histogram latency;
};

// `report` gets what came since the last report. The total is returned.
Counts run(const LoadOptions& options, const std::function<void(const Counts&)>& report);

// Opens options.connections, asks once on each, then holds them until `released` returns. Throws
// std::runtime_error when one cannot be had.
void hold_idle(const LoadOptions& options, const std::function<void()>& released);

}  // namespace armature::bench
