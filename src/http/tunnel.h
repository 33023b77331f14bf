#pragma once
// Tunnel: a connection to a host by name, and bytes relayed between it and a client. Used inside
// this room.
//
//   open    kUnavailable: no such name, no connection, not in time; kDenied: every address that the
//           name has is this machine or its link, and those are not allowed. What is looked up is
//           what is connected to: a name that changes in between gains nothing
//   relay   until both sides have ended, one has failed, or no byte came for the idle timeout. An
//           end in one direction is passed on and leaves the other open
//   Threads one loop's
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "http/connect.h"
#include "http/wire.h"

namespace armature::http {

// This machine, its link, or no single machine at all; also inside IPv6's forms of IPv4.
bool is_local(const boost::asio::ip::address& address);

class Tunnel {
 public:
  explicit Tunnel(Loop& loop) : loop_(loop) {}
  Await<Status> open(Relay to, Micros timeout);
  Await<void> relay(Wire* client, Micros idle);

 private:
  struct Lookup;
  struct Flow;
  using Endpoint = boost::asio::ip::tcp::endpoint;
  Await<Status> connect(Endpoint endpoint);
  static Await<void> pump(std::shared_ptr<Flow> flow, Wire* from, Wire* to);
  static Await<void> pump_back(std::shared_ptr<Flow> flow, Wire* from, Wire* to);

  Loop& loop_;
  std::unique_ptr<Wire> server_;
  bool late_ = false;
  std::function<void()> give_up_;  // what the deadline ends
};

}  // namespace armature::http
