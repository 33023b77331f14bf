#include "identity/jwt.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/bytes.h"
#include "base/crypto.h"
#include "identity/rsa.h"

namespace armature::identity {
namespace {

constexpr std::size_t kMaxToken = 16 * 1024;
constexpr std::size_t kLeastKeyBytes = 32;  // RFC 7518 §3.2: as long as the digest

Error refuse(std::string why) { return fail(Code::kUnauthenticated, std::move(why)); }

struct Parts {
  JsonObject header;
  std::string payload;  // decoded, not yet parsed: nothing of it counts before the signature does
  std::string_view signed_text;
  std::string signature;
};

Result<JsonObject> object_from(std::string_view json, std::string_view what) {
  auto value = parse_json(json, 16);
  if (!value || !value->is_object()) return refuse(std::string(what) + " is not a JSON object");
  return std::move(value->get_object());
}

Result<Parts> take_apart(std::string_view token) {
  if (token.size() > kMaxToken) return refuse("token is too long");
  const auto first = token.find('.');
  const auto second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) {
    return refuse("not a token of three parts");
  }
  const auto header = from_base64url(token.substr(0, first));
  auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  auto signature = from_base64url(token.substr(second + 1));
  if (!header || !payload || !signature) return refuse("token is not base64url");
  ARMATURE_TRY(JsonObject object, object_from(*header, "token header"));
  return Parts{std::move(object), *std::move(payload), token.substr(0, second),
               *std::move(signature)};
}

// The key decides the algorithm; the header may only agree.
Status check_header(const JsonObject& header, std::string_view algorithm) {
  const Json* named = header.if_contains("alg");
  if (!named || !named->is_string() || as_text(*named) != algorithm) {
    return refuse("token is not signed with " + std::string(algorithm));
  }
  if (header.contains("crit")) return refuse("token asks for an extension that is not known here");
  return Ok{};
}

// Bounded, so that sums are safe.
Result<Micros> date_of(const JsonObject& claims, std::string_view name) {
  const Json* value = claims.if_contains(name);
  if (!value) return refuse("token has no " + std::string(name));
  if (!value->is_number()) return refuse("token's " + std::string(name) + " is no number");
  const double date = value->to_number<double>();
  if (!(std::abs(date) < 1e11)) return refuse("token's " + std::string(name) + " is out of range");
  return Micros(std::llround(date * 1e6));
}

Status check_times(const JsonObject& claims, Micros leeway, Instant now) {
  const Micros at = now.time_since_epoch();
  ARMATURE_TRY(const Micros expires, date_of(claims, "exp"));
  if (at >= expires + leeway) return refuse("token has expired");
  if (!claims.contains("nbf")) return Ok{};
  ARMATURE_TRY(const Micros begins, date_of(claims, "nbf"));
  if (at + leeway < begins) return refuse("token is not valid yet");
  return Ok{};
}

Result<Jwt> check_claims(Parts parts, const JwtRules& rules, Instant now) {
  ARMATURE_TRY(JsonObject claims, object_from(parts.payload, "token body"));
  ARMATURE_CHECK(check_times(claims, rules.leeway, now));
  if (!rules.issuer.empty()) {
    const Json* issuer = claims.if_contains("iss");
    if (!issuer || !issuer->is_string() || as_text(*issuer) != rules.issuer) {
      return refuse("token is from another issuer");
    }
  }
  if (!rules.audience.empty() && !names_audience(claims, rules.audience)) {
    return refuse("token is for another audience");
  }
  return Jwt{std::move(parts.header), std::move(claims)};
}

std::string signing_input(JsonObject header, const JsonObject& claims) {
  return to_base64url(dump(std::move(header))) + "." + to_base64url(dump(claims));
}

}  // namespace

Result<Secret> sign_hs256(const JsonObject& claims, const Secret& key) {
  if (key.reveal().size() < kLeastKeyBytes) {
    return fail(Code::kInternal, "a signing key has fewer than 32 bytes");
  }
  JsonObject header;
  header["alg"] = "HS256";
  header["typ"] = "JWT";
  const std::string input = signing_input(std::move(header), claims);
  return Secret(input + "." + to_base64url(hmac_sha256(key.reveal(), input)));
}

Result<Jwt> verify_hs256(std::string_view token, const Secret& key, const JwtRules& rules,
                         Instant now) {
  ARMATURE_TRY(Parts parts, take_apart(token));
  ARMATURE_CHECK(check_header(parts.header, "HS256"));
  if (key.reveal().size() < kLeastKeyBytes ||
      !equal_constant_time(hmac_sha256(key.reveal(), parts.signed_text), parts.signature)) {
    return refuse("token has a wrong signature");
  }
  return check_claims(std::move(parts), rules, now);
}

