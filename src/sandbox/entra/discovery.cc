#include "sandbox/entra/discovery.h"

#include <algorithm>

#include "base/bytes.h"
#include "sandbox/entra/aadsts.h"
#include "sandbox/entra/claims.h"
#include "sandbox/entra/hosts.h"
#include "sandbox/keyvault/vaults.h"

namespace armature::sandbox {
namespace {

// "https://localhost:8082": as the client names it, when that is a name of ours.
std::string origin_of(const Cloud& cloud, const http::Request& request) {
  const std::string host = request.headers.get("Host").value_or("");
  const bool loopback = is_loopback(host) && same_host(host, host_of_url(cloud.url()));
  return loopback || is_public_authority(host) ? "https://" + host : cloud.url();
}

std::string query_value(const http::Request& request, std::string_view name) {
  const auto query = http::parse_form(http::query_of(request.target));
  if (!query) return "";
  for (const auto& [key, value] : *query) {
    if (equal_ci(key, name)) return value;
  }
  return "";
}

JsonArray audiences() {
  return JsonArray{"https://management.core.windows.net/", "https://management.azure.com/"};
}

Json suffixes(const Cloud& cloud) {
  return JsonObject{
      {"acrLoginServer",               "azurecr.io"                 },
      {"azureDatalakeStoreFileSystem", "azuredatalakestore.net"     },
      {"azureFrontDoorEndpointSuffix", "azurefd.net"                },
      {"keyVaultDns",                  vault_dns_suffix(cloud)      },
      {"mysqlServerEndpoint",          "mysql.database.azure.com"   },
      {"postgresqlServerEndpoint",     "postgres.database.azure.com"},
      {"sqlServerHostname",            "database.windows.net"       },
      {"storage",                      "core.windows.net"           },
      {"storageSyncEndpointSuffix",    "afs.azure.net"              }
  };
}

// What Azure Stack answers, and what `az cloud register` reads. The login endpoint ends in /adfs:
// clients then ask no other authority about this one.
Json flat_metadata(const std::string& origin) {
  return JsonObject{
      {"galleryEndpoint", origin + "/"                                            },
      {"graphEndpoint",   origin + "/"                                            },
      {"portalEndpoint",  origin + "/"                                            },
      {"graphAudience",   origin + "/"                                            },
      {"authentication",
       JsonObject{{"loginEndpoint", origin + "/adfs"}, {"audiences", audiences()}}}
  };
}

Json cloud_of(const Cloud& cloud, const std::string& origin) {
  return JsonObject{
      {"name",                     "ArmatureSandbox"                                    },
      {"portal",                   origin                                               },
      {"resourceManager",          origin                                               },
      {"gallery",                  origin + "/"                                         },
      {"graph",                    origin + "/"                                         },
      {"graphAudience",            origin + "/"                                         },
      {"microsoftGraphResourceId", origin + "/"                                         },
      {"batch",                    "https://batch.core.windows.net/"                    },
      {"activeDirectoryDataLake",  "https://datalake.azure.net/"                        },
      {"sqlManagement",            origin + "/"                                         },
      {"media",                    "https://rest.media.azure.net"                       },
      {"vmImageAliasDoc",          origin + "/"                                         },
      {"logAnalyticsResourceId",   "https://api.loganalytics.io"                        },
      {"authentication",           JsonObject{{"loginEndpoint", origin},
                                    {"audiences", audiences()},
                                    {"tenant", cloud.tenant()},
                                    {"identityProvider", "AAD"}}},
      {"suffixes",                 suffixes(cloud)                                      }
  };
}

}  // namespace

Json openid_configuration(const Cloud& cloud, const http::Request& request,
                          const Authority& authority) {
  const std::string origin = origin_of(cloud, request);
  const std::string base = origin + "/" + authority.tenant;
  const std::string version = authority.v2 ? "/v2.0" : "";
  // Of a shared authority the issuer holds a place for the tenant, as Entra's does.
  const std::string tenant = authority.shared ? "{tenantid}" : cloud.tenant();
  std::string issuer = "https://sts.windows.net/" + tenant + "/";
  if (authority.v2) issuer = origin + "/" + tenant + "/v2.0";
  if (authority.adfs) issuer = origin + "/adfs";
  return JsonObject{
      {"token_endpoint",                        base + "/oauth2" + version + "/token"      },
      {"token_endpoint_auth_methods_supported",
       JsonArray{"client_secret_post", "private_key_jwt", "client_secret_basic"}           },
      {"jwks_uri",                              base + "/discovery" + version + "/keys"    },
      {"response_modes_supported",              JsonArray{"query", "fragment", "form_post"}},
      {"subject_types_supported",               JsonArray{"pairwise"}                      },
      {"id_token_signing_alg_values_supported", JsonArray{"RS256"}                         },
      {"response_types_supported",              JsonArray{"code", "id_token", "token"}     },
      {"scopes_supported",                      JsonArray{"openid"}                        },
      {"issuer",                                issuer                                     },
      {"authorization_endpoint",                base + "/oauth2" + version + "/authorize"  },
      {"device_authorization_endpoint",         base + "/oauth2" + version + "/devicecode" },
      {"claims_supported",
       JsonArray{"sub", "iss", "aud", "exp", "iat", "nbf", "tid", "oid", "ver"}            },
      {"tenant_region_scope",                   nullptr                                    },
      {"cloud_instance_name",                   host_of_url(origin)                        },
      {"msgraph_host",                          host_of_url(origin)                        },
      {"rbac_url",                              origin                                     }
  };
}

Json key_set(const Cloud& cloud) {
  JsonArray keys = cloud.token_keys().key_set();
  for (Json& key : keys) key.get_object()["issuer"] = issuer_v2(cloud);
  return JsonObject{
      {"keys", std::move(keys)}
  };
}

http::Response instance_discovery(Cloud& cloud, const http::Request& request) {
  const std::string endpoint = query_value(request, "authorization_endpoint");
  const std::string host = host_of_url(endpoint);
  const std::string own = host_of_url(cloud.url());
  // Older clients leave the port out.
  const bool ours = is_public_authority(host) || is_loopback(host) || same_host(host, own);
  if (host.empty() || !ours) {
    return entra_refusal(cloud, request, {50049, "Unknown or invalid instance."});
  }
  const bool is_public = is_public_authority(host);
  const std::string shown = is_public ? "login.microsoftonline.com" : own;
  const std::string path = http::parse_url(endpoint).value_or(http::Url{}).target;
  const auto parts = split(path, '/');
  const std::string tenant = parts.size() > 1 && !parts[1].empty() ? parts[1] : "common";
  JsonArray aliases;
  if (is_public) {
    aliases = {"login.microsoftonline.com", "login.windows.net", "login.microsoft.com",
               "sts.windows.net"};
  } else {
    aliases.emplace_back(shown);
    if (host != shown) aliases.emplace_back(host);
  }
  return http::json_response(
      200, dump(JsonObject{
               {"tenant_discovery_endpoint",
                "https://" + shown + "/" + tenant + "/v2.0/.well-known/openid-configuration"                 },
               {"api-version",               "1.1"                                                           },
               {"metadata",                  JsonArray{JsonObject{{"preferred_network", shown},
                                                 {"preferred_cache",
                                                  is_public ? "login.windows.net" : shown.c_str()},
                                                 {"aliases", std::move(aliases)}}}}
  }));
}

http::Response cloud_metadata(const Cloud& cloud, const http::Request& request) {
  const std::string origin = origin_of(cloud, request);
  const std::string version = query_value(request, "api-version");
  if (version == "1.0" || (!version.empty() && version <= "2018-01-01")) {
    return http::json_response(200, dump(flat_metadata(origin)));
  }
  if (!version.empty() && version < "2022-01-01") {
    return http::json_response(200, dump(JsonArray{cloud_of(cloud, origin)}));
  }
  return http::json_response(200, dump(cloud_of(cloud, origin)));
}

}  // namespace armature::sandbox
