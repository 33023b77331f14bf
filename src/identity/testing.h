#pragma once
// For tests: waiting for an upstream token outside of a coroutine.
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "http/task.h"
#include "identity/upstream_tokens.h"

namespace armature::identity::testing {

using Promise = std::promise<Result<Secret>>;

inline http::Task<void> fulfil(UpstreamTokens* tokens, std::string identity, std::string resource,
                               std::shared_ptr<Promise> promise) {
  Result<Secret> token = co_await tokens->token(std::move(identity), std::move(resource));
  promise->set_value(std::move(token));
}

// Starts asking. Not from an I/O thread if the future is waited for.
inline std::future<Result<Secret>> ask_token(http::Runtime& runtime, UpstreamTokens& tokens,
                                             const std::string& identity,
                                             const std::string& resource) {
  auto promise = std::make_shared<Promise>();
  auto future = promise->get_future();
  http::spawn(runtime, [&tokens, identity, resource, promise] {
    return fulfil(&tokens, identity, resource, promise);
  });
  return future;
}

}  // namespace armature::identity::testing
