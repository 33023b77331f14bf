#include <array>

#include "arm/error_body.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/entra.h"

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

// Tokens for ARM carry the resource as it was asked for: with or without the last slash.
bool is_arm_audience(const Cloud& cloud, std::string_view audience) {
  while (!audience.empty() && audience.back() == '/') audience.remove_suffix(1);
  return equal_ci(audience, "https://management.azure.com") ||
         equal_ci(audience, "https://management.core.windows.net") ||
         equal_ci(audience, cloud.url());
}

Instant seconds_claim(const Json& claims, std::string_view name) {
  return Instant{std::chrono::seconds{int_at(claims, name)}};
}

}  // namespace

BearerToken read_token(const Cloud& cloud, const http::Request& request) {
  using Flaw = BearerToken::Flaw;
  const auto header = request.headers.get("Authorization");
  if (!header) return {Flaw::kMissing, nullptr};
  if (!starts_with_ci(*header, "Bearer ")) return {Flaw::kNoBearer, nullptr};
  // The times are checked here, not there: Azure tells an expired token from a wrong one.
  identity::JwtRules rules;
  rules.leeway = std::chrono::hours(24 * 365 * 50);
  const Instant now = cloud.clock().now();
  const auto jwt = identity::verify_rs256(trim(std::string_view(*header).substr(7)),
                                          cloud.key().public_pem, rules, now);
  if (!jwt) return {Flaw::kInvalid, nullptr};
  const Json claims = jwt->claims;
  if (text_at(claims, "iss") != "https://sts.windows.net/" + cloud.tenant() + "/") {
    return {Flaw::kIssuer, claims};
  }
  if (seconds_claim(claims, "exp") <= now) return {Flaw::kExpired, claims};
  if (seconds_claim(claims, "nbf") > now + std::chrono::minutes(5)) {
    return {Flaw::kNotYet, claims};
  }
  return {Flaw::kNone, claims};
}

Caller caller_of(const Json& claims) {
  return {to_lower(text_at(claims, "oid")), text_at(claims, "appid"), claims};
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
      return refused(
          "ExpiredAuthenticationToken",
          "The access token expiry UTC time '" + to_rfc3339(seconds_claim(token.claims, "exp")) +
              "' is earlier than current UTC time '" + to_rfc3339(cloud.clock().now()) + "'.");
    case Flaw::kNotYet:
      return refused("InvalidAuthenticationToken", "The access token is not yet valid.");
  }
  if (!is_arm_audience(cloud, text_at(token.claims, "aud"))) {
    return refused(
        "InvalidAuthenticationToken",
        "The access token has been obtained for wrong audience or resource '" +
            text_at(token.claims, "aud") +
            "'. It should exactly match with one of the allowed audiences "
            "'https://management.core.windows.net/','https://management.core.windows.net',"
            "'https://management.azure.com/','https://management.azure.com'.");
  }
  return TokenCheck{caller_of(token.claims), {}};
}

}  // namespace armature::sandbox
