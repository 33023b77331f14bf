#include "sandbox/entra/client_proof.h"

#include "base/bytes.h"
#include "sandbox/entra.h"
#include "sandbox/entra/assertion.h"
#include "sandbox/entra/claims.h"
#include "sandbox/entra/directory.h"
#include "sandbox/entra/federated.h"
#include "sandbox/entra/hosts.h"

namespace armature::sandbox {
namespace {

constexpr std::string_view kJwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// What the directory says of a client, copied out of the store.
struct Known {
  std::optional<AppRegistration> application;  // nothing for a managed identity
  std::optional<ServicePrincipal> principal;
  std::vector<FederatedCredential> federated;
};

Known look_up(Cloud& cloud, const std::string& client_id) {
  return cloud.store().read([&](const State& state) {
    Known out;
    if (const AppRegistration* app = find_application(state, client_id)) {
      out.application = *app;
      out.federated = app->federated;
    }
    if (const ServicePrincipal* principal = find_client(state, client_id)) {
      out.principal = *principal;
      if (principal->user_assigned) {
        out.federated = federated_credentials(state, principal->resource_id);
      }
    }
    return out;
  });
}

std::optional<EntraError> check_known(const Cloud& cloud, const PresentedClient& client,
                                      const Known& known) {
  if (!known.application && !known.principal) {
    return EntraError{700016,
                      "Application with identifier '" + client.id.substr(0, 256) +
                          "' was not found in the directory '" + cloud.tenant() +
                          "'. This can happen if the application has not been installed by the "
                          "administrator of the tenant or consented to by any user in the tenant. "
                          "You may have sent your authentication request to the wrong tenant."};
  }
  if (!known.principal) {
    return EntraError{7000229, "The client application " + client.id +
                                   " is missing service principal in the tenant " + cloud.tenant() +
                                   "."};
  }
  if (!known.principal->enabled) {
    return EntraError{7000112, "Application '" + client.id + "'(" + known.principal->display_name +
                                   ") is disabled."};
  }
  return std::nullopt;
}

std::optional<EntraError> check_secret(const Cloud& cloud, const Known& known,
                                       const PresentedClient& client) {
  const auto match = known.application
                         ? match_password(*known.application, client.secret, cloud.clock().now())
                         : PasswordMatch::kNone;
  if (match == PasswordMatch::kGood) return std::nullopt;
  if (match == PasswordMatch::kExpired) {
    return EntraError{7000222,
                      "The provided client secret keys for app '" + client.id +
                          "' are expired. Visit the Azure portal to create new keys for your app: "
                          "https://aka.ms/NewClientSecret, or consider using certificate "
                          "credentials for added security: https://aka.ms/certCreds."};
  }
  return EntraError{7000215,
                    "Invalid client secret provided. Ensure the secret being sent in the request "
                    "is the client secret value, not the client secret ID, for a secret added to "
                    "app '" +
                        client.id + "'."};
}

// An identity of this very tenant may stand for an application: managed identities alone.
std::optional<EntraError> check_own_token(Cloud& cloud, const Assertion& assertion) {
  const auto key = cloud.token_keys().find(assertion.key_id);
  if (!key)
    return EntraError{7000272, "The key '" + assertion.key_id.substr(0, 256) +
                                   "' of the assertion is not among the issuer's keys."};
  if (!assertion.untrusted.claims.contains("xms_mirid")) {
    return EntraError{700229,
                      "Only app-only tokens of managed identities can be used as "
                      "federated identity credentials for this issuer."};
  }
  return check_federated(assertion, key->public_pem, cloud.clock().now());
}

std::optional<EntraError> check_outside_token(Cloud& cloud, const Assertion& assertion,
                                              const std::vector<FederatedCredential>& trusted) {
  if (auto refused = match_federated(assertion, trusted)) return refused;
  if (is_own_issuer(cloud, assertion.issuer)) return check_own_token(cloud, assertion);
  const auto key = cloud.issuer_keys().find(assertion.issuer, assertion.key_id);
  if (key) return check_federated(assertion, *key, cloud.clock().now());
  if (key.error().code == Code::kNotFound) {
    return EntraError{7000272, "The key '" + assertion.key_id.substr(0, 256) +
                                   "' of the assertion is not among the keys of the issuer '" +
                                   assertion.issuer + "'."};
  }
  cloud.log().warning("an outside issuer's keys could not be read",
                      {
                          {"issuer", assertion.issuer   },
                          {"reason", key.error().message}
  });
  return EntraError{50166, "Request to External OIDC endpoint failed."};
}

TokenAudience audience_of(const Cloud& cloud, const PresentedClient& client) {
  TokenAudience out;
  out.hosts = {host_of_url(cloud.url()), "login.microsoftonline.com", "login.windows.net",
               "login.microsoft.com", "sts.windows.net"};
  if (is_loopback(client.host)) out.hosts.push_back(client.host);
  out.tenants = {cloud.tenant(), std::string(kTenantDomain), "adfs"};
  return out;
}

std::optional<EntraError> check_assertion(Cloud& cloud, const Known& known,
                                          const PresentedClient& client) {
  if (client.assertion_type.empty()) return missing_parameter("client_assertion_type");
  if (client.assertion_type != kJwtBearer) return malformed_request();
  const auto assertion = read_assertion(client.assertion);
  if (!assertion) return EntraError{50027, "JWT token is invalid or malformed."};
  if (!equal_ci(assertion->issuer, client.id)) {
    return check_outside_token(cloud, *assertion, known.federated);
  }
  const auto keys = known.application ? known.application->keys : std::vector<KeyCredential>{};
  return check_certificate(*assertion, client.id, keys, audience_of(cloud, client),
                           cloud.clock().now());
}

}  // namespace

std::variant<ProvedClient, EntraError> prove_client(Cloud& cloud, const PresentedClient& client) {
  const Known known = look_up(cloud, client.id);
  if (auto refused = check_known(cloud, client, known)) return *std::move(refused);
  const bool by_assertion = !client.assertion.empty();
  if (!by_assertion && client.secret.empty()) {
    return EntraError{7000218,
                      "The request body must contain the following parameter: 'client_assertion' "
                      "or 'client_secret'."};
  }
  auto refused =
      by_assertion ? check_assertion(cloud, known, client) : check_secret(cloud, known, client);
  if (refused) return *std::move(refused);
  return ProvedClient{*known.principal, by_assertion ? "2" : "1"};
}

}  // namespace armature::sandbox
