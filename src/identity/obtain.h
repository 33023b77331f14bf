#pragma once
// obtain: one new token for an identity, whatever its kind. Inside this room only; the cache around
// it is upstream_tokens.h.
//
//   Errors    kUnavailable: cannot be reached, is throttling, or a file cannot be read;
//             kUnauthenticated: refused, with the answer's words cleaned; kInvalid: the
//             configuration cannot work (an authority without TLS, a file that holds something
//             else)
//   Threads   on an I/O thread; what blocks (files, az) goes to a worker
//   Lifetime  `tools` outlives the task
#include "http/client.h"
#include "http/task.h"
#include "identity/proof.h"
#include "identity/token_answer.h"

namespace armature::identity {

using RunProgram =
    std::function<Result<std::string>(const std::vector<std::string>& arguments)>;  // its stdout

struct TokenTools {
  http::Runtime& runtime;
  http::Client& client;
  Redactor& redactor;
  ProofSources sources;
  RunProgram run_program;
};

struct Wanted {
  std::string resource;
  std::optional<Principal> who;
  std::string claims;  // of a challenge; "" without one
  Secret fetched;      // of a VaultSecret
};

struct Obtained {
  TokenAnswer answer;
  std::optional<Instant> credential_ends;
};

http::Task<Result<Obtained>> obtain(const TokenTools* tools, UpstreamIdentity identity,
                                    Wanted wanted);
// The value of a secret in Key Vault, by a token for it.
http::Task<Result<Secret>> read_vault(const TokenTools* tools, VaultSecret where, Secret token);
std::string vault_resource(const std::string& vault_url);

}  // namespace armature::identity
