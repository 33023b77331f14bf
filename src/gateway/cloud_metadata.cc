#include "gateway/cloud_metadata.h"

#include "base/bytes.h"
#include "base/json.h"

namespace armature::gateway {
namespace {

std::string version_of(const http::Request& request) {
  const auto query = http::parse_form(http::query_of(request.target));
  if (!query) return "";
  for (const auto& [key, value] : *query) {
    if (equal_ci(key, "api-version")) return value;
  }
  return "";
}

JsonArray audiences() {
  return JsonArray{"https://management.core.windows.net/", "https://management.azure.com/"};
}

Json flat(const std::string& arm, const std::string& authority) {
  return JsonObject{
      {"galleryEndpoint", arm + "/"                                                           },
      {"graphEndpoint",   "https://graph.windows.net/"                                        },
      {"portalEndpoint",  "https://portal.azure.com/"                                         },
      {"graphAudience",   "https://graph.windows.net/"                                        },
      {"authentication",  JsonObject{{"loginEndpoint", authority}, {"audiences", audiences()}}}
  };
}

Json cloud(const std::string& arm, const std::string& authority) {
  return JsonObject{
      {"name",                     "Armature"                                                  },
      {"portal",                   "https://portal.azure.com"                                  },
      {"resourceManager",          arm                                                         },
      {"gallery",                  arm + "/"                                                   },
      {"graph",                    "https://graph.windows.net/"                                },
      {"graphAudience",            "https://graph.windows.net/"                                },
      {"microsoftGraphResourceId", "https://graph.microsoft.com/"                              },
      {"batch",                    "https://batch.core.windows.net/"                           },
      {"activeDirectoryDataLake",  "https://datalake.azure.net/"                               },
      {"sqlManagement",            "https://management.core.windows.net:8443/"                 },
      {"media",                    "https://rest.media.azure.net"                              },
      {"vmImageAliasDoc",          arm + "/"                                                   },
      {"logAnalyticsResourceId",   "https://api.loganalytics.io"                               },
      {"authentication",           JsonObject{{"loginEndpoint", authority},
                                    {"audiences", audiences()},
                                    {"tenant", "common"},
                                    {"identityProvider", "AAD"}}       },
      {"suffixes",                 JsonObject{{"acrLoginServer", "azurecr.io"},
                              {"azureDatalakeStoreFileSystem", "azuredatalakestore.net"},
                              {"azureFrontDoorEndpointSuffix", "azurefd.net"},
                              {"keyVaultDns", "vault.azure.net"},
                              {"mysqlServerEndpoint", "mysql.database.azure.com"},
                              {"postgresqlServerEndpoint", "postgres.database.azure.com"},
                              {"sqlServerHostname", "database.windows.net"},
                              {"storage", "core.windows.net"},
                              {"storageSyncEndpointSuffix", "afs.azure.net"}}}
  };
}

}  // namespace

std::optional<http::Response> cloud_metadata(const http::Request& request,
                                             const std::string& public_url,
                                             const std::string& authority) {
  if (request.method != "GET" || !equal_ci(http::path_of(request.target), "/metadata/endpoints")) {
    return std::nullopt;
  }
  const std::string version = version_of(request);
  Json body = cloud(public_url, authority);
  if (!version.empty() && version <= "2018-01-01") {
    body = flat(public_url, authority);
  } else if (!version.empty() && version < "2022-01-01") {
    body = JsonArray{std::move(body)};
  }
  return http::json_response(200, dump(body));
}

}  // namespace armature::gateway
