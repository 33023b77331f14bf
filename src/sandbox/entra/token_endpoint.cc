#include "sandbox/entra/token_endpoint.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/utf8.h"
#include "sandbox/entra.h"
#include "sandbox/entra/claims.h"
#include "sandbox/entra/client_proof.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMostForm = 64 * 1024;

using Form = std::vector<std::pair<std::string, std::string>>;
std::string field(const Form& form, std::string_view name) {
  for (const auto& [key, value] : form) {
    if (key == name) return value;
  }
  return "";
}

bool is_text(const Form& form) {
  return std::ranges::all_of(
      form, [](const auto& field) { return is_utf8(field.first) && is_utf8(field.second); });
}

// RFC 6749 2.3.1: form fields, or Basic with both parts form-encoded.
PresentedClient read_client(const http::Request& request, const Form& form) {
  PresentedClient client{field(form, "client_id"), Secret(field(form, "client_secret")),
                         field(form, "client_assertion_type"), field(form, "client_assertion"),
                         request.headers.get("Host").value_or("")};
  const auto header = request.headers.get("Authorization");
  if (!header || !starts_with_ci(*header, "Basic ")) return client;
  const auto plain = from_base64(trim(std::string_view(*header).substr(6)));
  const std::size_t colon = plain ? plain->find(':') : std::string::npos;
  if (colon == std::string::npos) return client;
  client.id = http::percent_decode(plain->substr(0, colon)).value_or("");
  client.secret = Secret(http::percent_decode(plain->substr(colon + 1)).value_or(""));
  return client;
}

// {"access_token":{"xms_cc":{"values":["CP1"]}}}: what the client is capable of.
std::vector<std::string> capabilities(const Form& form) {
  std::vector<std::string> out;
  const auto claims = parse_json(field(form, "claims"), 16);
  const Json* values = claims ? at(*claims, "access_token.xms_cc.values") : nullptr;
  if (!values || !values->is_array()) return out;
  for (const Json& one : values->get_array()) {
    if (one.is_string() && equal_ci(as_text(one), "cp1")) out.emplace_back("CP1");
  }
  return out;
}

// Grants of people: what Entra says when there is nothing behind them.
std::optional<EntraError> check_grant(Cloud& cloud, const Form& form, const std::string& grant) {
  if (grant.empty()) return missing_parameter("grant_type");
  if (grant == "client_credentials") return std::nullopt;
  const std::string client = field(form, "client_id");
  if (client.empty()) return missing_parameter("client_id");
  if (grant == "password") {
    const std::string name = field(form, "username");
    if (name.empty()) return missing_parameter("username");
    const bool known = cloud.store().read([&](const State& state) {
      return std::ranges::any_of(state.table<User>(), [&](const auto& item) {
        return equal_ci(item.second.user_principal_name, name);
      });
    });
    if (known) {
      return EntraError{50126, "Error validating credentials due to invalid username or password."};
    }
    return EntraError{50034, "The user account " + name.substr(0, 256) + " does not exist in the " +
                                 cloud.tenant() +
                                 " directory. To sign into this application, the account must be "
                                 "added to the directory."};
  }
  if (grant == "refresh_token" || grant == "authorization_code" || grant == "device_code" ||
      grant == "urn:ietf:params:oauth:grant-type:device_code") {
    return EntraError{70000, "Provided grant is invalid or malformed."};
  }
  return EntraError{70003,
                    "The app requested an unsupported grant type '" + grant.substr(0, 256) + "'."};
}

struct Asked {
  std::string resource;
  bool text_answer = false;  // v1's
  std::optional<EntraError> refusal;
};
Asked read_resource(const Form& form, const Authority& authority) {
  const std::string scope = field(form, "scope");
  const std::string resource = field(form, "resource");
  if (authority.v2 && !resource.empty()) {
    return {
        "", false, EntraError{901002, "The 'resource' request parameter is not supported."}
    };
  }
  if (!resource.empty()) return {resource, true, std::nullopt};
  if (scope.empty() || (!authority.v2 && !authority.adfs)) {
    return {"", false, missing_parameter(authority.v2 ? "scope" : "resource")};
  }
  Scope read = read_scope(scope);
  return {std::move(read.resource), false, std::move(read.refusal)};
}

