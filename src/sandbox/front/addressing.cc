#include "sandbox/front/addressing.h"

#include <algorithm>
#include <array>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/bodies.h"
#include "sandbox/front/provider_facts.h"

namespace armature::sandbox {
namespace {

bool is_read(const ArmCall& call) { return call.op.method == "GET" || call.op.method == "HEAD"; }

// The type that a call is about: of a POST, of what the action is done to; "" when it is done to a
// scope.
std::string called_type(const ArmCall& call) {
  const auto& tail = call.at.tail;
  const bool action = call.op.method == "POST" && tail.size() % 2 == 1;
  const std::size_t end = tail.size() - (action ? 1 : 0);
  if (end == 0) return "";
  std::string out = call.at.provider;
  for (std::size_t i = 0; i < end; i += 2) out += "/" + tail[i];
  return out;
}

Scopes scope_of(const Address& at) {
  const auto& head = at.head;
  if (head.empty()) return kTenantScope;
  const bool resource =
      std::ranges::any_of(head, [](const std::string& s) { return equal_ci(s, "providers"); });
  if (equal_ci(head[0], "providers") && head.size() == 4 && equal_ci(head[2], "managementGroups")) {
    return kManagementGroupScope;
  }
  if (resource) return kExtensionScope;
  return head.size() >= 4 ? kGroupScope : kSubscriptionScope;
}

std::string listed(const std::vector<std::string>& items, const char* joint = ", ") {
  return join(items, joint);
}

std::string region_names() {
  std::vector<std::string> out;
  for (const LocationFacts& location : all_locations()) {
    if (location.type == "Physical") out.emplace_back(location.name);
  }
  return join(out, ",");
}

ArmAnswer no_type(const ArmCall& call, const std::string& type, const TypeFacts* facts) {
  std::string text = "The resource type ";
  if (!type.empty()) text += "'" + type + "' ";
  text += "could not be found in the namespace '" + call.at.provider + "' for api version '" +
          call.op.api_version + "'.";
  if (facts) {
    text += " The supported api-versions are '" + listed(facts->version_list(), ",") + "'.";
  }
  return refuse(404, "InvalidResourceType", text);
}

std::string location_of(const State& state, const ArmCall& call) {
  if (call.body) {
    if (const std::string said = text_at(*call.body, "location"); !said.empty()) {
      return normal_location(said);
    }
  }
  const Record* record = state.get<Record>(to_lower(call.op.target));
  return record ? text_at(record->body, "location") : "";
}

ArmAnswer no_version(const State& state, const ArmCall& call, const TypeFacts& facts) {
  if (!facts.has_location) return no_type(call, std::string(facts.type()), &facts);
  return refuse(400, "NoRegisteredProviderFound",
                "No registered resource provider found for location '" + location_of(state, call) +
                    "' and API version '" + call.op.api_version + "' for type '" +
                    std::string(facts.type()) + "'. The supported api-versions are '" +
                    listed(facts.version_list()) + "'. The supported locations are '" +
                    region_names() + "'.");
}

std::optional<ArmAnswer> check_writable(const ArmCall& call, const TypeFacts& facts) {
  if (call.op.method != "PUT" && call.op.method != "PATCH") return std::nullopt;
  if (facts.writable == 0) {
    return refuse(405, "MethodNotAllowed",
                  "The http method '" + call.op.method +
                      "' is not supported for the resource "
                      "type '" +
                      std::string(facts.name) + "'.");
  }
  const Scopes scope = scope_of(call.at);
  if ((facts.writable & (scope | kExtensionScope)) != 0) return std::nullopt;
  if (scope == kTenantScope || scope == kManagementGroupScope) {
    return refuse(404, "MissingSubscription",
                  "The request did not have a subscription or a valid tenant level resource "
                  "provider.");
  }
  return no_type(call, "", &facts);
}

// Types that stand for places rather than things: every provider has them, with any version.
bool is_everywhere(const ArmCall& call, const std::string& type) {
  const auto segments = split(type, '/');
  return segments.size() > 1 &&
         (equal_ci(segments[1], "locations") || equal_ci(segments[1], "operations") ||
          (is_read(call) && equal_ci(segments.back(), "operationResults")));
}

// Types whose resources live in no region, or in a wider one.
bool may_be_global(std::string_view type) {
  constexpr std::array kTypes = {"Microsoft.Network/dnsZones",
                                 "Microsoft.Network/privateDnsZones",
                                 "Microsoft.Network/trafficManagerProfiles",
                                 "Microsoft.Network/frontDoors",
                                 "Microsoft.Network/frontDoorWebApplicationFirewallPolicies",
                                 "Microsoft.Network/networkExperimentProfiles",
                                 "Microsoft.Insights/actionGroups",
                                 "Microsoft.Insights/activityLogAlerts",
                                 "Microsoft.Insights/metricAlerts",
                                 "Microsoft.Insights/guestDiagnosticSettings",
                                 "Microsoft.Maps/accounts",
                                 "Microsoft.CognitiveServices/accounts",
                                 "Microsoft.EventGrid/systemTopics",
                                 "Microsoft.EventGrid/partnerRegistrations",
                                 "Microsoft.ResourceGraph/queries",
                                 "Microsoft.CustomProviders/associations",
                                 "Microsoft.DataReplication/replicationVaults",
                                 "Microsoft.Migrate/assessmentProjects"};
  constexpr std::array kNamespaces = {"Microsoft.Cdn",
                                      "Microsoft.CertificateRegistration",
                                      "Microsoft.DomainRegistration",
                                      "Microsoft.AlertsManagement",
                                      "Microsoft.BotService",
                                      "Microsoft.Communication",
                                      "Microsoft.AzureActiveDirectory",
                                      "Microsoft.Bing",
                                      "Microsoft.Management",
                                      "Microsoft.Resources",
                                      "Microsoft.Authorization",
                                      "Microsoft.Security",
                                      "Microsoft.SaaS",
                                      "Microsoft.Portal",
                                      "Microsoft.VSOnline",
                                      "Microsoft.ManagedServices",
                                      "Microsoft.Solutions",
                                      "Microsoft.VisualStudio",
                                      "Microsoft.ServicesHub",
                                      "Microsoft.Billing",
                                      "Microsoft.HealthBot"};
  const std::string provider(type.substr(0, type.find('/')));
  if (!starts_with_ci(provider, "Microsoft.")) return true;
  return std::ranges::any_of(kNamespaces, [&](const char* n) { return equal_ci(n, provider); }) ||
         std::ranges::any_of(kTypes, [&](const char* known) {
           return equal_ci(known, type) || starts_with_ci(type, std::string(known) + "/");
         });
}

}  // namespace

std::optional<ArmAnswer> check_own_version(const ArmCall& call) {
  if (own_routes().takes(call.op.api_version)) return std::nullopt;
  return refuse(400, "InvalidApiVersionParameter",
                "The api-version '" + call.op.api_version +
                    "' is invalid. The supported versions are '" +
                    join(own_routes().version_list(), ",") + "'.");
}

std::optional<ArmAnswer> check_type(const Cloud& cloud, const State& state, const ArmCall& call) {
  if (cloud.options().lenient) return std::nullopt;
  if (!call.at.providers || call.at.provider.empty()) return check_own_version(call);
  if (find_namespace(call.at.provider).empty()) {
    return refuse(404, "InvalidResourceNamespace",
                  "The resource namespace '" + call.at.provider + "' is invalid.");
  }
  if (call.at.tail.empty()) return check_own_version(call);
  const std::string type = called_type(call);
  if (type.empty() || call.op.is_operation_poll) return std::nullopt;
  const auto facts = find_type(type);
  if (is_everywhere(call, type)) return facts ? check_writable(call, *facts) : std::nullopt;
  if (!facts) return no_type(call, type.substr(call.at.provider.size() + 1), nullptr);
  if (!facts->takes(call.op.api_version)) return no_version(state, call, *facts);
  return check_writable(call, *facts);
}

std::optional<ArmAnswer> check_group_location(const std::string& location) {
  const LocationFacts* known = find_location(normal_location(location));
  if (known && known->type == "Physical") return std::nullopt;
  return refuse(400, "LocationNotAvailableForResourceGroup",
                "The provided location '" + location +
                    "' is not available for resource group. List of available regions is '" +
                    region_names() + "'.");
}

std::optional<ArmAnswer> check_locations(const Cloud& cloud, const State& state,
                                         const ArmCall& call) {
  const bool put = call.op.method == "PUT";
  if (cloud.options().lenient || !call.at.instance() || (!put && call.op.method != "PATCH") ||
      !call.body || !call.body->is_object()) {
    return std::nullopt;
  }
  const std::string type = call.at.type();
  const auto facts = find_type(type);
  if (!facts || !facts->has_location) return std::nullopt;
  const Json* given = find_ci(call.body->get_object(), "location");
  const std::string location = given && given->is_string() ? normal_location(as_text(*given)) : "";
  if (location.empty()) {
    const bool only_in_groups = facts->writable == kGroupScope;
    if (!put || !facts->needs_location || !only_in_groups || may_be_global(type)) {
      return std::nullopt;
    }
    return refuse(400, "LocationRequired",
                  "The location property is required for this definition.");
  }
  const LocationFacts* known = find_location(location);
  if (known && (known->type == "Physical" || may_be_global(type))) return std::nullopt;
  const Record* old = state.get<Record>(to_lower(call.op.target));
  if (old && text_at(old->body, "location") == location) return std::nullopt;
  return refuse(400, "LocationNotAvailableForResourceType",
                "The provided location '" + location + "' is not available for resource type '" +
                    std::string(facts->name) +
                    "'. List of available regions for the resource type is '" + region_names() +
                    "'.");
}

}  // namespace armature::sandbox
