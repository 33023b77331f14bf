#include "sandbox/entra/assertion.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/time.h"
#include "http/message.h"
#include "identity/certificate.h"
#include "sandbox/entra/hosts.h"

namespace armature::sandbox {
namespace {

constexpr auto kLeeway = std::chrono::minutes(5);  // Entra's own, between its clock and others'
constexpr std::size_t kMostShown = 600;            // the longest issuer or subject that Entra keeps

std::string claim(const identity::Jwt& jwt, std::string_view name) {
  const Json* found = jwt.claims.if_contains(name);
  return found && found->is_string() ? std::string(as_text(*found)) : "";
}

std::string header(const identity::Jwt& jwt, std::string_view name) {
  const Json* found = jwt.header.if_contains(name);
  return found && found->is_string() ? std::string(as_text(*found)) : "";
}

std::string audience_text(const identity::Jwt& jwt) {
  const Json* found = jwt.claims.if_contains("aud");
  if (!found) return "";
  if (found->is_array() && found->get_array().size() == 1 && found->get_array()[0].is_string()) {
    return std::string(as_text(found->get_array()[0]));
  }
  return claim(jwt, "aud");
}

std::string quoted(const std::string& text) { return "'" + text.substr(0, kMostShown) + "'"; }

std::optional<EntraError> check_times(const identity::Jwt& jwt, Instant now) {
  const auto ends = identity::date_claim(jwt.claims, "exp");
  const auto begins = jwt.claims.contains("nbf") ? identity::date_claim(jwt.claims, "nbf")
                                                 : Result<Instant>(Instant::min() + kLeeway);
  if (!ends || !begins) return EntraError{50027, "JWT token is invalid or malformed."};
  if (*begins <= now + kLeeway && now < *ends + kLeeway) return std::nullopt;
  return EntraError{
      700024,
      "Client assertion is not within its valid time range. Current time: " + to_rfc3339(now) +
          ", assertion valid from " +
          (jwt.claims.contains("nbf") ? to_rfc3339(*begins) : std::string("(not given)")) +
          ", expiry time of assertion " + to_rfc3339(*ends) +
          ". Review the documentation at https://learn.microsoft.com/entra/identity-platform/"
          "certificate-credentials ."};
}

// Go's library writes the standard alphabet, where RFC 7515 has the one for URLs.
std::string url_safe(std::string text) {
  while (text.ends_with('=')) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

// The thumbprint that the header names: x5t and x5t#S256, or kid with the SHA-1 in hex or base64.
const KeyCredential* find_key(const identity::Jwt& jwt, const std::vector<KeyCredential>& keys) {
  const auto hex_of = [&](std::string_view name) {
    const auto raw = from_base64url(url_safe(header(jwt, name)));
    return raw ? to_hex(*raw) : std::string();
  };
  const std::string sha1 = hex_of("x5t");
  const std::string sha256 = hex_of("x5t#S256");
  const std::string kid = header(jwt, "kid");
  const std::string kid_sha1 = hex_of("kid");
  for (const KeyCredential& key : keys) {
    if (!sha256.empty() && sha256 == key.sha256) return &key;
    if (!sha1.empty() && equal_ci(sha1, key.thumbprint)) return &key;
    if (!kid.empty() && (equal_ci(kid, key.thumbprint) || equal_ci(kid_sha1, key.thumbprint))) {
      return &key;
    }
  }
  return nullptr;
}

EntraError bad_signature(const std::string& reason) {
  return {700027, "Client assertion failed signature validation. [Reason - " + reason + "]"};
}

}  // namespace

std::optional<Assertion> read_assertion(std::string_view text) {
  auto jwt = identity::read_untrusted(text);
  if (!jwt) return std::nullopt;
  Assertion out{std::string(text), *std::move(jwt), "", ""};
  out.issuer = claim(out.untrusted, "iss");
  out.key_id = header(out.untrusted, "kid");
  return out;
}

bool TokenAudience::means(std::string_view audience) const {
  const std::string host = host_of_url(audience);
  if (std::ranges::none_of(hosts, [&](const auto& known) { return same_host(known, host); })) {
    return false;
  }
  std::string path = http::path_of(http::parse_url(audience).value_or(http::Url{}).target);
  path = to_lower(path.substr(std::min<std::size_t>(1, path.size())));
  while (path.ends_with('/')) path.pop_back();
  const std::size_t end = path.find('/');
  const std::string tenant = path.substr(0, end);
  if (std::ranges::none_of(tenants, [&](const auto& t) { return equal_ci(t, tenant); })) {
    return false;
  }
  const std::string rest = end == std::string::npos ? "" : path.substr(end);
  return rest.empty() || rest == "/v2.0" || rest == "/oauth2/token" || rest == "/oauth2/v2.0/token";
}

std::optional<EntraError> check_certificate(const Assertion& assertion,
                                            const std::string& client_id,
                                            const std::vector<KeyCredential>& keys,
                                            const TokenAudience& audience, Instant now) {
  const identity::Jwt& jwt = assertion.untrusted;
  if (!equal_ci(claim(jwt, "sub"), client_id)) {
    return EntraError{700021,
                      "Client assertion application identifier doesn't match 'client_id' "
                      "parameter. Review the documentation at https://learn.microsoft.com/entra/"
                      "identity-platform/certificate-credentials ."};
  }
  const KeyCredential* key = find_key(jwt, keys);
  if (!key) return bad_signature("The key was not found.");
  const auto der = from_base64(key->der);
  const auto certificate = der ? identity::read_certificate(*der)
                               : Result<identity::Certificate>(fail(Code::kInvalid, ""));
  const auto algorithm = header(jwt, "alg") == "PS256" ? identity::RsaAlgorithm::kPs256
                                                       : identity::RsaAlgorithm::kRs256;
  if (!certificate ||
      !identity::verify_signature(assertion.text, certificate->public_pem, algorithm)) {
    return bad_signature(
        "The provided signature value did not match the expected signature "
        "value., Thumbprint of key used by client: '" +
        key->thumbprint + "'");
  }
  if (now < key->start || now >= key->end) {
    return bad_signature("The key used is expired., Thumbprint of key used by client: '" +
                         key->thumbprint + "', Found key 'Start=" + to_rfc3339(key->start) +
                         ", End=" + to_rfc3339(key->end) + "'");
  }
  if (!audience.means(audience_text(jwt))) {
    return EntraError{700023,
                      "Client assertion audience claim does not match Realm issuer. Review the "
                      "documentation at https://learn.microsoft.com/entra/identity-platform/"
                      "certificate-credentials ."};
  }
  return check_times(jwt, now);
}

std::optional<EntraError> match_federated(const Assertion& assertion,
                                          const std::vector<FederatedCredential>& credentials) {
  const std::string subject = claim(assertion.untrusted, "sub");
  const std::string audience = audience_text(assertion.untrusted);
  const std::string where =
      ". Check your federated identity credential Subject, Audience and Issuer against the "
      "presented assertion. https://learn.microsoft.com/entra/workload-id/"
      "workload-identity-federation";
  if (credentials.empty()) {
    return EntraError{70021,
                      "No matching federated identity record found for presented assertion. "
                      "Assertion Issuer: " +
                          quoted(assertion.issuer) + ". Assertion Subject: " + quoted(subject) +
                          ". Assertion Audience: " + quoted(audience) + where};
  }
  const auto none = [&](int code, const char* what, const std::string& value) {
    return EntraError{code, std::string("No matching federated identity record found for presented "
                                        "assertion ") +
                                what + " " + quoted(value) + where};
  };
  bool issuer_known = false;
  bool subject_known = false;
  bool by_case_alone = false;
  for (const FederatedCredential& one : credentials) {
    if (one.issuer != assertion.issuer) continue;
    issuer_known = true;
    by_case_alone = by_case_alone || equal_ci(one.subject, subject);
    if (one.subject != subject) continue;
    subject_known = true;
    if (one.audience == audience) return std::nullopt;
  }
  if (!issuer_known) return none(700211, "issuer", assertion.issuer);
  if (subject_known) return none(700212, "audience", audience);
  if (!by_case_alone) return none(700213, "subject", subject);
  return EntraError{7002138,
                    "No matching federated identity record found for presented assertion subject " +
                        quoted(subject) +
                        ". The subject matches with case-insensitive comparison, but not with "
                        "case-sensitive comparison" +
                        where};
}

std::optional<EntraError> check_federated(const Assertion& assertion, const std::string& public_pem,
                                          Instant now) {
  if (!identity::verify_signature(assertion.text, public_pem, identity::RsaAlgorithm::kRs256)) {
    return EntraError{50013,
                      "Assertion failed signature validation. [Reason - The provided "
                      "signature value did not match the expected signature value.]"};
  }
  return check_times(assertion.untrusted, now);
}

}  // namespace armature::sandbox
