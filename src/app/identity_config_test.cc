#include "app/identity_config.h"

#include <gtest/gtest.h>

namespace armature::app {
namespace {

Result<Config> load(const std::string& text, Variables environment = {}) {
  ConfigSources sources;
  sources.file_name = "a.yaml";
  sources.file_text = text;
  sources.environment = std::move(environment);
  return load_config(sources);
}

template <class T>
T credential(const std::string& fields, Variables environment = {}) {
  const auto config = load("identities:\n- {name: x, " + fields + "}\n", std::move(environment));
  if (!config) {
    ADD_FAILURE() << config.error().message;
    return {};
  }
  const T* found = std::get_if<T>(&config->identities.at(0).credential);
  EXPECT_TRUE(found) << fields;
  return found ? *found : T{};
}

constexpr const char* kWho = "tenant_id: t, client_id: c, ";

TEST(IdentityConfig, EachKindIsRead) {
  using identity::AzureCli;
  using identity::CertificateFile;
  using identity::FederatedTokenFile;
  using identity::OwnIssuer;
  using identity::SecretFile;
  using identity::StoredSecret;
  const std::string who = kWho;
  EXPECT_EQ(credential<SecretFile>(who + "client_secret_file: /s").path, "/s");
  EXPECT_EQ(credential<StoredSecret>(who + "client_secret_stored: prod").name, "prod");
  const auto pem =
      credential<CertificateFile>("kind: client_certificate, " + who +
                                  "certificate_file: /c.pfx, certificate_password_file: /p");
  EXPECT_EQ(pem.path, "/c.pfx");
  EXPECT_EQ(pem.password_file, "/p");
  EXPECT_EQ(credential<OwnIssuer>("kind: federation, tenant_id: t, client_id: c").audience,
            "api://AzureADTokenExchange");
  EXPECT_EQ(credential<OwnIssuer>("kind: federation, " + who + "audience: api://us").audience,
            "api://us");
  EXPECT_EQ(
      credential<FederatedTokenFile>("kind: federated_token_file, " + who + "token_file: /t").path,
      "/t");
  credential<AzureCli>("kind: azure_cli");
}

TEST(IdentityConfig, AVaultsSecretNamesWhoReadsIt) {
  const std::string reader = "- {name: r, kind: managed_identity}\n";
  const std::string vault =
      "identities:\n- {name: x, tenant_id: t, client_id: c, client_secret_vault: "
      "{url: 'https://v.vault.azure.net', secret: s, identity: r}}\n";
  const auto config = load(vault + reader);
  ASSERT_TRUE(config) << config.error().message;
  const auto& secret = std::get<identity::VaultSecret>(config->identities[0].credential);
  EXPECT_EQ(secret.vault_url, "https://v.vault.azure.net");
  EXPECT_EQ(secret.identity, "r");
  EXPECT_EQ(load(vault).error().message,
            "a.yaml:2:3: client_secret_vault: no identity is named 'r'");
}

TEST(IdentityConfig, TheEnvironmentFillsWhatTheFileLeavesOut) {
  using identity::ManagedIdentity;
  const struct {
    const char* name;
    const char* fields;
    Variables environment;
    ManagedIdentity::Service service;
    const char* endpoint;
  } kTable[] = {
      {"a virtual machine",
       "kind: managed_identity",                                                     {},
       ManagedIdentity::Service::kImds,
       "http://169.254.169.254/metadata/identity/oauth2/token"},
      {"App Service",
       "kind: managed_identity",                                                     {{"IDENTITY_ENDPOINT", "http://127.0.0.1:41/msi/token"}, {"IDENTITY_HEADER", "h"}},
       ManagedIdentity::Service::kAppService,
       "http://127.0.0.1:41/msi/token"                        },
      {"Azure Arc",
       "kind: managed_identity",                                                     {{"IDENTITY_ENDPOINT", "http://localhost:40342/t"},
        {"IMDS_ENDPOINT", "http://localhost:40342"}},
       ManagedIdentity::Service::kAzureArc,
       "http://localhost:40342/t"                             },
      {"said in the file",
       "kind: managed_identity, service: imds, endpoint: 'http://127.0.0.1:8083/t'", {{"IDENTITY_ENDPOINT", "http://127.0.0.1:41/msi/token"}, {"IDENTITY_HEADER", "h"}},
       ManagedIdentity::Service::kImds,
       "http://127.0.0.1:8083/t"                              },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const auto found = credential<ManagedIdentity>(row.fields, row.environment);
    EXPECT_EQ(found.service, row.service);
    EXPECT_EQ(found.endpoint, row.endpoint);
  }
  const auto config = load("identities: [{name: x, kind: federated_token_file}]\n",
                           {
                               {"AZURE_FEDERATED_TOKEN_FILE", "/var/run/token"},
                               {"AZURE_TENANT_ID",            "t"             },
                               {"AZURE_CLIENT_ID",            "c"             }
  });
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->identities[0].client_id, "c");
}

TEST(IdentityConfig, SaysWhatIsWrongAndWhere) {
  const std::pair<const char*, const char*> kTable[] = {
      {"- {name: x, kind: federated}",
       "a.yaml:2:13: unknown kind 'federated'; did you mean 'federation'?"                                                                 },
      {"- {name: x, kind: zzz}",
       "a.yaml:2:13: unknown kind 'zzz'; there are client_secret, client_certificate, federation, "
       "federated_token_file, managed_identity, azure_cli"                                                                                 },
      {"- {name: x, kind: client_certificate, tenant_id: t, client_id: c}",
       "a.yaml:2:3: an identity of kind client_certificate needs certificate_file"                                                         },
      {"- {name: x, kind: federation, tenant_id: t, client_id: c, certificate_file: y}",
       "a.yaml:2:59: an identity of kind federation has no 'certificate_file'; kind "
       "client_certificate has"                                                                                                            },
      {"- {name: x, tenant_id: t, client_id: c}",
       "a.yaml:2:3: an identity of kind client_secret needs one of client_secret_file, "
       "client_secret_vault and client_secret_stored"                                                                                      },
      {"- {name: x, tenant_id: t, client_id: c, client_secret_file: a, client_secret_stored: b}",
       "a.yaml:2:3: an identity of kind client_secret needs one of client_secret_file, "
       "client_secret_vault and client_secret_stored"                                                                                      },
      {"- {name: x, tennant_id: t}",
       "a.yaml:2:13: unknown key 'tennant_id'; did you mean 'tenant_id'?"                                                                  },
      {"- {kind: azure_cli}",                                                                     "a.yaml:2:3: identities: name is missing"},
      {"- {name: x, kind: azure_cli}\n- {name: x, kind: azure_cli}",
       "a.yaml:3:3: identities: 'x' is there twice"                                                                                        },
      {"- {name: x, kind: managed_identity, client_id: a, object_id: b}",
       "a.yaml:2:3: write one of client_id, object_id and resource_id"                                                                     },
      {"- {name: x, kind: managed_identity, service: imsd}",
       "a.yaml:2:37: unknown service 'imsd'; there are imds, app_service, azure_arc"                                                       },
      {"- {name: x, kind: managed_identity, service: app_service}",
       "a.yaml:2:3: service app_service needs IDENTITY_HEADER in the environment"                                                          },
      {"- {name: x, kind: managed_identity, endpoint: 'no url'}",
       "a.yaml:2:3: the identity endpoint 'no url' is not a URL"                                                                           },
      {"- {name: x, kind: federated_token_file, tenant_id: t, client_id: c}",
       "a.yaml:2:3: an identity of kind federated_token_file needs token_file, or "
       "AZURE_FEDERATED_TOKEN_FILE in the environment"                                                                                     },
      {"- {name: x, tenant_id: t, client_id: c, client_secret_vault: {url: u}}",
       "a.yaml:2:41: client_secret_vault: url, secret and identity (which reads it) are needed"                                            },
      {"- {name: x, kind: ''}",                                                                   "a.yaml:2:19: kind: it is empty"         },
  };
  for (const auto& [list, message] : kTable) {
    SCOPED_TRACE(list);
    const auto config = load("identities:\n" + std::string(list) + "\n");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().message, message);
  }
}

