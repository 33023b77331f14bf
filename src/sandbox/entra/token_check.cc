#include "arm/error_body.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/entra.h"
#include "sandbox/entra/claims.h"
#include "sandbox/entra/resources.h"

namespace armature::sandbox {
namespace {

http::Response unauthorized(const Cloud& cloud, std::string_view code, std::string_view message) {
  auto response = http::json_response(401, dump(arm::error_json(code, message)));
  response.headers.set("WWW-Authenticate", "Bearer authorization_uri=\"" + cloud.url() + "/" +
                                               cloud.tenant() +
                                               "\", error=\"invalid_token\", error_description=\"" +
                                               std::string(message) + "\"");
  response.headers.set("x-ms-failure-cause", "gateway");
  return response;
}

std::string expiry_text(const Json& claims) {
  const auto expiry = identity::date_claim(claims.get_object(), "exp");
  return expiry ? to_rfc3339(*expiry) : "";
}

}  // namespace

BearerToken read_token(const Cloud& cloud, const http::Request& request) {
  using Flaw = BearerToken::Flaw;
  const auto header = request.headers.get("Authorization");
  if (!header) return {Flaw::kMissing, nullptr};
  if (!starts_with_ci(*header, "Bearer ")) return {Flaw::kNoBearer, nullptr};
  const std::string_view token = trim(std::string_view(*header).substr(7));
  const auto untrusted = identity::read_untrusted(token);
  if (!untrusted) return {Flaw::kInvalid, nullptr};
  const auto key = cloud.token_keys().find(text_at(untrusted->header, "kid"));
  if (!key) return {Flaw::kInvalid, nullptr};
  const auto jwt =
      identity::verify_signature(token, key->public_pem, identity::RsaAlgorithm::kRs256);
  if (!jwt) return {Flaw::kInvalid, nullptr};
  const auto expiry = identity::date_claim(jwt->claims, "exp");
  const auto begins = identity::date_claim(jwt->claims, "nbf");
  if (!expiry || !begins) return {Flaw::kInvalid, nullptr};
  const Json claims(jwt->claims);
  const Instant now = cloud.clock().now();
  if (!is_own_issuer(cloud, text_at(claims, "iss"))) return {Flaw::kIssuer, claims};
  if (*expiry <= now) return {Flaw::kExpired, claims};
  if (*begins > now + std::chrono::minutes(5)) return {Flaw::kNotYet, claims};
  return {Flaw::kNone, claims};
}

Caller caller_of(const Json& claims) {
  return {to_lower(text_at(claims, "oid")), text_at(claims, "appid", text_at(claims, "azp")),
          claims};
}

TokenCheck check_token(const Cloud& cloud, const http::Request& request) {
  using Flaw = BearerToken::Flaw;
  const auto refused = [&](std::string_view code, const std::string& message) {
    return TokenCheck{std::nullopt, unauthorized(cloud, code, message)};
  };
  const BearerToken token = read_token(cloud, request);
  switch (token.flaw) {
    case Flaw::kNone:
      break;
    case Flaw::kMissing:
      return refused("AuthenticationFailed",
                     "Authentication failed. The 'Authorization' header is missing.");
    case Flaw::kNoBearer:
      return refused("AuthenticationFailed",
                     "Authentication failed. The 'Authorization' header is not present or provided "
                     "in an invalid format.");
    case Flaw::kInvalid:
      return refused("InvalidAuthenticationToken", "The access token is invalid.");
    case Flaw::kIssuer:
      return refused(
          "InvalidAuthenticationTokenTenant",
          "The access token is from the wrong issuer '" + text_at(token.claims, "iss") + "'.");
    case Flaw::kExpired:
      return refused("ExpiredAuthenticationToken", "The access token expiry UTC time '" +
                                                       expiry_text(token.claims) +
                                                       "' is earlier than current UTC time '" +
                                                       to_rfc3339(cloud.clock().now()) + "'.");
    case Flaw::kNotYet:
      return refused("InvalidAuthenticationToken", "The access token is not yet valid.");
  }
  if (!is_audience(cloud, Service::kArm, text_at(token.claims, "aud"))) {
    return refused(
        "InvalidAuthenticationTokenAudience",
        "The access token has been obtained for wrong audience or resource '" +
            text_at(token.claims, "aud") +
            "'. It should exactly match with one of the allowed audiences "
            "'https://management.core.windows.net/','https://management.core.windows.net',"
            "'https://management.azure.com/','https://management.azure.com'.");
  }
  return TokenCheck{caller_of(token.claims), {}};
}

}  // namespace armature::sandbox
