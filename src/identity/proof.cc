#include "identity/proof.h"

#include "base/bytes.h"
#include "base/files.h"
#include "base/time.h"
#include "identity/key_pair.h"

namespace armature::identity {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
constexpr auto kAssertionLifetime = std::chrono::minutes(10);

Result<Secret> read_secret(const std::filesystem::path& path) {
  auto file = read_file(path, kMostBytes);
  if (!file) return fail(Code::kUnavailable, file.error().message);
  return Secret(std::move(*file));
}

Result<Secret> one_line_of(const std::filesystem::path& path) {
  ARMATURE_TRY(const Secret content, read_secret(path));
  Secret trimmed{std::string(trim(content.reveal()))};
  if (trimmed.empty()) return fail(Code::kUnavailable, path.string() + " is empty");
  return trimmed;
}

Error ended(const std::string& what, Instant at) {
  return fail(Code::kUnauthenticated, what + " ended on " + to_rfc3339(at));
}

struct Prover {
  const UpstreamIdentity& identity;
  const std::optional<Principal>& who;
  const Secret& fetched;
  const ProofSources& sources;

  Result<Proof> operator()(const SecretFile& file) const {
    ARMATURE_TRY(Secret secret, one_line_of(file.path));
    return Proof{std::move(secret), {}, std::nullopt};
  }

  Result<Proof> operator()(const VaultSecret&) const { return Proof{fetched, {}, std::nullopt}; }

  Result<Proof> operator()(const StoredSecret& stored) const {
    if (!sources.stored_secret) return fail(Code::kInternal, "there is no encrypted store");
    ARMATURE_TRY(Secret secret, sources.stored_secret(stored.name));
    return Proof{std::move(secret), {}, std::nullopt};
  }

  Result<Proof> operator()(const CertificateFile& file) const {
    ARMATURE_TRY(const Secret bytes, read_secret(file.path));
    Secret password;
    if (!file.password_file.empty()) {
      ARMATURE_TRY(password, one_line_of(file.password_file));
    }
    auto pair = read_key_pair(bytes, password);
    if (!pair) return std::move(pair).error().in(file.path.string());
    const Certificate& certificate = pair->certificate;
    const Instant now = sources.clock.now();
    if (certificate.ends <= now) {
      return ended("the certificate in " + file.path.string(), certificate.ends);
    }
    const auto seconds = [](Instant at) {
      return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    };
    JsonObject header;
    header["x5t"] = to_base64url(certificate.sha1);
    header["x5t#S256"] = to_base64url(certificate.sha256);
    const JsonObject claims{
        {"aud", token_endpoint(identity)         },
        {"iss", identity.client_id               },
        {"sub", identity.client_id               },
        {"jti", sources.random.uuid()            },
        {"iat", seconds(now)                     },
        {"nbf", seconds(now)                     },
        {"exp", seconds(now + kAssertionLifetime)}
    };
    ARMATURE_TRY(Secret assertion,
                 sign(std::move(header), claims, pair->key, RsaAlgorithm::kPs256));
    return Proof{{}, std::move(assertion), certificate.ends};
  }

  Result<Proof> operator()(const FederatedTokenFile& file) const {
    ARMATURE_TRY(Secret token, one_line_of(file.path));
    const auto jwt = read_untrusted(token.reveal());
    if (!jwt) return fail(Code::kInvalid, file.path.string() + " holds no token");
    const auto ends = date_claim(jwt->claims, "exp");
    if (!ends) return ends.error();
    if (*ends <= sources.clock.now()) return ended("the token in " + file.path.string(), *ends);
    return Proof{{}, std::move(token), *ends};
  }

  Result<Proof> operator()(const OwnIssuer& own) const {
    if (!sources.issuer) return fail(Code::kInternal, "there is no issuer");
    if (!who) return fail(Code::kInvalid, "federation needs to know for which DAG");
    ARMATURE_TRY(Secret assertion, sources.issuer->assertion(*who, own.audience));
    return Proof{{}, std::move(assertion), std::nullopt};
  }

  Result<Proof> operator()(const ManagedIdentity&) const { return no_proof(); }
  Result<Proof> operator()(const AzureCli&) const { return no_proof(); }
  static Error no_proof() { return fail(Code::kInternal, "this identity proves nothing itself"); }
};

struct Kind {
  std::string operator()(const SecretFile&) const { return "client_secret"; }
  std::string operator()(const VaultSecret&) const { return "client_secret"; }
  std::string operator()(const StoredSecret&) const { return "client_secret"; }
  std::string operator()(const CertificateFile&) const { return "client_certificate"; }
  std::string operator()(const FederatedTokenFile&) const { return "federated_token_file"; }
  std::string operator()(const OwnIssuer&) const { return "federation"; }
  std::string operator()(const ManagedIdentity&) const { return "managed_identity"; }
  std::string operator()(const AzureCli&) const { return "azure_cli"; }
};

}  // namespace

std::string kind_of(const Credential& credential) { return std::visit(Kind{}, credential); }

std::string token_endpoint(const UpstreamIdentity& identity) {
  std::string base = identity.authority;
  while (base.ends_with('/')) base.pop_back();
  return base + "/" + http::percent_encode(identity.tenant_id) + "/oauth2/v2.0/token";
}

Result<Proof> prove(const UpstreamIdentity& identity, const std::optional<Principal>& who,
                    const Secret& fetched, const ProofSources& sources) {
  return std::visit(Prover{identity, who, fetched, sources}, identity.credential);
}

std::string token_form(const UpstreamIdentity& identity, const Proof& proof,
                       const std::string& resource, const std::string& claims) {
  std::string body =
      "grant_type=client_credentials&client_id=" + http::percent_encode(identity.client_id) +
      "&scope=" + http::percent_encode(resource + "/.default");
  if (!proof.client_secret.empty()) {
    body += "&client_secret=" + http::percent_encode(proof.client_secret.reveal());
  } else {
    body += "&client_assertion_type=" +
            http::percent_encode("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") +
            "&client_assertion=" + http::percent_encode(proof.assertion.reveal());
  }
  if (!claims.empty()) body += "&claims=" + http::percent_encode(claims);
  return body;
}

}  // namespace armature::identity