bool names_audience(const JsonObject& claims, std::string_view audience) {
  const auto same = [&](const Json& one) { return one.is_string() && as_text(one) == audience; };
  const Json* claim = claims.if_contains("aud");
  if (!claim) return false;
  if (const auto* several = claim->if_array()) return std::ranges::any_of(*several, same);
  return same(*claim);
}

Result<Instant> date_claim(const JsonObject& claims, std::string_view name) {
  ARMATURE_TRY(const Micros date, date_of(claims, name));
  return Instant{date};
}

Result<Jwt> read_untrusted(std::string_view token) {
  ARMATURE_TRY(Parts parts, take_apart(token));
  ARMATURE_TRY(JsonObject claims, object_from(parts.payload, "token body"));
  return Jwt{std::move(parts.header), std::move(claims)};
}

namespace {

Result<RsaKey> with_id(rsa::Pair pair) {
  RsaKey key{std::move(pair.private_pem), std::move(pair.public_pem), ""};
  ARMATURE_TRY(const rsa::Numbers numbers, rsa::numbers(key.public_pem));
  // RFC 7638: the digest of exactly these members, in this order, without blanks.
  key.key_id = to_base64url(
      sha256(R"({"e":")" + numbers.e + R"(","kty":"RSA","n":")" + numbers.n + R"("})"));
  return key;
}

const char* name_of(RsaAlgorithm algorithm) {
  return algorithm == RsaAlgorithm::kPs256 ? "PS256" : "RS256";
}

rsa::Padding padding_of(RsaAlgorithm algorithm) {
  return algorithm == RsaAlgorithm::kPs256 ? rsa::Padding::kPss : rsa::Padding::kPkcs1;
}

// Signature and header hold; the claims are still only text.
Result<Parts> verified(std::string_view token, const std::string& public_pem,
                       RsaAlgorithm algorithm) {
  ARMATURE_TRY(Parts parts, take_apart(token));
  ARMATURE_CHECK(check_header(parts.header, name_of(algorithm)));
  ARMATURE_TRY(const bool good,
               rsa::verify(parts.signed_text, parts.signature, public_pem, padding_of(algorithm)));
  if (!good) return refuse("token has a wrong signature");
  return parts;
}

}  // namespace

Result<RsaKey> make_rsa_key() {
  ARMATURE_TRY(rsa::Pair pair, rsa::make());
  return with_id(std::move(pair));
}

Result<RsaKey> load_rsa_key(const Secret& private_pem) {
  ARMATURE_TRY(rsa::Pair pair, rsa::load(private_pem));
  return with_id(std::move(pair));
}

Result<Secret> sign(JsonObject header, const JsonObject& claims, const RsaKey& key,
                    RsaAlgorithm algorithm) {
  header["alg"] = name_of(algorithm);
  header["typ"] = "JWT";
  const std::string input = signing_input(std::move(header), claims);
  ARMATURE_TRY(const std::string signature,
               rsa::sign(input, key.private_pem, padding_of(algorithm)));
  return Secret(input + "." + to_base64url(signature));
}

Result<Secret> sign_rs256(const JsonObject& claims, const RsaKey& key) {
  JsonObject header;
  header["kid"] = key.key_id;
  return sign(std::move(header), claims, key, RsaAlgorithm::kRs256);
}

Result<Jwt> verify_signature(std::string_view token, const std::string& public_pem,
                             RsaAlgorithm algorithm) {
  ARMATURE_TRY(Parts parts, verified(token, public_pem, algorithm));
  ARMATURE_TRY(JsonObject claims, object_from(parts.payload, "token body"));
  return Jwt{std::move(parts.header), std::move(claims)};
}

Result<Jwt> verify_rs256(std::string_view token, const std::string& public_pem,
                         const JwtRules& rules, Instant now) {
  ARMATURE_TRY(Parts parts, verified(token, public_pem, RsaAlgorithm::kRs256));
  return check_claims(std::move(parts), rules, now);
}

Json jwk_of(const RsaKey& key) {
  JsonObject out;
  const auto numbers = rsa::numbers(key.public_pem);
  if (!numbers) return out;
  out["kty"] = "RSA";
  out["use"] = "sig";
  out["kid"] = key.key_id;
  out["n"] = numbers->n;
  out["e"] = numbers->e;
  out["alg"] = "RS256";
  return out;
}

Result<std::string> public_pem_of(const Json& jwk) {
  if (text_at(jwk, "kty") != "RSA") return refuse("the key is no RSA key");
  const auto n = from_base64url(text_at(jwk, "n"));
  const auto e = from_base64url(text_at(jwk, "e"));
  if (!n || !e) return refuse("the key's numbers are not base64url");
  return rsa::public_pem(*n, *e);
}

}  // namespace armature::identity