constexpr const char* kWorkload = R"(
workloads:
  - name: ci
    issuer: https://token.actions.githubusercontent.com
    audience: api://armature
    claims: {sub: "repo:contoso/app:*", environment: production}
    identity: provisioner
    roles:
      - {role: Reader, scope: /subscriptions/s}
)";

TEST(WorkloadConfig, IsRead) {
  const auto config = load(kWorkload);
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->workloads.size(), 1u);
  const WorkloadConfig& ci = config->workloads[0];
  EXPECT_EQ(ci.trust.name, "ci");
  EXPECT_EQ(ci.trust.issuer, "https://token.actions.githubusercontent.com");
  EXPECT_EQ(ci.trust.audience, "api://armature");
  ASSERT_EQ(ci.trust.claims.size(), 2u);
  EXPECT_EQ(ci.trust.claims[0].second, "repo:contoso/app:*");
  EXPECT_EQ(ci.identity, "provisioner");
  EXPECT_EQ(ci.roles.at(0).role, "Reader");
}

TEST(WorkloadConfig, WithoutAConditionItIsRefused) {
  const auto without = [](const char* key) {
    std::string text = kWorkload;
    const auto at = text.find(std::string(key) + ":");
    return text.erase(at, text.find('\n', at) - at);
  };
  for (const char* key : {"issuer", "audience", "claims", "identity"}) {
    SCOPED_TRACE(key);
    const auto config = load(without(key));
    ASSERT_FALSE(config);
    EXPECT_NE(config.error().message.find(std::string("workloads: ") + key + " is missing"),
              std::string::npos)
        << config.error().message;
  }
  EXPECT_FALSE(
      load("workloads: [{name: a b, issuer: 'https://i', audience: a, identity: p, "
           "claims: {sub: x}}]"));
  EXPECT_FALSE(
      load("workloads: [{name: a, issuer: 'http://i', audience: a, identity: p, "
           "claims: {sub: x}}]"));
  EXPECT_FALSE(load("workloads: [{name: a, isuer: x}]"));
}

