#include "identity/oidc_issuer.h"

namespace armature::identity {
namespace {

constexpr auto kLifetime = std::chrono::minutes(10);
constexpr std::string_view kConfiguration = "/.well-known/openid-configuration";
constexpr std::string_view kKeys = "/.well-known/jwks.json";

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Json configuration_of(const std::string& issuer) {
  return JsonObject{
      {"issuer",                                issuer                                                },
      {"jwks_uri",                              without_slash(issuer) + std::string(kKeys)            },
      {"response_types_supported",              JsonArray{"id_token"}                                 },
      {"subject_types_supported",               JsonArray{"public"}                                   },
      {"id_token_signing_alg_values_supported", JsonArray{"RS256"}                                    },
      {"claims_supported",                      JsonArray{"iss", "sub", "aud", "iat", "nbf", "exp", "jti", "dag", "run",
                                     "task", "map_index", "try", "workload"}}
  };
}

}  // namespace

Result<std::unique_ptr<OidcIssuer>> OidcIssuer::open(const std::filesystem::path& key_file,
                                                     const Clock& clock, Random& random) {
  ARMATURE_TRY(auto keys, TokenKeys::open(key_file, clock));
  return std::unique_ptr<OidcIssuer>(new OidcIssuer(std::move(keys), clock, random));
}

Result<Secret> OidcIssuer::assertion(const Principal& who, const std::string& audience) const {
  const auto seconds = [](Instant at) {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  };
  const Instant now = clock_.now();
  JsonObject claims;
  claims["iss"] = url_;
  claims["sub"] = federated_subject(who);
  claims["aud"] = audience;
  claims["iat"] = claims["nbf"] = seconds(now);
  claims["exp"] = seconds(now + kLifetime);
  claims["jti"] = random_.uuid();
  if (who.workload) {
    claims["workload"] = who.workload->name;
  } else {
    claims["dag"] = who.attempt.key.dag.str();
    claims["run"] = who.attempt.key.run.str();
    claims["task"] = who.attempt.key.task.str();
    claims["map_index"] = who.attempt.key.map_index;
    claims["try"] = who.attempt.try_number;
  }
  return sign_rs256(claims, *keys_->current());
}

std::optional<http::Response> OidcIssuer::answer(const http::Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  std::string path = http::path_of(request.target);
  const auto url = http::parse_url(url_);
  const std::string below = url ? without_slash(http::path_of(url->target)) : "";
  if (!below.empty() && path.starts_with(below + "/")) path.erase(0, below.size());
  std::optional<http::Response> out;
  if (path == kConfiguration) out = http::json_response(200, dump(configuration_of(url_)));
  if (path == kKeys) {
    out = http::json_response(200, dump(JsonObject{
                                       {"keys", keys_->key_set()}
    }));
  }
  if (out) out->headers.set("Cache-Control", "public, max-age=300");
  return out;
}

}  // namespace armature::identity
