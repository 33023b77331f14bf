#include "gateway/managed_identity.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/json.h"

namespace armature::gateway {
namespace {

constexpr std::string_view kAppServicePath = "/msi/token";
constexpr std::string_view kImdsPath = "/metadata/identity/oauth2/token";
constexpr std::string_view kAttempts = "/attempts/";
constexpr std::size_t kLongestResource = 256;

struct Problem {
  int status = 400;
  std::string error;
  std::string text;
};

using Query = std::vector<std::pair<std::string, std::string>>;

// The first of these names that is there and not empty.
std::string value_of(const Query& query, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    for (const auto& [key, value] : query) {
      if (equal_ci(key, name) && !value.empty()) return value;
    }
  }
  return "";
}

std::string_view without_slashes(std::string_view text) {
  while (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
  return text;
}

std::string seconds_of(Instant at) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
}

bool passed_on(const http::Headers& headers) {
  return headers.get("X-Forwarded-For") || headers.get("Forwarded") || headers.get("Via");
}

std::optional<Problem> wrong_resource(const ManagedIdentity& endpoint, const std::string& wanted) {
  if (wanted.empty()) {
    return Problem{400, "invalid_request", "Required query variable 'resource' is missing"};
  }
  const bool known = std::any_of(
      endpoint.resources.begin(), endpoint.resources.end(), [&](const std::string& resource) {
        return equal_ci(without_slashes(resource), without_slashes(wanted));
      });
  if (known) return std::nullopt;
  return Problem{400, "invalid_resource",
                 "AADSTS500011: The resource '" + wanted.substr(0, kLongestResource) +
                     "' is not one that tasks reach through Armature's gateway. There are: " +
                     join(endpoint.resources, ", ") + "."};
}

// A client may name the identity that it wants; there is one.
std::optional<Problem> wrong_identity(const AttemptToken& own, const Query& query) {
  const std::string client = value_of(query, {"client_id", "clientid"});
  const std::string other =
      value_of(query, {"object_id", "principal_id", "msi_res_id", "mi_res_id"});
  const bool fits = other.empty() && (client.empty() || equal_ci(client, own.client_id));
  if (fits) return std::nullopt;
  return Problem{400, "invalid_request",
                 "Identity not found: a task has the one identity that its DAG file names under "
                 "access.azure.identity" +
                     (own.client_id.empty() ? "" : ", with client id " + own.client_id) +
                     "; leave out which one you want"};
}

std::variant<JsonObject, Problem> answer_of(const ManagedIdentity& endpoint,
                                            const std::string& credential, const Query& query,
                                            Instant now) {
  const std::string wanted = value_of(query, {"resource"});
  if (auto problem = wrong_resource(endpoint, wanted)) return *std::move(problem);
  auto own = endpoint.token_of(credential);
  if (!own) return Problem{401, "unauthorized_client", std::move(own).error().message};
  if (auto problem = wrong_identity(*own, query)) return *std::move(problem);
  const auto left = std::chrono::floor<std::chrono::seconds>(own->expires - now);
  return JsonObject{
      {"access_token", own->token.reveal()         },
      {"client_id",    own->client_id              },
      {"expires_in",   std::to_string(left.count())},
      {"expires_on",   seconds_of(own->expires)    },
      {"not_before",   seconds_of(now)             },
      {"resource",     wanted                      },
      {"token_type",   "Bearer"                    }
  };
}

http::Response imds_problem(const Problem& problem) {
  return http::json_response(problem.status,
                             dump(JsonObject{
                                 {"error",             problem.error},
                                 {"error_description", problem.text }
  }));
}

http::Response imds(const ManagedIdentity& endpoint, const http::Request& request,
                    const std::string& credential, const Query& query, Instant now) {
  if (request.method != "GET") {
    return imds_problem({405, "method_not_allowed", "The method is not allowed"});
  }
  if (!equal_ci(request.headers.get("Metadata").value_or(""), "true")) {
    return imds_problem({400, "bad_request_102", "Required metadata header not specified"});
  }
  if (passed_on(request.headers)) {
    return imds_problem({400, "bad_request_102", "A request that was passed on is not answered"});
  }
  const std::string version = value_of(query, {"api-version"});
  if (version.empty()) {
    return imds_problem(
        {400, "invalid_request", "Required query variable 'api-version' is missing"});
  }
  if (version < "2018-02-01") {
    return imds_problem({400, "invalid_request",
                         "The api-version '" + version.substr(0, 32) + "' is not supported"});
  }
  auto outcome = answer_of(endpoint, credential, query, now);
  if (const auto* problem = std::get_if<Problem>(&outcome)) return imds_problem(*problem);
  JsonObject& body = std::get<JsonObject>(outcome);
  body["refresh_token"] = "";
  return http::json_response(200, dump(body));
}

http::Response app_service(const ManagedIdentity& endpoint, const http::Request& request,
                           const Query& query, const std::string& correlation_id, Instant now) {
  const auto refuse = [&](int status, const std::string& text) {
    return http::json_response(
        status, dump(JsonObject{
                    {"statusCode",    status        },
                    {"message",       text          },
                    {"correlationId", correlation_id}
    }));
  };
  if (request.method != "GET") return refuse(405, "The method is not allowed.");
  if (passed_on(request.headers)) {
    return refuse(400, "A request that was passed on is not answered.");
  }
  const std::string version = value_of(query, {"api-version"});
  if (version != "2019-08-01" && version != "2017-09-01") {
    return refuse(400, "The api-version '" + version.substr(0, 32) + "' is not supported.");
  }
  const char* name = version == "2019-08-01" ? "X-IDENTITY-HEADER" : "secret";
  const auto given = request.headers.get(name);
  if (!given || request.headers.count(name) > 1) {
    return refuse(401, std::string("The header '") + name + "' with IDENTITY_HEADER is missing.");
  }
  auto outcome = answer_of(endpoint, *given, query, now);
  if (const auto* problem = std::get_if<Problem>(&outcome)) {
    return refuse(problem->status, problem->text);
  }
  return http::json_response(200, dump(std::get<JsonObject>(outcome)));
}

}  // namespace

