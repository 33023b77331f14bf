#include "sandbox/entra/graph/shapes.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/entra.h"
#include "sandbox/entra/directory.h"
#include "sandbox/entra/graph_roles.h"
#include "sandbox/entra/resources.h"

namespace armature::sandbox::graph {
namespace {

std::string time_text(Instant at) {
  return to_rfc3339(std::chrono::floor<std::chrono::seconds>(at));
}

JsonArray texts(const std::vector<std::string>& values) {
  return JsonArray(values.begin(), values.end());
}

Json key_json(const KeyCredential& item) {
  return JsonObject{
      {"customKeyIdentifier", item.thumbprint      },
      {"displayName",         item.display_name    },
      {"endDateTime",         time_text(item.end)  },
      {"key",                 nullptr              },
      {"keyId",               item.key_id          },
      {"startDateTime",       time_text(item.start)},
      {"type",                "AsymmetricX509Cert" },
      {"usage",               "Verify"             }
  };
}

void add_missing(JsonObject& out, const JsonObject& body) {
  for (const auto& [name, value] : body) {
    if (!out.contains(name)) out[name] = value;
  }
}

JsonArray graph_app_roles() {
  JsonArray out;
  for (const GraphRole& role : graph_roles()) {
    out.push_back(JsonObject{
        {"allowedMemberTypes", JsonArray{"Application"}},
        {"displayName",        role.value              },
        {"id",                 role.id                 },
        {"isEnabled",          true                    },
        {"value",              role.value              }
    });
  }
  return out;
}

JsonArray names_of(const ServicePrincipal& item, const AppRegistration* app) {
  JsonArray out{item.client_id};
  if (app) {
    for (const std::string& uri : app->identifier_uris) out.emplace_back(uri);
  }
  if (item.client_id == kGraphClientId) out.emplace_back("https://graph.microsoft.com");
  if (item.managed()) out.emplace_back("https://identity.azure.net/" + item.object_id);
  return out;
}

}  // namespace

Json password_json(const PasswordCredential& item) {
  return JsonObject{
      {"customKeyIdentifier", nullptr              },
      {"displayName",         item.display_name    },
      {"endDateTime",         time_text(item.end)  },
      {"hint",                item.hint            },
      {"keyId",               item.key_id          },
      {"secretText",          nullptr              },
      {"startDateTime",       time_text(item.start)}
  };
}

Json application_json(const AppRegistration& item) {
  JsonArray passwords;
  for (const auto& one : item.passwords) passwords.push_back(password_json(one));
  JsonArray keys;
  for (const auto& one : item.keys) keys.push_back(key_json(one));
  JsonObject api;
  const Json* given = item.body.if_contains("api");
  if (given && given->is_object()) api = given->get_object();
  api["requestedAccessTokenVersion"] = item.token_version == 2 ? Json(2) : Json(nullptr);
  JsonObject out{
      {"id",                  item.object_id             },
      {"deletedDateTime",     nullptr                    },
      {"appId",               item.client_id             },
      {"createdDateTime",     time_text(item.created)    },
      {"displayName",         item.display_name          },
      {"identifierUris",      texts(item.identifier_uris)},
      {"publisherDomain",     std::string(kTenantDomain) },
      {"api",                 std::move(api)             },
      {"keyCredentials",      std::move(keys)            },
      {"passwordCredentials", std::move(passwords)       }
  };
  add_missing(out, item.body);
  add_missing(out, {
                       {"signInAudience",         "AzureADMyOrg"},
                       {"appRoles",               JsonArray{}   },
                       {"tags",                   JsonArray{}   },
                       {"requiredResourceAccess", JsonArray{}   },
                       {"web",                    JsonObject{}  }
  });
  return out;
}

Json service_principal_json(const Cloud& cloud, const ServicePrincipal& item,
                            const AppRegistration* app) {
  JsonObject out{
      {"id",                     item.object_id                            },
      {"deletedDateTime",        nullptr                                   },
      {"accountEnabled",         item.enabled                              },
      {"appId",                  item.client_id                            },
      {"appDisplayName",         item.display_name                         },
      {"createdDateTime",        time_text(item.created)                   },
      {"displayName",            item.display_name                         },
      {"appOwnerOrganizationId", app ? Json(cloud.tenant()) : Json(nullptr)},
      {"servicePrincipalType",   item.type                                 },
      {"servicePrincipalNames",  names_of(item,                              app)},
      {"alternativeNames",                        JsonArray{}                                                },
      {"keyCredentials",                        JsonArray{}  },
      {"passwordCredentials",                        JsonArray{}                                           }
  };
  if (item.managed()) {
    out["alternativeNames"] = JsonArray{
        std::string("isExplicit=") + (item.user_assigned ? "True" : "False"), item.resource_id};
  }
  const Json* roles = app ? app->body.if_contains("appRoles") : nullptr;
  if (roles) out["appRoles"] = *roles;
  if (item.client_id == kGraphClientId) out["appRoles"] = graph_app_roles();
  add_missing(out, item.body);
  add_missing(out, {
                       {"appRoles", JsonArray{}},
                       {"tags",     JsonArray{}}
  });
  return out;
}

Json user_json(const User& item) {
  JsonObject out{
      {"id",                item.object_id          },
      {"deletedDateTime",   nullptr                 },
      {"accountEnabled",    item.enabled            },
      {"createdDateTime",   time_text(item.created) },
      {"displayName",       item.display_name       },
      {"userPrincipalName", item.user_principal_name}
  };
  add_missing(out, item.body);
  add_missing(out, {
                       {"mail",     nullptr },
                       {"userType", "Member"}
  });
  return out;
}

Json group_json(const Group& item) {
  JsonObject out{
      {"id",              item.object_id         },
      {"deletedDateTime", nullptr                },
      {"createdDateTime", time_text(item.created)},
      {"displayName",     item.display_name      },
      {"securityEnabled", item.security_enabled  }
  };
  add_missing(out, item.body);
  add_missing(out, {
                       {"groupTypes", JsonArray{}}
  });
  return out;
}

Json federated_json(const FederatedCredential& item) {
  return JsonObject{
      {"id",          item.id                                                          },
      {"name",        item.name                                                        },
      {"issuer",      item.issuer                                                      },
      {"subject",     item.subject                                                     },
      {"audiences",   JsonArray{item.audience}                                         },
      {"description", item.description.empty() ? Json(nullptr) : Json(item.description)}
  };
}

Json app_role_json(const State& state, const ServicePrincipal& principal, const AppRole& role) {
  const ServicePrincipal* resource = find_service_principal(state, role.resource_id);
  return JsonObject{
      {"id",                   role.id                                       },
      {"appRoleId",            role.app_role_id                              },
      {"createdDateTime",      time_text(role.created)                       },
      {"principalDisplayName", principal.display_name                        },
      {"principalId",          principal.object_id                           },
      {"principalType",        "ServicePrincipal"                            },
      {"resourceDisplayName",  resource ? resource->display_name.c_str() : ""},
      {"resourceId",           role.resource_id                              }
  };
}

Json directory_object_json(const Cloud& cloud, const State& state, std::string_view object_id) {
  const DirectoryName* name = state.get<DirectoryName>(to_lower(object_id));
  if (!name || !is_uuid(object_id)) return nullptr;
  Json object;
  if (name->type == "application") {
    if (const auto* item = state.get<AppRegistration>(name->key)) object = application_json(*item);
  } else if (name->type == "servicePrincipal") {
    if (const auto* item = state.get<ServicePrincipal>(name->key)) {
      object = service_principal_json(cloud, *item, find_application(state, item->client_id));
    }
  } else if (name->type == "user") {
    if (const auto* item = state.get<User>(name->key)) object = user_json(*item);
  } else if (const auto* item = state.get<Group>(name->key)) {
    object = group_json(*item);
  }
  if (object.is_null()) return nullptr;
  JsonObject out{
      {"@odata.type", "#microsoft.graph." + name->type}
  };
  for (const auto& [key, value] : object.get_object()) out[key] = value;
  return out;
}

void keep_others(JsonObject& body, const Json& sent, std::span<const std::string_view> own) {
  if (!sent.is_object()) return;
  for (const auto& [name, value] : sent.get_object()) {
    const std::string_view key(name.data(), name.size());
    if (key.starts_with("@") || std::ranges::find(own, key) != own.end()) continue;
    body[key] = value;
  }
}

}  // namespace armature::sandbox::graph
