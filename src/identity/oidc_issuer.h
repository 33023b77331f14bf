#pragma once
// OidcIssuer: Armature vouches for its DAGs towards Entra (workload identity federation): short
// tokens that say which DAG asks, and the two public documents by which Entra verifies them.
//
//   assertion  RS256; iss, sub "dag:NAME" (twenty federated credentials an identity are the most
//              that Entra takes, so run, task and try are further claims), aud, iat, nbf, exp, jti
//   answer     GET of /.well-known/openid-configuration and /.well-known/jwks.json, also below the
//              issuer URL's own path; nothing for other requests. Public: no token is asked for
//   Keys       token_keys.h: the next key is published long before it signs
//   set_url    before the first assertion; Entra compares it letter by letter
//   Threads    any
//   Source     learn.microsoft.com, "workload identity federation considerations"; OpenID Connect
//              Discovery 1.0
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "http/message.h"
#include "identity/principal.h"
#include "identity/token_keys.h"

namespace armature::identity {

class OidcIssuer {
 public:
  // The keys are made at the first start and kept in the file, 0600.
  static Result<std::unique_ptr<OidcIssuer>> open(const std::filesystem::path& key_file,
                                                  const Clock& clock, Random& random);
  void set_url(std::string url) { url_ = std::move(url); }
  const std::string& url() const { return url_; }

  Result<Secret> assertion(const Principal& who, const std::string& audience) const;
  std::optional<http::Response> answer(const http::Request& request) const;

 private:
  OidcIssuer(std::unique_ptr<TokenKeys> keys, const Clock& clock, Random& random)
      : keys_(std::move(keys)), clock_(clock), random_(random) {}
  const std::unique_ptr<TokenKeys> keys_;
  const Clock& clock_;
  Random& random_;
  std::string url_;
};

}  // namespace armature::identity
