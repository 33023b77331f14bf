#include "sandbox/entra/claims.h"

#include "base/bytes.h"
#include "sandbox/entra/hosts.h"

namespace armature::sandbox {
namespace {

JsonArray list_of(const std::vector<std::string>& values) {
  return JsonArray(values.begin(), values.end());
}

// "/subscriptions/S/resourcegroups/…": Entra writes the groups' segment in lower case.
std::string identity_path(std::string id) {
  constexpr std::string_view kGroups = "/resourceGroups/";
  const std::size_t at = id.find(kGroups);
  if (at != std::string::npos) id.replace(at, kGroups.size(), to_lower(kGroups));
  return id;
}

}  // namespace

std::string issuer_v1(const Cloud& cloud) {
  return "https://sts.windows.net/" + cloud.tenant() + "/";
}

std::string issuer_v2(const Cloud& cloud) { return cloud.url() + "/" + cloud.tenant() + "/v2.0"; }

bool is_own_issuer(const Cloud& cloud, std::string_view issuer) {
  if (issuer == issuer_v1(cloud)) return true;
  const std::string host = host_of_url(issuer);
  const std::string path = "/" + cloud.tenant() + "/v2.0";
  if (!issuer.ends_with(path) ||
      issuer.size() != std::string_view("https://").size() + host.size() + path.size()) {
    return false;
  }
  return same_host(host, host_of_url(cloud.url())) || same_host(host, "login.microsoftonline.com");
}

JsonObject claims_of(Cloud& cloud, const TokenFacts& facts) {
  const auto seconds = [](Micros length) {
    return std::chrono::floor<std::chrono::seconds>(length).count();
  };
  const std::int64_t now = seconds(cloud.clock().now().time_since_epoch());
  const bool v2 = facts.resource.token_version == 2;
  const ServicePrincipal& client = facts.client;
  JsonObject out{
      {"aud", facts.resource.audience                 },
      {"iss", v2 ? issuer_v2(cloud) : issuer_v1(cloud)},
      {"iat", now                                     },
      {"nbf", now                                     },
      {"exp", now + seconds(facts.lifetime)           },
      {"aio", to_base64url(cloud.random().bytes(24))  }
  };
  out[v2 ? "azp" : "appid"] = client.client_id;
  out[v2 ? "azpacr" : "appidacr"] = facts.proof;
  if (!v2) out["idp"] = issuer_v1(cloud);
  out["idtyp"] = "app";
  out["oid"] = client.object_id;
  out["rh"] = "1." + to_base64url(cloud.random().bytes(24)) + ".";
  if (!facts.resource.roles.empty()) out["roles"] = list_of(facts.resource.roles);
  out["sub"] = client.object_id;
  out["tid"] = cloud.tenant();
  out["uti"] = to_base64url(cloud.random().bytes(16));
  out["ver"] = v2 ? "2.0" : "1.0";
  if (!facts.hosting_resource.empty()) out["xms_az_rid"] = identity_path(facts.hosting_resource);
  if (!facts.capabilities.empty()) out["xms_cc"] = list_of(facts.capabilities);
  if (client.managed()) out["xms_mirid"] = identity_path(client.resource_id);
  return out;
}

}  // namespace armature::sandbox
