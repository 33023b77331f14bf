#pragma once
// UpstreamTokens: the Azure tokens of the identities the server was configured with. Tasks never
// see one: only the gateway asks.
//
//   token     from the cache, or from the authority by the identity's credential (OAuth 2.0 client
//             credentials, Entra v2). Refreshed ahead of expiry; callers that meet share one
//             request. A token that still holds is given when its refresh finds no authority
//   Errors    kNotFound: no identity of that name (with the known ones); kUnavailable: the
//             authority cannot be reached or is throttling, or the secret's file cannot be read;
//             kUnauthenticated: it refused, with the AADSTS text and no secret; kInvalid: the
//             authority is neither https nor on this machine
//   Threads   any; the coroutine runs on the runtime's I/O threads
//   Lifetime  client, clock and runtime outlive it
//   Source    learn.microsoft.com, "OAuth 2.0 client credentials flow"
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/client.h"
#include "http/task.h"

namespace armature::identity {

// An identity has no secret in the configuration: only where to read it, at each use.
struct UpstreamIdentity {
  std::string name;
  std::string tenant_id;
  std::string client_id;
  std::string authority;  // https://login.microsoftonline.com
  std::filesystem::path client_secret_file;
};

class UpstreamTokens {
 public:
  UpstreamTokens(http::Runtime& runtime, http::Client& client, const Clock& clock,
                 Redactor& redactor, std::vector<UpstreamIdentity> identities);
  ~UpstreamTokens();
  http::Task<Result<Secret>> token(std::string identity, std::string resource);
  void forget(const std::string& identity);  // the next token() asks again: after a 401
  std::vector<std::string> names() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace armature::identity
