#include "sandbox/entra/imds.h"

#include <variant>

#include "base/bytes.h"
#include "base/crypto.h"
#include "sandbox/entra/claims.h"
#include "sandbox/entra/managed_identity.h"

namespace armature::sandbox {
namespace {

constexpr auto kLifetime = std::chrono::hours(24);
constexpr std::string_view kImdsPath = "/metadata/identity/oauth2/token";
constexpr std::string_view kAppServicePath = "/msi/token";

struct Problem {
  int status = 400;
  std::string error;
  std::string text;
};

struct Query {
  std::vector<std::pair<std::string, std::string>> values;
  // The first of these names that is there and not empty.
  std::string get(std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names) {
      for (const auto& [key, value] : values) {
        if (equal_ci(key, name) && !value.empty()) return value;
      }
    }
    return "";
  }
};

bool matches(const ServicePrincipal& one, const Query& query) {
  const std::string client = query.get({"client_id", "clientid"});
  const std::string object = query.get({"object_id", "principal_id"});
  const std::string resource = query.get({"msi_res_id", "mi_res_id"});
  if (!client.empty()) return equal_ci(client, one.client_id);
  if (!object.empty()) return equal_ci(object, one.object_id);
  return equal_ci(resource, one.resource_id);
}

std::variant<ServicePrincipal, Problem> choose(const std::vector<ServicePrincipal>& assigned,
                                               const Query& query) {
  const bool named =
      !query.get({"client_id", "clientid", "object_id", "principal_id", "msi_res_id", "mi_res_id"})
           .empty();
  if (named) {
    for (const ServicePrincipal& one : assigned) {
      if (matches(one, query)) return one;
    }
    return Problem{400, "invalid_request", "Identity not found"};
  }
  if (assigned.empty()) return Problem{400, "invalid_request", "Identity not found"};
  if (assigned.size() == 1 || !assigned.front().user_assigned) return assigned.front();
  return Problem{400, "invalid_request",
                 "Multiple user assigned identities exist, please specify the clientId / "
                 "resourceId of the identity in the token request"};
}

std::variant<JsonObject, Problem> token_of(Cloud& cloud, const IdentityEndpoint& endpoint,
                                           const Query& query) {
  const std::string wanted = query.get({"resource"});
  if (wanted.empty()) {
    return Problem{400, "invalid_request", "Required query variable 'resource' is missing"};
  }
  const auto assigned = cloud.store().read(
      [&](const State& state) { return identities_on(state, endpoint.resource_id); });
  auto chosen = choose(assigned, query);
  if (auto* problem = std::get_if<Problem>(&chosen)) return *std::move(problem);
  TokenFacts facts;
  facts.client = std::get<ServicePrincipal>(std::move(chosen));
  facts.proof = "2";
  facts.hosting_resource = endpoint.resource_id;
  facts.lifetime = kLifetime;
  auto resource = cloud.store().read([&](const State& state) {
    return find_resource(cloud, state, wanted, facts.client.client_id);
  });
  if (!resource) {
    return Problem{400, "invalid_resource",
                   "AADSTS500011: The resource principal named " + wanted.substr(0, 256) +
                       " was not found in the tenant named " + cloud.tenant() + "."};
  }
  facts.resource = *std::move(resource);
  const JsonObject claims = claims_of(cloud, facts);
  const auto token = identity::sign_rs256(claims, *cloud.token_keys().current());
  if (!token) return Problem{500, "unknown", "Failed to retrieve token"};
  const auto number = [&](const char* name) { return claims.at(name).as_int64(); };
  return JsonObject{
      {"access_token", token->reveal()                              },
      {"client_id",    facts.client.client_id                       },
      {"expires_in",   std::to_string(number("exp") - number("iat"))},
      {"expires_on",   std::to_string(number("exp"))                },
      {"not_before",   std::to_string(number("nbf"))                },
      {"resource",     wanted                                       },
      {"token_type",   "Bearer"                                     }
  };
}

http::Response imds_problem(const Problem& problem) {
  return http::json_response(problem.status,
                             dump(JsonObject{
                                 {"error",             problem.error},
                                 {"error_description", problem.text }
  }));
}

http::Response imds(Cloud& cloud, const IdentityEndpoint& endpoint, const http::Request& request,
                    const Query& query) {
  if (request.method != "GET") {
    return imds_problem({405, "method_not_allowed", "The method is not allowed"});
  }
  if (!equal_ci(request.headers.get("Metadata").value_or(""), "true")) {
    return imds_problem({400, "bad_request_102", "Required metadata header not specified"});
  }
  if (request.headers.get("X-Forwarded-For")) {
    return imds_problem({400, "bad_request_102", "A request that was passed on is not answered"});
  }
  const std::string version = query.get({"api-version"});
  if (version.empty()) {
    return imds_problem(
        {400, "invalid_request", "Required query variable 'api-version' is missing"});
  }
  if (version < "2018-02-01") {
    return imds_problem({400, "invalid_request",
                         "The api-version '" + version.substr(0, 32) + "' is not supported"});
  }
  auto outcome = token_of(cloud, endpoint, query);
  if (const auto* problem = std::get_if<Problem>(&outcome)) return imds_problem(*problem);
  JsonObject& body = std::get<JsonObject>(outcome);
  body["refresh_token"] = "";
  body["ext_expires_in"] = body.at("expires_in");
  return http::json_response(200, dump(body));
}

http::Response app_service(Cloud& cloud, const IdentityEndpoint& endpoint,
                           const http::Request& request, const Query& query) {
  const auto refuse = [&](int status, const std::string& text) {
    return http::json_response(
        status,
        dump(JsonObject{
            {"statusCode",    status               },
            {"message",       text                 },
            {"correlationId", cloud.random().uuid()}
    }));
  };
  if (request.method != "GET") return refuse(405, "The method is not allowed.");
  const std::string version = query.get({"api-version"});
  if (version != "2019-08-01" && version != "2017-09-01") {
    return refuse(400, "The api-version '" + version.substr(0, 32) + "' is not supported.");
  }
  const char* name = version == "2019-08-01" ? "X-IDENTITY-HEADER" : "secret";
  const std::string given = request.headers.get(name).value_or("");
  // Digests: of equal length whatever was sent.
  if (!equal_constant_time(sha256(given), sha256(endpoint.header.reveal()))) {
    return refuse(401, std::string("The '") + name + "' header is missing or wrong.");
  }
  auto outcome = token_of(cloud, endpoint, query);
  if (const auto* problem = std::get_if<Problem>(&outcome)) {
    return refuse(problem->status, problem->text);
  }
  JsonObject& body = std::get<JsonObject>(outcome);
  body.erase("expires_in");
  return http::json_response(200, dump(body));
}

}  // namespace

http::Response serve_identity(Cloud& cloud, const IdentityEndpoint& endpoint,
                              const http::Request& request) {
  std::string path = http::path_of(request.target);
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const Query query{
      http::parse_form(http::query_of(request.target)).value_or(decltype(Query::values){})};
  http::Response out;
  if (equal_ci(path, kImdsPath)) {
    out = imds(cloud, endpoint, request, query);
  } else if (equal_ci(path, kAppServicePath)) {
    out = app_service(cloud, endpoint, request, query);
  } else {
    out = imds_problem({404, "not_found", "The requested resource is not found"});
  }
  out.headers.set("Cache-Control", "no-store, no-cache");
  return out;
}

}  // namespace armature::sandbox
