#pragma once
// What can be said against a request before its path and body are understood. Pure.
//
//   is_for_us    a request without Host, or with the name of this gateway, of its upstream, of the
//                upstream's audience or of loopback; ports do not matter. Any other name means a
//                client that took us for somebody else
//   wrong_shape  no method of ARM's, a header that makes another method of it, a body that is too
//                large, compressed, not UTF-8 or where none may be, a token in the query. `reason`
//                is for the audit log
//   Threads      any
#include <optional>
#include <string>

#include "gateway/gateway.h"
#include "http/message.h"

namespace armature::gateway {

inline constexpr std::size_t kMaxBodyBytes = 4u << 20;

struct WrongShape {
  http::Response answer;
  std::string reason;
};

bool is_for_us(const http::Request& request, const Options& options);
std::optional<WrongShape> wrong_shape(const http::Request& request);

}  // namespace armature::gateway
