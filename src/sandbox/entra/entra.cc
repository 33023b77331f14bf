#include "sandbox/entra.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "sandbox/entra/aadsts.h"
#include "sandbox/entra/discovery.h"
#include "sandbox/entra/token_endpoint.h"

namespace armature::sandbox {
namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> out;
  for (std::string& part : split(path, '/')) {
    if (!part.empty()) out.push_back(to_lower(part));
  }
  return out;
}

enum class Tenant { kOwn, kAdfs, kShared, kUnknown };
Tenant tenant_of(const Cloud& cloud, std::string_view name) {
  constexpr std::array kShared = {"common", "organizations", "consumers"};
  if (equal_ci(name, cloud.tenant()) || equal_ci(name, kTenantDomain)) return Tenant::kOwn;
  if (equal_ci(name, "adfs")) return Tenant::kAdfs;
  const auto same = [&](const char* known) { return equal_ci(known, name); };
  return std::ranges::any_of(kShared, same) ? Tenant::kShared : Tenant::kUnknown;
}

EntraError unknown_tenant(const std::string& name) {
  if (!is_uuid(name) && name.find('.') == std::string::npos) {
    return {900023, "Specified tenant identifier '" + name.substr(0, 256) +
                        "' is neither a valid DNS name, nor a valid external domain."};
  }
  return {90002, "Tenant '" + name.substr(0, 256) +
                     "' not found. Check to make sure you have the correct tenant ID and are "
                     "signing into the correct cloud. Check with your subscription administrator, "
                     "this may happen if there are no active subscriptions for the tenant."};
}

// What the path asks for, after the tenant.
enum class What { kNothing, kConfiguration, kKeys, kInstance, kToken, kSignIn };
What what_of(const std::vector<std::string>& parts) {
  if (parts.size() < 3 || parts.size() > 5) return What::kNothing;
  const std::string& last = parts.back();
  const std::string& group = parts[1] == "v2.0" ? parts[2] : parts[1];
  if (group == ".well-known") {
    return last == "openid-configuration" ? What::kConfiguration : What::kNothing;
  }
  if (group == "discovery") {
    if (last == "instance") return What::kInstance;
    return last == "keys" ? What::kKeys : What::kNothing;
  }
  if (group != "oauth2") return What::kNothing;
  if (last == "token") return What::kToken;
  return last == "authorize" || last == "devicecode" ? What::kSignIn : What::kNothing;
}

}  // namespace

bool is_entra_path(std::string_view path) {
  const auto parts = segments_of(path);
  return parts.size() >= 3 && parts[0] != "subscriptions" && parts[0] != "providers" &&
         what_of(parts) != What::kNothing;
}

http::Response entra(Cloud& cloud, const http::Request& request) {
  const auto parts = segments_of(http::path_of(request.target));
  const Tenant tenant = tenant_of(cloud, parts[0]);
  const bool v2 = std::ranges::find(parts, "v2.0") != parts.end();
  const auto refused = [&](const EntraError& why) { return entra_refusal(cloud, request, why); };
  if (tenant == Tenant::kUnknown) return refused(unknown_tenant(parts[0]));
  const Authority authority{parts[0], tenant == Tenant::kAdfs, tenant == Tenant::kShared, v2};
  switch (what_of(parts)) {
    case What::kConfiguration:
      return http::json_response(200, dump(openid_configuration(cloud, request, authority)));
    case What::kKeys:
      return http::json_response(200, dump(key_set(cloud)));
    case What::kInstance:
      return instance_discovery(cloud, request);
    case What::kToken:
      return token_endpoint(cloud, request, authority);
    default:
      return refused({53003,
                      "Access has been blocked by Conditional Access policies. The access policy "
                      "does not allow token issuance: the sandbox has no sign-in of people."});
  }
}

}  // namespace armature::sandbox
