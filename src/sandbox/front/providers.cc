#include "sandbox/front/providers.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "sandbox/front/addressing.h"
#include "sandbox/front/provider_facts.h"

namespace armature::sandbox {
namespace {

constexpr std::array kAlwaysThere = {"Microsoft.Resources",
                                     "Microsoft.Authorization",
                                     "Microsoft.ADHybridHealthService",
                                     "Microsoft.Billing",
                                     "Microsoft.ClassicSubscription",
                                     "Microsoft.Commerce",
                                     "Microsoft.Consumption",
                                     "Microsoft.CostManagement",
                                     "Microsoft.Features",
                                     "Microsoft.MarketplaceOrdering",
                                     "Microsoft.Portal",
                                     "Microsoft.ResourceGraph",
                                     "Microsoft.ResourceNotifications",
                                     "Microsoft.SerialConsole",
                                     "Microsoft.Support",
                                     "Microsoft.Management",
                                     "Microsoft.Subscription"};

bool is_free(std::string_view ns) {
  return std::ranges::any_of(kAlwaysThere, [&](const char* own) { return equal_ci(own, ns); });
}

std::string setting_key(std::string_view ns) { return "provider/" + to_lower(ns); }

// Registered, Registering, Unregistering, NotRegistered (Unregistered once it was there).
std::string_view registration(const Cloud& cloud, const State& state, std::string_view ns) {
  if (is_free(ns)) return "Registered";
  const Setting* kept = state.get<Setting>(setting_key(ns));
  if (!kept) return cloud.options().require_registration ? "NotRegistered" : "Registered";
  std::string_view text = kept->value;
  const bool leaving = text.starts_with('-');
  if (leaving) text.remove_prefix(1);
  std::int64_t micros = 0;
  std::from_chars(text.data(), text.data() + text.size(), micros);
  const bool done = from_micros(micros) <= cloud.clock().now();
  if (leaving) return done ? "Unregistered" : "Unregistering";
  return done ? "Registered" : "Registering";
}

JsonArray region_names(const TypeFacts& type) {
  JsonArray out;
  if (!type.has_location) return out;
  for (const LocationFacts& location : all_locations()) {
    if (location.type == "Physical") out.push_back(Json(location.display));
  }
  return out;
}

std::string capabilities(const TypeFacts& type) {
  std::vector<std::string> out;
  if (type.has_location) {
    out.insert(out.end(), {"CrossResourceGroupResourceMove", "CrossSubscriptionResourceMove"});
  }
  if (type.has_identity) out.emplace_back("SystemAssignedResourceIdentity");
  if (type.has_tags) out.emplace_back("SupportsTags");
  if (type.has_location) out.emplace_back("SupportsLocation");
  if ((type.writable & kExtensionScope) != 0) out.emplace_back("SupportsExtension");
  return out.empty() ? "None" : join(out, ", ");
}

Json type_json(const TypeFacts& type, bool aliases) {
  JsonArray versions;
  for (const std::string& version : type.version_list()) versions.push_back(Json(version));
  JsonObject out{
      {"resourceType",      Json(type.type())           },
      {"locations",         region_names(type)          },
      {"apiVersions",       std::move(versions)         },
      {"defaultApiVersion", Json(type.default_version())}
  };
  if (type.has_zones) {
    JsonArray zones;
    for (const LocationFacts& location : all_locations()) {
      if (location.zones.empty()) continue;
      zones.push_back(JsonObject{
          {"location", Json(location.display)  },
          {"zones",    JsonArray{"1", "2", "3"}}
      });
    }
    out["zoneMappings"] = std::move(zones);
  }
  out["capabilities"] = capabilities(type);
  if (aliases) out["aliases"] = JsonArray{};
  return out;
}

Json provider_json(const Cloud& cloud, const State& state, const ArmCall& call,
                   std::string_view ns) {
  const bool aliases = to_lower(call.query_value("$expand")).find("aliases") != std::string::npos;
  JsonArray types;
  for (const TypeFacts& type : types_of(ns)) types.push_back(type_json(type, aliases));
  JsonObject out;
  if (!call.at.head.empty()) {
    out["id"] = "/subscriptions/" + cloud.subscription() + "/providers/" + std::string(ns);
  }
  out["namespace"] = Json(ns);
  out["resourceTypes"] = std::move(types);
  if (!call.at.head.empty()) {
    out["registrationState"] = Json(registration(cloud, state, ns));
    out["registrationPolicy"] = is_free(ns) ? "RegistrationFree" : "RegistrationRequired";
  }
  return out;
}

// How many of the subscription's resources are of the namespace?
bool in_use(const State& state, std::string_view ns) {
  const auto types = types_of(ns);
  return std::ranges::any_of(
      types, [&](const TypeFacts& type) { return !state.index().of_type(type.name).empty(); });
}

std::string no_registration(const std::string& ns) {
  return "The subscription is not registered to use namespace '" + ns +
         "'. See https://aka.ms/rps-not-found for how to register subscriptions.";
}

}  // namespace

std::optional<ArmAnswer> check_registration(const Cloud& cloud, const State& state,
                                            const ArmCall& call) {
  const auto& head = call.at.head;
  if (call.at.tail.empty() || head.size() < 2 || !equal_ci(head[0], "subscriptions")) {
    return std::nullopt;
  }
  const bool registers = call.at.tail.size() == 1 && call.op.method == "POST" &&
                         ends_with_ci(call.at.tail[0], "register");
  if (registers || call.op.is_operation_poll) return std::nullopt;
  const std::string_view known = find_namespace(call.at.provider);
  const std::string ns(known.empty() ? std::string_view(call.at.provider) : known);
  const std::string_view registered = registration(cloud, state, ns);
  if (registered == "Registered" || registered == "Registering") return std::nullopt;
  const std::string message = no_registration(ns);
  return answer(
      409,
      JsonObject{
          {"error",
           JsonObject{{"code", "MissingSubscriptionRegistration"},
                      {"message", message},
                      {"details", JsonArray{JsonObject{{"code", "MissingSubscriptionRegistration"},
                                                       {"target", ns},
                                                       {"message", message}}}}}}
  });
}

ArmAnswer get_providers(const Cloud& cloud, const State& state, const ArmCall& call) {
  if (!call.at.provider.empty()) {
    const std::string_view ns = find_namespace(call.at.provider);
    if (ns.empty()) {
      return refuse(404, "InvalidResourceNamespace",
                    "The resource namespace '" + call.at.provider + "' is invalid.");
    }
    return answer(200, provider_json(cloud, state, call, ns));
  }
  JsonArray out;
  for (const std::string_view ns : all_namespaces()) {
    out.push_back(provider_json(cloud, state, call, ns));
  }
  return list_answer(std::move(out));
}

ArmAnswer change_provider(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string_view known = find_namespace(call.at.provider);
  const std::string ns(known.empty() ? std::string_view(call.at.provider) : known);
  const bool leaves = equal_ci(call.at.tail[0], "unregister");
  const std::string_view now = registration(cloud, change.state(), ns);
  if (leaves && is_free(ns)) {
    return refuse(409, "CannotUnregisterRegistrationFreeResourceProvider",
                  "The resource provider '" + ns + "' cannot be unregistered.");
  }
  if (leaves && in_use(change.state(), ns)) {
    return refuse(409, "CannotUnregisterResourceProviderInUse",
                  "The resource provider '" + ns +
                      "' cannot be unregistered: the subscription has resources of it.");
  }
  const bool same =
      leaves ? now.ends_with("nregistered") || now == "NotRegistered" || now == "Unregistering"
             : now.starts_with("Register");
  if (!same) {
    const Instant done = cloud.clock().now() + cloud.options().provisioning_time;
    change.put(setting_key(ns), Setting{(leaves ? "-" : "") + std::to_string(to_micros(done))});
  }
  return answer(200, provider_json(cloud, change.state(), call, ns));
}

ArmAnswer list_locations(const Cloud& cloud) {
  const std::string base = "/subscriptions/" + cloud.subscription() + "/locations/";
  JsonArray out;
  for (const LocationFacts& location : all_locations()) {
    JsonObject metadata{
        {"regionType",     Json(location.type)    },
        {"regionCategory", Json(location.category)}
    };
    const auto add = [&](const char* key, std::string_view value) {
      if (!value.empty()) metadata[key] = Json(value);
    };
    add("geography", location.geography);
    add("geographyGroup", location.geography_group);
    add("longitude", location.longitude);
    add("latitude", location.latitude);
    add("physicalLocation", location.place);
    if (location.type == "Physical") {
      JsonArray pairs;
      for (const std::string& pair : split(location.pairs, ',')) {
        if (pair.empty()) continue;
        pairs.push_back(JsonObject{
            {"name", pair       },
            {"id",   base + pair}
        });
      }
      metadata["pairedRegion"] = std::move(pairs);
    }
    JsonObject item{
        {"id",                  base + std::string(location.name)},
        {"name",                Json(location.name)              },
        {"type",                "Region"                         },
        {"displayName",         Json(location.display)           },
        {"regionalDisplayName", Json(location.regional_display)  },
        {"metadata",            std::move(metadata)              }
    };
    if (!location.zones.empty()) {
      JsonArray zones;
      for (const std::string& zone : split(location.zones, ',')) {
        const std::size_t equals = zone.find('=');
        zones.push_back(JsonObject{
            {"logicalZone", zone.substr(0, equals)},
            {"physicalZone",             zone.substr(equals + 1)            }
        });
      }
      item["availabilityZoneMappings"] = std::move(zones);
    }
    out.push_back(std::move(item));
  }
  return list_answer(std::move(out));
}

Json provider_type(const std::string& name_space, const std::string& type) {
  const auto facts = find_type(name_space + "/" + type);
  return facts ? type_json(*facts, false) : Json(nullptr);
}

}  // namespace armature::sandbox
