#pragma once
// Who asks for a token, and is it true: a client with its secret, its certificate's assertion, or
// an assertion of an outside issuer.
//
//   Reads   the directory under the store's lock; an outside issuer is asked after that lock is let
//           go, so this blocks: never on an I/O thread
//   Out     the service principal and how it was proved, or Entra's refusal. A refusal never says
//           whether a secret was near
#include <optional>
#include <string>
#include <variant>

#include "base/secret.h"
#include "sandbox/cloud.h"
#include "sandbox/entra/aadsts.h"

namespace armature::sandbox {

struct PresentedClient {
  std::string id;
  Secret secret;
  std::string assertion_type;
  std::string assertion;
  std::string host;  // that the request was sent to
};

struct ProvedClient {
  ServicePrincipal principal;
  std::string proof;  // "1" secret, "2" assertion
};
std::variant<ProvedClient, EntraError> prove_client(Cloud& cloud, const PresentedClient& client);

}  // namespace armature::sandbox
