#include "gateway/callers.h"

namespace armature::gateway {

http::Task<Callers> callers_of(const Wiring* wiring, const http::Request* request) {
  Callers out(wiring->attempts);
  identity::OutsideTokens* outside = wiring->options.outside;
  auto token = outside ? bearer_of(*request) : std::nullopt;
  if (auto known = token ? outside->known(*token) : std::nullopt) {
    out.outside = *std::move(known);
  } else if (token && outside->may_be_ours(*token)) {
    Result<identity::Principal> found = co_await outside->verify(*std::move(token));
    out.outside = std::move(found);
  }
  // A request that has a token is judged by it alone.
  const identity::ClientCertificates* certificates = wiring->options.certificates;
  if (certificates && request->certificate && request->headers.count("authorization") == 0) {
    out.outside = certificates->who(*request->certificate);
  }
  co_return out;
}

}  // namespace armature::gateway
