#include "sandbox/deployments/surroundings.h"

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "sandbox/deployments/scope.h"
#include "sandbox/front/providers.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

Json environment() {
  return JsonObject{
      {"name",                    "AzureCloud"                                          },
      {"gallery",                 "https://gallery.azure.com/"                          },
      {"graph",                   "https://graph.windows.net/"                          },
      {"portal",                  "https://portal.azure.com"                            },
      {"graphAudience",           "https://graph.windows.net/"                          },
      {"activeDirectoryDataLake", "https://datalake.azure.net/"                         },
      {"batch",                   "https://batch.core.windows.net/"                     },
      {"media",                   "https://rest.media.azure.net"                        },
      {"sqlManagement",           "https://management.core.windows.net:8443/"           },
      {"resourceManager",         "https://management.azure.com/"                       },
      {"authentication",          JsonObject{{"loginEndpoint", "https://login.microsoftonline.com/"},
                                    {"audiences", JsonArray{"https://management.core.windows.net/",
                                                            "https://management.azure.com/"}},
                                    {"tenant", "common"},
                                    {"identityProvider", "AAD"}}},
      {"suffixes",                JsonObject{{"acrLoginServer", ".azurecr.io"},
                              {"azureDatalakeAnalyticsCatalogAndJob", "azuredatalakeanalytics.net"},
                              {"azureDatalakeStoreFileSystem", "azuredatalakestore.net"},
                              {"azureFrontDoorEndpointSuffix", "azurefd.net"},
                              {"keyvaultDns", ".vault.azure.net"},
                              {"sqlServerHostname", ".database.windows.net"},
                              {"storage", "core.windows.net"}}        }
  };
}

}  // namespace

tmpl::Surroundings surroundings_of(Cloud& cloud, const Deployment& deployment,
                                   const Json& parameters, const Json& planned_group) {
  tmpl::Surroundings out;
  out.scope = deployment.scope;
  JsonObject shown{
      {"name",       deployment.name                                                  },
      {"properties", JsonObject{{"template", deployment.document},
                                {"templateHash", deployment.template_hash},
                                {"parameters", parameters},
                                {"mode", deployment.mode},
                                {"provisioningState", "Accepted"}}}
  };
  if (!deployment.location.empty()) shown["location"] = deployment.location;
  if (!deployment.template_link.is_null()) {
    shown["properties"].get_object()["templateLink"] = deployment.template_link;
  }
  out.deployment = std::move(shown);
  const auto scope = arm::ResourceId::parse(deployment.scope);
  const auto kind = scope ? scope->kind : arm::ScopeKind::kTenant;
  if (kind == arm::ScopeKind::kSubscription || kind == arm::ScopeKind::kResourceGroup) {
    out.subscription = JsonObject{
        {"id",             "/subscriptions/" + cloud.subscription()},
        {"subscriptionId", cloud.subscription()                    },
        {"tenantId",       cloud.tenant()                          },
        {"displayName",    cloud.options().subscription_name       }
    };
  }
  if (kind == arm::ScopeKind::kResourceGroup) {
    out.resource_group = cloud.store().read([&](const State& state) -> Json {
      const Record* group = find_group(cloud, state, scope->text);
      return group ? render(cloud, state, *group) : planned_group;
    });
  }
  if (kind == arm::ScopeKind::kManagementGroup) {
    out.management_group = cloud.store().read([&](const State& state) {
      return management_group_json(cloud, state, scope->management_group);
    });
  }
  out.tenant = JsonObject{
      {"id",          "/tenants/" + cloud.tenant()},
      {"tenantId",    cloud.tenant()              },
      {"displayName", "Sandbox"                   },
      {"countryCode", "NL"                        }
  };
  out.deployer = JsonObject{
      {"objectId",          deployment.caller.object_id},
      {"tenantId",          cloud.tenant()             },
      {"userPrincipalName", ""                         }
  };
  out.environment = environment();
  out.provider_type = provider_type;
  out.deployment_location = deployment.location;
  out.now = deployment.started;
  // Follows from the run, so that a restart gives the same guids again.
  out.new_guid = [run = deployment.run_id, next = 0]() mutable {
    return uuid_v5(run, "newGuid#" + std::to_string(next++));
  };
  return out;
}

}  // namespace armature::sandbox