EntraError unknown_resource(const Cloud& cloud, const std::string& resource) {
  return {500011, "The resource principal named " + resource.substr(0, 256) +
                      " was not found in the tenant named " + cloud.tenant() +
                      ". This can happen if the application has not been installed by the "
                      "administrator of the tenant or consented to by any user in the tenant. You "
                      "might have sent your authentication request to the wrong tenant."};
}

Micros lifetime_of(Cloud& cloud, const http::Request& request) {
  const auto fault =
      cloud.faults().take(FaultUse::kToken, request.method, http::path_of(request.target), false);
  return fault ? fault->duration : cloud.options().token_lifetime;
}

http::Response success(Cloud& cloud, const http::Request& request, const TokenFacts& facts,
                       const Asked& asked) {
  const JsonObject claims = claims_of(cloud, facts);
  const auto token = identity::sign_rs256(claims, *cloud.token_keys().current());
  if (!token) return entra_refusal(cloud, request, {90033, "A transient error has occurred."});
  const Json whole(claims);
  const std::int64_t expires = int_at(whole, "exp");
  const std::int64_t length = expires - int_at(whole, "iat");
  JsonObject body{
      {"token_type", "Bearer"}
  };
  if (asked.text_answer) {
    body["expires_in"] = std::to_string(length);
    body["ext_expires_in"] = std::to_string(length);
    body["expires_on"] = std::to_string(expires);
    body["not_before"] = std::to_string(int_at(whole, "nbf"));
    body["resource"] = asked.resource;
  } else {
    body["expires_in"] = length;
    body["ext_expires_in"] = length;
  }
  body["access_token"] = token->reveal();
  auto response = http::json_response(200, dump(body));
  response.headers.set("Cache-Control", "no-store, no-cache");
  response.headers.set("Pragma", "no-cache");
  response.headers.set("x-ms-request-id", cloud.random().uuid());
  return response;
}

}  // namespace

http::Response token_endpoint(Cloud& cloud, const http::Request& request,
                              const Authority& authority) {
  const auto refused = [&](const EntraError& why) { return entra_refusal(cloud, request, why); };
  if (request.method != "POST") {
    return refused({900561, "The endpoint only accepts POST requests. Received a " +
                                request.method + " request."});
  }
  const auto form = request.body.size() > kMostForm ? std::nullopt : http::parse_form(request.body);
  if (!form || !is_text(*form)) return refused(malformed_request());
  if (auto wrong = check_grant(cloud, *form, field(*form, "grant_type"))) return refused(*wrong);
  if (authority.shared) {
    return refused({9001023,
                    "The grant type is not supported over the /common or /consumers endpoints. "
                    "Please use the /organizations or tenant-specific endpoint."});
  }
  const PresentedClient client = read_client(request, *form);
  if (client.id.empty()) return refused(missing_parameter("client_id"));
  const Asked asked = read_resource(*form, authority);
  if (asked.refusal) return refused(*asked.refusal);
  const auto proved = prove_client(cloud, client);
  if (const auto* why = std::get_if<EntraError>(&proved)) return refused(*why);
  TokenFacts facts;
  facts.client = std::get<ProvedClient>(proved).principal;
  facts.proof = std::get<ProvedClient>(proved).proof;
  facts.capabilities = capabilities(*form);
  facts.lifetime = lifetime_of(cloud, request);
  auto resource = cloud.store().read([&](const State& state) {
    return find_resource(cloud, state, asked.resource, facts.client.client_id);
  });
  if (!resource) return refused(unknown_resource(cloud, asked.resource));
  facts.resource = *std::move(resource);
  return success(cloud, request, facts, asked);
}

}  // namespace armature::sandbox
