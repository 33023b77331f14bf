#include "cli/client_settings.h"

#include "base/bytes.h"
#include "base/files.h"

namespace armature::cli {
namespace {

constexpr std::size_t kScheme = 8;  // of "https://"

std::string replace_all(std::string text, std::string_view part, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += by.size()) {
    text.replace(at, part.size(), by);
  }
  return text;
}

std::string line(Shell shell, const std::string& name, const std::string& value) {
  switch (shell) {
    case Shell::kBash:
      return "export " + name + "='" + replace_all(value, "'", "'\\''") + "'\n";
    case Shell::kFish:
      return "set -gx " + name + " '" + replace_all(replace_all(value, "\\", "\\\\"), "'", "\\'") +
             "'\n";
    case Shell::kPowershell:
      return "$env:" + name + " = '" + replace_all(value, "'", "''") + "'\n";
  }
  return "";
}

}  // namespace

Result<ClientSettings> read_client_settings(const Json& server) {
  if (!at(server, "sandbox.url")) {
    return fail(Code::kNotFound, "the server runs no sandbox (sandbox.enabled is false)");
  }
  ClientSettings out;
  out.url = text_at(server, "sandbox.url");
  out.tenant_id = text_at(server, "sandbox.tenant_id");
  out.subscription_id = text_at(server, "sandbox.subscription_id");
  out.client_id = text_at(server, "sandbox.client_id");
  out.ca_file = text_at(server, "sandbox.ca_file");
  out.bundle_file = text_at(server, "sandbox.bundle_file");
  out.az_config_dir = text_at(server, "sandbox.az_config_dir");
  out.imds_url = text_at(server, "sandbox.imds_url");
  ARMATURE_TRY(const std::string secret,
               read_file(text_at(server, "sandbox.client_secret_file"), 4096));
  out.client_secret = Secret(std::string(trim(secret)));
  return out;
}

Variables client_variables(const ClientSettings& settings) {
  const std::string& secret = settings.client_secret.reveal();
  Variables out = {
      {"ARMATURE_SANDBOX_URL",          settings.url                },
      {"REQUESTS_CA_BUNDLE",            settings.bundle_file        },
      {"CURL_CA_BUNDLE",                settings.bundle_file        },
      {"SSL_CERT_FILE",                 settings.bundle_file        },
      {"NODE_EXTRA_CA_CERTS",           settings.ca_file            },
      {"AZURE_TENANT_ID",               settings.tenant_id          },
      {"AZURE_SUBSCRIPTION_ID",         settings.subscription_id    },
      {"AZURE_CLIENT_ID",               settings.client_id          },
      {"AZURE_CLIENT_SECRET",           secret                      },
      {"AZURE_AUTHORITY_HOST",          settings.url                },
 // Of its own, so that the login of the real cloud stays as it is.
      {"AZURE_CONFIG_DIR",              settings.az_config_dir      },
      {"AZURE_CORE_INSTANCE_DISCOVERY", "false"                     },
      {"ARM_TENANT_ID",                 settings.tenant_id          },
      {"ARM_SUBSCRIPTION_ID",           settings.subscription_id    },
      {"ARM_CLIENT_ID",                 settings.client_id          },
      {"ARM_CLIENT_SECRET",             secret                      },
      {"ARM_METADATA_HOSTNAME",         settings.url.substr(kScheme)},
  };
  if (!settings.imds_url.empty()) {
    out.emplace_back("AZURE_POD_IDENTITY_AUTHORITY_HOST", settings.imds_url);
    out.emplace_back("ARM_MSI_ENDPOINT", settings.imds_url + "/metadata/identity/oauth2/token");
  }
  return out;
}

std::string exports(const Variables& variables, Shell shell) {
  std::string out;
  for (const auto& [name, value] : variables) out += line(shell, name, value);
  return out;
}

Json az_cloud(const ClientSettings& settings) {
  const std::string& url = settings.url;
  const std::string port = url.substr(url.rfind(':'));
  return JsonObject{
      {"endpoints",
       JsonObject{{"activeDirectory", url + "/adfs"},
                  {"activeDirectoryResourceId", "https://management.core.windows.net/"},
                  {"activeDirectoryGraphResourceId", url + "/"},
                  {"microsoftGraphResourceId", url + "/"},
                  {"resourceManager", url},
                  {"management", "https://management.core.windows.net/"},
                  {"gallery", url + "/"}}                                               },
      {"suffixes",  JsonObject{{"keyvaultDns", ".vault.localhost" + port},
                              {"storageEndpoint", "core.windows.net"}}}
  };
}

}  // namespace armature::cli
