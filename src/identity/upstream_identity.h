#pragma once
// UpstreamIdentity: an identity that the gateway may use towards Azure, and how it proves itself.
// Values only; the configuration makes them.
//
//   Secrets   none here but App Service's header, which that service gives in the environment: a
//             credential says where its secret is read, at each request for a token, so that a
//             changed file or vault needs no restart
#include <filesystem>
#include <string>
#include <variant>

#include "base/secret.h"

namespace armature::identity {

struct SecretFile {
  std::filesystem::path path;
};
struct VaultSecret {  // of Key Vault, read as another identity
  std::string vault_url;
  std::string secret;
  std::string identity;
};
struct StoredSecret {  // of the server's own encrypted store
  std::string name;
};
// A private key and its certificate: one PEM file with both, or PKCS #12 (PFX).
struct CertificateFile {
  std::filesystem::path path;
  std::filesystem::path password_file;  // empty: none
};
// An outside issuer's token in a file that somebody renews: AKS, GitHub, SPIFFE.
struct FederatedTokenFile {
  std::filesystem::path path;
};
// Armature's own issuer vouches for the DAG.
struct OwnIssuer {
  std::string audience = "api://AzureADTokenExchange";
};
struct ManagedIdentity {
  enum class Service { kImds, kAppService, kAzureArc } service = Service::kImds;
  std::string endpoint;  // absolute URL
  Secret header;         // App Service: X-IDENTITY-HEADER
  // At most one of them, for a user-assigned identity.
  std::string client_id, object_id, resource_id;
  // Azure Arc: the folder in which its key files must be.
  std::filesystem::path key_folder = "/var/opt/azcmagent/tokens";
};
// Whoever is logged in to az on this machine: for development.
struct AzureCli {};

using Credential = std::variant<SecretFile, VaultSecret, StoredSecret, CertificateFile,
                                FederatedTokenFile, OwnIssuer, ManagedIdentity, AzureCli>;

struct UpstreamIdentity {
  std::string name;
  std::string tenant_id;
  std::string client_id;
  std::string authority;  // https://login.microsoftonline.com
  Credential credential;
};

// "client_secret", "client_certificate", "federated_token_file", "federation", "managed_identity",
// "azure_cli": the configuration's words.
std::string kind_of(const Credential& credential);

}  // namespace armature::identity
