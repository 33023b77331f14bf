#include "sandbox/deployments/request.h"

#include "arm/error_body.h"
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "sandbox/bodies.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/deployments/key_vault_parameters.h"
#include "sandbox/deployments/links.h"
#include "sandbox/deployments/seal.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

constexpr std::int64_t kTicksAtEpoch = 621'355'968'000'000'000;  // .NET's 100 ns since year 1

// Newest first when sorted: the distance of the start from the largest 64-bit number.
std::string operation_id(Instant at) {
  const std::int64_t ticks = kTicksAtEpoch + to_micros(at) * 10;
  std::string digits = std::to_string(INT64_MAX - ticks);
  digits.insert(0, 20 - digits.size(), '0');
  return digits;
}

bool is_secure(const Json& definition) {
  const std::string type = to_lower(text_at(definition, "type"));
  return type == "securestring" || type == "secureobject";
}

void collect_text(const Json& value, std::vector<std::string>& out) {
  if (value.is_string() && !value.get_string().empty()) out.emplace_back(as_text(value));
  if (value.is_array()) {
    for (const Json& inner : value.get_array()) collect_text(inner, out);
  }
  if (value.is_object()) {
    for (const auto& [key, inner] : value.get_object()) collect_text(inner, out);
  }
}

template <class F>
void each_secure(const Json& document, const Json& parameters, F use) {
  const Json* definitions = find(document, "parameters");
  if (!definitions || !definitions->is_object() || !parameters.is_object()) return;
  for (const auto& [name, definition] : definitions->get_object()) {
    if (!is_secure(definition)) continue;
    if (const Json* given = find_ci(parameters.get_object(), name)) use(std::string(name), *given);
  }
}

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

tmpl::Surroundings surroundings_of(Cloud& cloud, const Deployment& deployment,
                                   const Json& parameters) {
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
  out.subscription = JsonObject{
      {"id",             "/subscriptions/" + cloud.subscription()},
      {"subscriptionId", cloud.subscription()                    },
      {"tenantId",       cloud.tenant()                          },
      {"displayName",    cloud.options().subscription_name       }
  };
  const auto scope = arm::ResourceId::parse(deployment.scope);
  if (scope && scope->kind == arm::ScopeKind::kResourceGroup) {
    out.resource_group = cloud.store().read([&](const State& state) -> Json {
      const Record* group = find_group(cloud, state, scope->text);
      return group ? render(cloud, state, *group) : Json(nullptr);
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
  out.deployment_location = deployment.location;
  out.now = deployment.started;
  // Follows from the run, so that a restart gives the same guids again.
  out.new_guid = [run = deployment.run_id, next = 0]() mutable {
    return uuid_v5(run, "newGuid#" + std::to_string(next++));
  };
  return out;
}

Prepared refused(ArmAnswer answer) {
  Prepared out;
  out.refusal = std::move(answer);
  return out;
}

std::optional<ArmAnswer> check_properties(const Json* properties) {
  if (!properties || !properties->is_object()) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: 'properties is "
                  "missing'.");
  }
  const std::string mode = text_at(*properties, "mode", "Incremental");
  if (!equal_ci(mode, "Incremental") && !equal_ci(mode, "Complete")) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: 'mode is "
                  "Incremental or Complete'.");
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> secret_values(const Json& document, const Json& parameters) {
  std::vector<std::string> out;
  each_secure(document, parameters, [&](const std::string&, const Json& given) {
    if (const Json* value = find(given, "value")) collect_text(*value, out);
  });
  return out;
}

Json without_secrets(const Json& document, const Json& parameters) {
  Json out = parameters;
  each_secure(document, parameters,
              [&](const std::string& name, const Json&) { out.get_object().erase(name); });
  return out;
}

ArmAnswer refuse_template(const tmpl::TemplateError& error) {
  arm::ErrorBody body;
  body.code = error.code;
  body.message = error.message;
  if (!error.path.empty()) {
    body.additional_info.push_back(JsonObject{
        {"type", "TemplateViolation"                                                     },
        {"info", JsonObject{{"lineNumber", 0}, {"linePosition", 0}, {"path", error.path}}}
    });
  }
  return answer(400, arm::error_json(body));
}

tmpl::Outcome<tmpl::Plan> expand_again(Cloud& cloud, const Deployment& deployment,
                                       const Json& parameters) {
  return tmpl::expand(deployment.document, parameters,
                      surroundings_of(cloud, deployment, parameters));
}

Prepared prepare(Cloud& cloud, const ArmCall& call, const std::vector<std::string>& parent_secrets,
                 const Json& parent_link) {
  const Json empty = JsonObject{};
  const Json& body = call.body ? *call.body : empty;
  const Json* properties = find(body, "properties");
  if (auto refusal = check_properties(properties)) return refused(*std::move(refusal));
  const std::string target =
      call.at.scope + "/providers/Microsoft.Resources/deployments/" + call.at.tail[1];
  const auto parsed = arm::ResourceId::parse(target);
  if (!parsed) return refused(refuse(400, "InvalidDeploymentName", parsed.error().message));
  if (call.at.tail[1].size() > 64) {
    return refused(refuse(400, "DeploymentNameLengthLimitExceeded",
                          "The deployment name has more than 64 characters."));
  }
  Prepared out;
  Deployment& d = out.deployment;
  d.id = parsed->text;
  d.name = call.at.tail[1];
  d.scope = parsed->scope;
  d.location = normal_location(text_at(body, "location"));
  if (const Json* tags = find(body, "tags")) d.tags = *tags;
  const auto scope = arm::ResourceId::parse(d.scope);
  if (scope && scope->kind != arm::ScopeKind::kResourceGroup && d.location.empty()) {
    return refused(
        refuse(400, "LocationRequired", "The location property is required for this definition."));
  }
  d.run_id = cloud.random().uuid();
  d.started = d.changed = cloud.clock().now();
  d.operation_id = operation_id(d.started);
  d.mode = equal_ci(text_at(*properties, "mode"), "Complete") ? "Complete" : "Incremental";
  d.correlation_id = call.correlation_id;
  d.caller = call.caller;
  Content content;
  if (auto refusal = follow_links(cloud, call, *properties, parent_link, content)) {
    return refused(*std::move(refusal));
  }
  JsonObject references;
  if (auto refusal = read_key_vault_parameters(cloud, call.caller, cloud.engine().secret_source(),
                                               content.document, content.parameters, references)) {
    return refused(*std::move(refusal));
  }
  d.document = std::move(content.document);
  d.template_link = std::move(content.template_link);
  const Json& parameters = content.parameters;
  d.parameters = without_secrets(d.document, parameters);
  d.template_hash = tmpl::template_hash(d.document);
  auto plan = expand_again(cloud, d, parameters);
  if (!plan) return refused(refuse_template(plan.error()));
  d.shown_parameters = plan->parameters();
  for (const auto& [name, reference] : references) {
    if (Json* shown = find_ci(d.shown_parameters.get_object(), name)) {
      shown->get_object()["reference"] = reference;
    }
  }
  d.providers = plan->providers();
  d.dependencies = plan->dependencies();
  out.secrets = secret_values(d.document, parameters);
  d.has_secrets = !out.secrets.empty();
  if (d.has_secrets && parent_secrets.empty() && !cloud.options().state_key.empty()) {
    if (auto sealed = seal(dump(parameters), cloud.options().state_key, cloud.random())) {
      d.sealed = *std::move(sealed);
    }
  }
  out.secrets.insert(out.secrets.end(), parent_secrets.begin(), parent_secrets.end());
  out.plan = *std::move(plan);
  return out;
}

}  // namespace armature::sandbox
