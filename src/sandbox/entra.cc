#include "sandbox/entra.h"

#include <array>

#include "arm/error_body.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/apps.h"

namespace armature::sandbox {
namespace {

constexpr std::int64_t kLifetimeSeconds = 3599;

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> out;
  for (std::string& part : split(path, '/')) {
    if (!part.empty()) out.push_back(std::move(part));
  }
  return out;
}

// "2026-11-24 08:30:00Z", as Entra prints times.
std::string entra_time(Instant at) {
  std::string text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(at));
  text[10] = ' ';
  return text;
}

http::Response entra_error(Cloud& cloud, int status, std::string_view error, int code,
                           const std::string& text) {
  const std::string trace = cloud.random().uuid();
  const std::string correlation = cloud.random().uuid();
  const std::string now = entra_time(cloud.clock().now());
  const std::string number = std::to_string(code);
  auto response = http::json_response(
      status,
      dump(JsonObject{
          {"error",             error                                                                                      },
          {"error_description", "AADSTS" + number + ": " + text + " Trace ID: " + trace +
                                    " Correlation ID: " + correlation + " Timestamp: " + now},
          {"error_codes",       JsonArray{code}                                                                            },
          {"timestamp",         now                                                                                        },
          {"trace_id",          trace                                                                                      },
          {"correlation_id",    correlation                                                                                },
          {"error_uri",         "https://login.microsoftonline.com/error?code=" + number                                   }
  }));
  response.headers.set("Cache-Control", "no-store, no-cache");
  response.headers.set("Pragma", "no-cache");
  return response;
}

using Form = std::vector<std::pair<std::string, std::string>>;
std::string field(const Form& form, std::string_view name) {
  for (const auto& [key, value] : form) {
    if (key == name) return value;
  }
  return "";
}

struct Client {
  std::string id;
  Secret secret;
};

// RFC 6749 2.3.1: form fields, or Basic with both parts form-encoded.
Client read_client(const http::Request& request, const Form& form) {
  Client client{field(form, "client_id"), Secret(field(form, "client_secret"))};
  const auto header = request.headers.get("Authorization");
  if (!header || !starts_with_ci(*header, "Basic ")) return client;
  const auto plain = from_base64(trim(std::string_view(*header).substr(6)));
  const std::size_t colon = plain ? plain->find(':') : std::string::npos;
  if (colon == std::string::npos) return client;
  client.id = http::percent_decode(plain->substr(0, colon)).value_or("");
  client.secret = Secret(http::percent_decode(plain->substr(colon + 1)).value_or(""));
  return client;
}

http::Response success(Cloud& cloud, const Application& app, const std::string& resource, bool v2) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(cloud.clock().now().time_since_epoch())
          .count();
  const JsonObject claims{
      {"aud",      resource                                         },
      {"iss",      "https://sts.windows.net/" + cloud.tenant() + "/"},
      {"iat",      now                                              },
      {"nbf",      now                                              },
      {"exp",      now + kLifetimeSeconds                           },
      {"aio",      to_base64url(cloud.random().bytes(24))           },
      {"appid",    app.client_id                                    },
      {"appidacr", "1"                                              },
      {"idp",      "https://sts.windows.net/" + cloud.tenant() + "/"},
      {"idtyp",    "app"                                            },
      {"oid",      app.object_id                                    },
      {"rh",       to_base64url(cloud.random().bytes(12))           },
      {"sub",      app.object_id                                    },
      {"tid",      cloud.tenant()                                   },
      {"uti",      to_base64url(cloud.random().bytes(16))           },
      {"ver",      "1.0"                                            }
  };
  const auto token = identity::sign_rs256(claims, cloud.key());
  if (!token) {
    return entra_error(cloud, 500, "server_error", 90033, "A transient error has occurred.");
  }
  JsonObject body;
  if (v2) {
    body = {
        {"token_type",     "Bearer"        },
        {"expires_in",     kLifetimeSeconds},
        {"ext_expires_in", kLifetimeSeconds}
    };
  } else {
    body = {
        {"token_type",     "Bearer"                              },
        {"expires_in",     std::to_string(kLifetimeSeconds)      },
        {"ext_expires_in", std::to_string(kLifetimeSeconds)      },
        {"expires_on",     std::to_string(now + kLifetimeSeconds)},
        {"not_before",     std::to_string(now)                   },
        {"resource",       resource                              }
    };
  }
  body["access_token"] = token->reveal();
  auto response = http::json_response(200, dump(body));
  response.headers.set("Cache-Control", "no-store, no-cache");
  response.headers.set("Pragma", "no-cache");
  response.headers.set("x-ms-request-id", cloud.random().uuid());
  return response;
}

