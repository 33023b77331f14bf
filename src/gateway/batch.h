#pragma once
// POST /batch?api-version=…: several ARM requests in one, as the portal and scripts send them. Here
// it is taken apart: each call is admitted, written down and sent by itself, and Azure never sees a
// batch.
//
//   Body      {"requests": [{"httpMethod", "url", "name", "content", "requestHeaderDetails":
//             {"commandName"}, "headers"}]}; a url is a path, or a URL of this gateway or its
//             upstream
//   Answer    200 {"responses": [{"name", "httpStatusCode", "headers", "content",
//   "contentLength"}]}
//             in the order of the calls
//   Refused   as a whole, before any call is sent: a body that is not understood, more than 20
//   calls
//             or none, a batch in the batch, a call that is not admitted. The answer names the call
//   Headers   of the batch hold for each call (also who is calling); a call's own may not name
//             another caller
//   Threads   pure
#include <string>
#include <variant>
#include <vector>

#include "gateway/admit.h"
#include "gateway/gateway.h"
#include "http/message.h"

namespace armature::gateway {

inline constexpr std::size_t kMostBatchCalls = 20;

struct BatchCall {
  std::string name;  // as given; the call's number, from 1, when it has none
  http::Request request;
};

bool is_batch(const http::Request& request);
std::variant<std::vector<BatchCall>, Refused> read_batch(const http::Request& request,
                                                         const std::string& request_id,
                                                         const Callers& callers,
                                                         const Options& options);
// What a call was refused with, as the answer to all of the batch.
http::Response refused_for(const BatchCall& call, http::Response answer);
http::Response batch_answer(const std::vector<BatchCall>& calls,
                            const std::vector<http::Response>& answers);

}  // namespace armature::gateway
