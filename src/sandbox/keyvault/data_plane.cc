#include "sandbox/keyvault/data_plane.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "sandbox/entra.h"
#include "sandbox/keyvault/operations.h"

namespace armature::sandbox {
namespace {

constexpr std::string_view kPathForm = "/keyvault/";
constexpr std::string_view kPublicResource = "https://vault.azure.net";
// The application that Key Vault is in Entra: also a name of its audience.
constexpr std::string_view kApplication = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";

bool is_audience(const Cloud& cloud, const VaultAddress& to, std::string_view audience) {
  while (audience.ends_with('/')) audience.remove_suffix(1);
  return equal_ci(audience, to.resource) || equal_ci(audience, kPublicResource) ||
         equal_ci(audience, "https://" + vault_dns_suffix(cloud)) ||
         equal_ci(audience, "https://" + std::string(kVaultDomain)) ||
         equal_ci(audience, kApplication);
}

ArmAnswer challenge(const Cloud& cloud, const VaultAddress& to, const std::string& message) {
  ArmAnswer out = vault_error(401, "Unauthorized", message);
  out.headers.set("WWW-Authenticate", "Bearer authorization=\"" + cloud.url() + "/" +
                                          cloud.tenant() + "\", resource=\"" + to.resource + "\"");
  return out;
}

struct Caught {
  std::optional<Caller> caller;
  ArmAnswer refusal;
};
Caught read_caller(const Cloud& cloud, const http::Request& request, const VaultAddress& to) {
  using Flaw = BearerToken::Flaw;
  const auto refused = [&](const std::string& message) {
    return Caught{std::nullopt, challenge(cloud, to, message)};
  };
  const BearerToken token = read_token(cloud, request);
  const std::string audience = text_at(token.claims, "aud");
  switch (token.flaw) {
    case Flaw::kMissing:
    case Flaw::kNoBearer:
      return refused("AKV10000: Request is missing a Bearer or PoP token.");
    case Flaw::kInvalid:
      return refused("AKV10005: Unable to parse JWT token: jwt is not well formed.");
    case Flaw::kIssuer:
      return refused("AKV10032: Invalid issuer. Expected one of https://sts.windows.net/" +
                     cloud.tenant() + "/, found " + text_at(token.claims, "iss") + ".");
    case Flaw::kExpired:
    case Flaw::kNotYet:
      return refused("AKV10012: The token is outside of its lifetime.");
    case Flaw::kNone:
      break;
  }
  if (!is_audience(cloud, to, audience)) {
    return refused("AKV10022: Invalid audience. Expected " + to.resource + ", found: " + audience +
                   ".");
  }
  return {caller_of(token.claims), {}};
}

// 7.0 and later, and versions that are dates, previews of both included: clients name the newest
// one they know, and what is served here has been the same in all of them.
bool is_served(std::string_view version) {
  version = version.substr(0, version.find("-preview"));
  const auto digits = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (version.size() == 3)
    return version.starts_with("7.") && version[2] >= '0' && version[2] <= '6';
  return version.size() == 10 && version[4] == '-' && version[7] == '-' &&
         digits(version.substr(0, 4)) && digits(version.substr(5, 2)) && digits(version.substr(8));
}

std::optional<ArmAnswer> check_version(const std::string& version) {
  if (is_served(version)) return std::nullopt;
  if (version.empty()) {
    return vault_error(400, "BadParameter", "The request URI has no query parameter api-version.");
  }
  return vault_error(400, "BadParameter",
                     "The specified version (" + version +
                         ") is not recognized. Consider using the latest supported version "
                         "(2025-07-01).");
}

ArmAnswer no_route(const VaultRequest& call) {
  const std::string first = call.path.empty() ? "" : to_lower(call.path[0]);
  constexpr std::array<std::string_view, 8> kElsewhere = {
      "keys",           "certificates", "storage", "deletedkeys", "deletedcertificates",
      "deletedstorage", "rng",          "security"};
  if (std::ranges::find(kElsewhere, first) != kElsewhere.end()) {
    return vault_error(501, "NotImplemented",
                       "The sandbox's Key Vault holds secrets only, no '" + first + "'.");
  }
  if (first == "secrets" || first == "deletedsecrets") {
    return vault_error(405, "MethodNotAllowed",
                       "HTTP " + call.method + " is not possible on '" + call.shown_path + "'.");
  }
  return vault_error(404, "NotFound", "Nothing is at '" + call.shown_path + "'.");
}

std::optional<ArmAnswer> read_path(VaultRequest& call) {
  for (const std::string& raw : split(call.shown_path, '/')) {
    if (raw.empty()) continue;
    auto part = http::percent_decode(raw);
    if (!part) return vault_error(400, "BadParameter", "The request URI cannot be decoded.");
    call.path.push_back(*std::move(part));
  }
  return std::nullopt;
}

std::optional<ArmAnswer> read_body(const http::Request& request, VaultRequest& call) {
  if (trim(request.body).empty()) return std::nullopt;
  auto body = parse_json(request.body);
  if (!body) {
    return vault_error(400, "BadParameter",
                       "The request body is not valid JSON: " + body.error().message);
  }
  call.body = *std::move(body);
  return std::nullopt;
}

ArmAnswer perform(Cloud& cloud, VaultRequest& call, const SecretOperation& operation) {
  const auto work = [&](const State& state, Change* change) -> ArmAnswer {
    const Record* vault = find_vault(state, call.vault);
    if (!vault) {
      return vault_error(404, "VaultNotFound",
                         "The vault '" + call.vault + "' does not exist, or it is deleted.");
    }
    if (auto refused =
            refuse_data(cloud, state, *vault, call.caller, operation.right, call.secret)) {
      return *std::move(refused);
    }
    const SecretContext context{cloud, state, change, *vault, vault_settings(*vault), call};
    ArmAnswer out = operation.run(context);
    out.headers.set("x-ms-keyvault-region", context.settings.location);
    return out;
  };
  if (!operation.changes) {
    return cloud.store().read([&](const State& state) { return work(state, nullptr); });
  }
  auto outcome =
      cloud.store().change([&](Change& change) { return work(change.state(), &change); });
  if (outcome) return *std::move(outcome);
  cloud.log().error("sandbox write failed", {
                                                {"reason", outcome.error().message}
  });
  return vault_error(500, "InternalServerError", "The sandbox could not write its database.");
}

ArmAnswer handle(Cloud& cloud, const http::Request& request, const VaultAddress& to) {
  Caught caught = read_caller(cloud, request, to);
  if (!caught.caller) return std::move(caught.refusal);
  VaultRequest call;
  call.vault = to.name;
  call.base = to.base;
  call.uri = to.uri;
  call.method = request.method;
  call.caller = *std::move(caught.caller);
  call.shown_path = http::path_of(to.target);
  call.query = http::parse_form(http::query_of(to.target)).value_or(decltype(call.query){});
  if (auto refused = check_version(call.query_value("api-version"))) return *std::move(refused);
  if (auto refused = read_path(call)) return *std::move(refused);
  const SecretOperation* operation = find_operation(call);
  if (!operation) return no_route(call);
  if (!call.secret.empty() && !is_secret_name(call.secret)) {
    return vault_error(400, "BadParameter",
                       "The request URI contains an invalid name: " + call.secret);
  }
  if (auto refused = read_body(request, call)) return *std::move(refused);
  return perform(cloud, call, *operation);
}

}  // namespace

std::optional<VaultAddress> vault_address(const Cloud& cloud, const http::Request& request) {
  if (starts_with_ci(request.target, kPathForm)) {
    const std::string rest = request.target.substr(kPathForm.size());
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    VaultAddress out;
    out.name = to_lower(rest.substr(0, end));
    out.target = rest.substr(end);
    out.base = cloud.url() + std::string(kPathForm) + out.name;
    out.uri = vault_uri(cloud, out.name);
    out.resource = "https://" + vault_dns_suffix(cloud);
    return out;
  }
  const std::string host = to_lower(request.headers.get("Host").value_or(""));
  const std::string name = host.substr(0, host.find(':'));
  for (const std::string_view domain : {kVaultDomain, std::string_view("vault.azure.net")}) {
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos || dot == 0 || name.substr(dot + 1) != domain) continue;
    VaultAddress out;
    out.name = name.substr(0, dot);
    out.target = request.target;
    out.base = out.uri = "https://" + host;
    out.resource = "https://" + host.substr(dot + 1);
    return out;
  }
  return std::nullopt;
}

http::Response serve_vault(Cloud& cloud, const http::Request& request, const VaultAddress& to) {
  ArmAnswer answer = handle(cloud, request, to);
  http::Response out;
  out.status = answer.status;
  if (answer.body) out = http::json_response(answer.status, dump(*answer.body));
  for (const auto& [name, value] : answer.headers) out.headers.set(name, value);
  out.headers.set("Cache-Control", "no-cache");
  out.headers.set("Pragma", "no-cache");
  out.headers.set("Expires", "-1");
  out.headers.set("X-Content-Type-Options", "nosniff");
  out.headers.set("Strict-Transport-Security", "max-age=31536000;includeSubDomains");
  out.headers.set("x-ms-request-id", cloud.random().uuid());
  out.headers.set("x-ms-client-request-id",
                  request.headers.get("x-ms-client-request-id").value_or(cloud.random().uuid()));
  out.headers.set("x-ms-keyvault-service-version", "sandbox");
  out.headers.set("x-ms-keyvault-network-info",
                  "conn_type=Ipv4;addr=" + request.peer + ";act_addr_fam=InterNetwork;");
  return out;
}

}  // namespace armature::sandbox