TEST(WorkloadConfig, ACertificateHasOneName) {
  const auto config =
      load("workloads: [{name: a, certificate: {uri: 'spiffe://contoso/a'}, identity: p}]");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->workloads.at(0).certificate.uri, "spiffe://contoso/a");
  const std::pair<const char*, const char*> kTable[] = {
      {"certificate: {uri: a, dns: b}",              "one of subject, dns and uri"},
      {"certificate: {}",                            "one of subject, dns and uri"},
      {"certificate: {subject: ''}",                 "one of subject, dns and uri"},
      {"certificate: {subjct: a}",                   "did you mean 'subject'?"    },
      {"certificate: {dns: a}, issuer: 'https://i'", "is known by that alone"     },
      {"certificate: {dns: a}, local: true",         "is known by that alone"     },
  };
  for (const auto& [keys, said] : kTable) {
    const auto refused = load("workloads: [{name: a, identity: p, " + std::string(keys) + "}]");
    ASSERT_FALSE(refused) << keys;
    EXPECT_NE(refused.error().message.find(said), std::string::npos) << refused.error().message;
  }
}

TEST(WorkloadConfig, ALocalOneHasNoIssuer) {
  const auto config = load("workloads: [{name: a, local: true, identity: p}]");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->workloads.at(0).local);
  const struct {
    const char* workload;
    const char* said;
  } kTable[] = {
      {"{name: a, local: true, identity: p, issuer: 'https://i'}", "is known by that alone"},
      {"{name: a, local: true, identity: p, claims: {sub: x}}",    "is known by that alone"},
      {"{name: a, local: true}",                                   "identity is missing"   },
      {"{name: a, local: maybe, identity: p}",                     "local: true or false"  },
      {"{name: a, local: false, identity: p}",                     "issuer is missing"     },
  };
  for (const auto& row : kTable) {
    const auto refused = load("workloads: [" + std::string(row.workload) + "]");
    ASSERT_FALSE(refused) << row.workload;
    EXPECT_NE(refused.error().message.find(row.said), std::string::npos) << refused.error().message;
  }
}

}  // namespace
}  // namespace armature::app