std::vector<std::string> arm_resources(const std::string& own) {
  std::vector<std::string> out = {"https://management.azure.com",
                                  "https://management.core.windows.net"};
  const std::string asked(without_slashes(own));
  const bool known = std::any_of(out.begin(), out.end(), [&](const std::string& resource) {
    return equal_ci(resource, asked);
  });
  if (!known && !asked.empty()) out.push_back(asked);
  return out;
}

http::Response serve_identity(const ManagedIdentity& endpoint, const http::Request& request,
                              const std::string& correlation_id, Instant now) {
  const std::string whole = http::path_of(request.target);
  std::string_view path = without_slashes(whole);
  const auto query = http::parse_form(http::query_of(request.target));
  http::Response out;
  if (!query) {
    out = imds_problem({400, "invalid_request", "The query string is not well formed"});
  } else if (equal_ci(path, kAppServicePath)) {
    out = app_service(endpoint, request, *query, correlation_id, now);
  } else if (path.starts_with(kAttempts)) {
    path.remove_prefix(kAttempts.size());
    const std::string credential(path.substr(0, path.find('/')));
    path.remove_prefix(credential.size());
    out = equal_ci(path, kImdsPath)
              ? imds(endpoint, request, credential, *query, now)
              : imds_problem({404, "not_found", "The requested resource is not found"});
  } else if (equal_ci(path, kImdsPath)) {
    out = imds_problem({401, "unknown_source",
                        "Which attempt asks? Take AZURE_POD_IDENTITY_AUTHORITY_HOST from the "
                        "task's environment"});
  } else {
    out = imds_problem({404, "not_found", "The requested resource is not found"});
  }
  out.headers.set("Cache-Control", "no-store, no-cache");
  return out;
}

}  // namespace armature::gateway