http::Response token(Cloud& cloud, const http::Request& request, bool v2) {
  const auto missing = [&](const char* name) {
    return entra_error(
        cloud, 400, "invalid_request", 900144,
        std::string("The request body must contain the following parameter: '") + name + "'.");
  };
  const auto form = http::parse_form(request.body);
  if (!form) {
    return entra_error(cloud, 400, "invalid_request", 9002313,
                       "Invalid request. Request is malformed or invalid.");
  }
  const std::string grant = field(*form, "grant_type");
  if (grant.empty()) return missing("grant_type");
  if (grant != "client_credentials") {
    return entra_error(cloud, 400, "unsupported_grant_type", 70003,
                       "The app requested an unsupported grant type '" + grant + "'.");
  }
  const Client client = read_client(request, *form);
  if (client.id.empty()) return missing("client_id");
  std::string resource = field(*form, v2 ? "scope" : "resource");
  if (resource.empty()) return missing(v2 ? "scope" : "resource");
  if (v2) {
    constexpr std::string_view kDefault = "/.default";
    if (!ends_with_ci(resource, kDefault) || resource.find(' ') != std::string::npos) {
      return entra_error(cloud, 400, "invalid_scope", 70011,
                         "The provided value for the input parameter 'scope' is not valid. It must "
                         "be one resource with the suffix /.default.");
    }
    resource.resize(resource.size() - kDefault.size());
  }
  const auto app = cloud.store().read([&](const State& state) -> std::optional<Application> {
    const auto* found = state.get<Application>(to_lower(client.id));
    return found ? std::optional(*found) : std::nullopt;
  });
  if (!app) {
    return entra_error(cloud, 400, "unauthorized_client", 700016,
                       "Application with identifier '" + client.id +
                           "' was not found in the directory '" + cloud.tenant() + "'.");
  }
  if (client.secret.empty()) {
    return entra_error(cloud, 401, "invalid_client", 7000218,
                       "The request body must contain the following parameter: 'client_assertion' "
                       "or 'client_secret'.");
  }
  if (!secret_matches(*app, client.secret)) {
    return entra_error(cloud, 401, "invalid_client", 7000215,
                       "Invalid client secret provided. Ensure the secret being sent in the "
                       "request is the client secret value, not the client secret ID, for a secret "
                       "added to app '" +
                           app->client_id + "'.");
  }
  return success(cloud, *app, resource, v2);
}

Json discovery(const Cloud& cloud, bool v2) {
  const std::string base = cloud.url() + "/" + cloud.tenant();
  const std::string version = v2 ? "/v2.0" : "";
  return JsonObject{
      {"issuer",                                "https://sts.windows.net/" + cloud.tenant() + "/"},
      {"authorization_endpoint",                base + "/oauth2" + version + "/authorize"        },
      {"token_endpoint",                        base + "/oauth2" + version + "/token"            },
      {"jwks_uri",                              base + "/discovery" + version + "/keys"          },
      {"token_endpoint_auth_methods_supported",
       JsonArray{"client_secret_post", "client_secret_basic"}                                    },
      {"response_types_supported",              JsonArray{"code"}                                },
      {"subject_types_supported",               JsonArray{"pairwise"}                            },
      {"id_token_signing_alg_values_supported", JsonArray{"RS256"}                               },
      {"tenant_region_scope",                   nullptr                                          },
      {"cloud_instance_name",                   "armature-sandbox"                               }
  };
}

}  // namespace

bool is_entra_path(std::string_view path) {
  const auto parts = segments_of(path);
  if (parts.size() < 3) return false;
  return equal_ci(parts[1], "oauth2") || equal_ci(parts[1], "discovery") ||
         equal_ci(parts[1], ".well-known") || equal_ci(parts[2], ".well-known");
}

http::Response entra(Cloud& cloud, const http::Request& request) {
  const auto parts = segments_of(http::path_of(request.target));
  const std::string& tenant = parts[0];
  const bool shared = equal_ci(tenant, "common") || equal_ci(tenant, "organizations");
  const bool v2 = std::ranges::any_of(parts, [](const auto& p) { return equal_ci(p, "v2.0"); });
  const std::string& last = parts.back();
  if (!shared && !equal_ci(tenant, cloud.tenant()) && !equal_ci(tenant, "adfs")) {
    return entra_error(cloud, 400, "invalid_request", 90002,
                       "Tenant '" + tenant +
                           "' not found. Check to make sure you have the correct "
                           "tenant ID and are signing into the correct cloud.");
  }
  if (equal_ci(last, "openid-configuration")) {
    return http::json_response(200, dump(discovery(cloud, v2)));
  }
  if (equal_ci(last, "keys")) {
    return http::json_response(200, dump(JsonObject{
                                        {"keys", JsonArray{identity::jwk_of(cloud.key())}}
    }));
  }
  if (!equal_ci(last, "token")) {
    return http::json_response(404, dump(arm::error_json("NotFound", "No such endpoint.")));
  }
  if (request.method != "POST") {
    return entra_error(
        cloud, 400, "invalid_request", 900561,
        "The endpoint only accepts POST requests. Received a " + request.method + " request.");
  }
  if (shared) {
    return entra_error(cloud, 400, "invalid_request", 9001023,
                       "The grant type is not supported over the /common or /consumers endpoints. "
                       "Please use the /organizations or tenant-specific endpoint.");
  }
  return token(cloud, request, v2);
}

}  // namespace armature::sandbox
