#include "sandbox/resource_kinds.h"

#include <array>
#include <charconv>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/time.h"
#include "sandbox/computed.h"
#include "sandbox/deployment_script.h"
#include "sandbox/entra/managed_identity.h"
#include "sandbox/front/body_rules.h"
#include "sandbox/keyvault/vault_routes.h"
#include "sandbox/keyvault/vaults.h"
#include "sandbox/rbac/hierarchy.h"

namespace armature::sandbox {
namespace {

constexpr const char* kKeptOut = "(secure value, not kept)";

struct Facts {
  const Cloud& cloud;
  const Record& record;
  arm::ResourceId id;
};

std::string address(const Facts& facts, std::string_view purpose, std::string_view net) {
  const std::string hash = sha256(facts.record.id + std::string(purpose));
  return std::string(net) + std::to_string(static_cast<unsigned char>(hash[0])) + "." +
         std::to_string(4 + static_cast<unsigned char>(hash[1]) % 250);
}

std::string placeholder(const Facts& facts, std::string_view key, std::string_view path) {
  if (key == "name") return facts.record.name;
  if (key == "lname") return to_lower(facts.record.name);
  if (key == "top") return split(facts.id.name, '/').front();
  if (key == "location") return text_at(facts.record.body, "location", "global");
  if (key == "guid") return stable_guid(facts.cloud, facts.record.id, path);
  if (key == "hash") return sha256_hex(to_lower(facts.record.id)).substr(0, 13);
  if (key == "thumbprint") return to_upper(sha256_hex(to_lower(facts.record.id)).substr(0, 40));
  if (key == "ip") return address(facts, path, "20.50.");
  if (key == "private") return address(facts, path, "10.224.");
  if (key == "subscription") return facts.cloud.subscription();
  if (key == "tenant") return facts.cloud.tenant();
  if (key == "group") return facts.id.resource_group;
  if (key == "id") return facts.record.id;
  if (key == "vaults") return vault_dns_suffix(facts.cloud);
  return "";
}

std::string fill(const Facts& facts, std::string_view text, std::string_view path) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('<');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('>', open);
    out += placeholder(facts, text.substr(open + 1, close - open - 1), path);
    text.remove_prefix(close + 1);
  }
  return out;
}

// Sets a value that is absent; walks and makes objects along the path.
void set_default(JsonObject& object, std::string_view path, Json value) {
  const std::size_t dot = path.find('.');
  const std::string key(path.substr(0, dot));
  Json* found = find_ci(object, key);
  if (dot == std::string_view::npos) {
    if (!found) {
      object[key] = std::move(value);
    } else if (found->is_null()) {
      *found = std::move(value);
    }
    return;
  }
  if (!found || found->is_null()) found = &(object[key] = JsonObject{});
  if (found->is_object()) set_default(found->get_object(), path.substr(dot + 1), std::move(value));
}

void add_computed(const Facts& facts, JsonObject& resource) {
  for (const Computed& row : computed_properties()) {
    if (!equal_ci(row.type, facts.record.type)) continue;
    const std::string text = fill(facts, row.value, row.path);
    Json value(text);
    if (text.starts_with('=')) {  // JSON, not text
      if (auto parsed = parse_json(std::string_view(text).substr(1))) value = *std::move(parsed);
    }
    set_default(resource, row.path, std::move(value));
  }
}

// Elements of a Network resource's arrays are resources themselves: they have ids and addresses.
void add_network_ids(const Facts& facts, JsonObject& properties) {
  for (auto& [key, value] : properties) {
    if (!value.is_array()) continue;
    for (Json& element : value.get_array()) {
      if (!element.is_object()) continue;
      const std::string name = text_at(element, "name");
      if (name.empty() || !find(element, "properties")) continue;
      auto& object = element.get_object();
      const std::string id = facts.record.id + "/" + std::string(key) + "/" + name;
      set_default(object, "id", Json(id));
      set_default(object, "properties.provisioningState", "Succeeded");
      if (at(element, "properties.subnet") && ends_with_ci(std::string(key), "ipConfigurations")) {
        set_default(object, "properties.privateIPAddress", Json(address(facts, id, "10.0.")));
      }
    }
  }
}

void add_subnets(const State& state, const Facts& facts, JsonObject& properties) {
  const std::string prefix = to_lower(facts.record.id) + "/subnets/";
  const auto& records = state.table<Record>();
  for (auto it = records.lower_bound(prefix); it != records.end() && it->first.starts_with(prefix);
       ++it) {
    if (it->first.find('/', prefix.size()) != std::string::npos) continue;
    if (!find_ci(properties, "subnets")) properties["subnets"] = JsonArray{};
    Json* subnets = find_ci(properties, "subnets");
    if (!subnets->is_array()) return;
    Json own = JsonObject{
        {"name", it->second.name},
        {"id",   it->second.id  }
    };
    if (const Json* inner = find(it->second.body, "properties")) {
      own.get_object()["properties"] = *inner;
    }
    const auto same = [&](const Json& s) { return equal_ci(text_at(s, "name"), it->second.name); };
    auto& list = subnets->get_array();
    const auto found = std::ranges::find_if(list, same);
    if (found != list.end()) {
      *found = std::move(own);
    } else {
      list.push_back(std::move(own));
    }
  }
}

void add_fqdn(const Facts& facts, JsonObject& properties) {
  Json* dns = find_ci(properties, "dnsSettings");
  if (!dns || !dns->is_object()) return;
  const std::string label = text_at(*dns, "domainNameLabel");
  if (label.empty()) return;
  const std::string location = text_at(facts.record.body, "location");
  set_default(dns->get_object(), "fqdn",
              Json(to_lower(label) + "." + location + ".cloudapp.azure.com"));
}

Json system_data(const Record& record) {
  return JsonObject{
      {"createdBy",          record.created_by         },
      {"createdByType",      "Application"             },
      {"createdAt",          to_rfc3339(record.created)},
      {"lastModifiedBy",     record.changed_by         },
      {"lastModifiedByType", "Application"             },
      {"lastModifiedAt",     to_rfc3339(record.changed)}
  };
}

}  // namespace

std::string stable_guid(const Cloud& cloud, std::string_view id, std::string_view purpose) {
  return uuid_v5(cloud.subscription(), to_lower(id) + "#" + std::string(purpose));
}

bool is_slow_type(std::string_view type) {
  constexpr std::array kSlow = {"Microsoft.Compute/virtualMachines",
                                "Microsoft.Compute/virtualMachineScaleSets",
                                "Microsoft.ContainerService/managedClusters",
                                "Microsoft.Sql/servers",
                                "Microsoft.Sql/managedInstances",
                                "Microsoft.DocumentDB/databaseAccounts",
                                "Microsoft.Cache/redis",
                                "Microsoft.ApiManagement/service",
                                "Microsoft.Network/virtualNetworkGateways",
                                "Microsoft.Network/applicationGateways",
                                "Microsoft.Network/azureFirewalls",
                                "Microsoft.DBforPostgreSQL/flexibleServers",
                                "Microsoft.DBforMySQL/flexibleServers",
                                "Microsoft.HDInsight/clusters",
                                "Microsoft.Databricks/workspaces",
                                "Microsoft.Synapse/workspaces"};
  return std::ranges::any_of(kSlow, [&](const char* slow) { return equal_ci(slow, type); });
}

const char* provisioning_state(const Cloud& cloud, const Record& record) {
  if (record.ready <= cloud.clock().now()) return "Succeeded";
  return record.deleting ? "Deleting" : record.fresh ? "Creating" : "Updating";
}

Json render(const Cloud& cloud, const State& state, const Record& record) {
  const auto parsed = arm::ResourceId::parse(record.id);
  const Facts facts{cloud, record, parsed ? *parsed : arm::ResourceId{}};
  const bool is_group = equal_ci(record.type, "Microsoft.Resources/resourceGroups");
  JsonObject out{
      {"id",   record.id                                          },
      {"name", facts.id.name.empty() ? record.name : facts.id.name},
      {"type", record.type                                        }
  };
  if (record.body.is_object()) {
    for (const auto& [key, value] : record.body.get_object()) out[key] = value;
  }
  if (!find_ci(out, "properties")) out["properties"] = JsonObject{};
  Json* properties = find_ci(out, "properties");
  if (properties->is_object() && !starts_with_ci(record.type, "Microsoft.Authorization/")) {
    properties->get_object()["provisioningState"] = provisioning_state(cloud, record);
  }
  if (is_group) return out;
  if (!is_group && properties->is_object() && starts_with_ci(record.type, "Microsoft.Network/")) {
    auto& object = properties->get_object();
    if (equal_ci(record.type, "Microsoft.Network/virtualNetworks"))
      add_subnets(state, facts, object);
    add_network_ids(facts, object);
    if (equal_ci(record.type, "Microsoft.Network/publicIPAddresses")) add_fqdn(facts, object);
  }
  if (equal_ci(record.type, "Microsoft.Resources/deploymentScripts") && properties->is_object() &&
      !find(*properties, "outputs")) {
    properties->get_object()["outputs"] = script_outputs(text_at(*properties, "scriptContent"));
  }
  add_computed(facts, out);
  show_identity(cloud, state, record, out);
  if (const std::string etag = etag_of(record); !etag.empty()) out["etag"] = etag;
  out["systemData"] = system_data(record);
  return out;
}

std::optional<Json> inline_child(const Cloud& cloud, const State& state, const std::string& id) {
  const auto parsed = arm::ResourceId::parse(id);
  if (!parsed || equal_ci(parsed->parent, parsed->scope)) return std::nullopt;
  const Record* parent = state.get<Record>(to_lower(parsed->parent));
  const std::string child_type = parsed->type.substr(parsed->type.rfind('/') + 1);
  const std::string name = parsed->name.substr(parsed->name.rfind('/') + 1);
  if (!parent) return std::nullopt;
  if (auto log = script_log(parsed->text, parsed->type, name)) return log;
  const Json whole = render(cloud, state, *parent);
  const Json* properties = find(whole, "properties");
  if (!properties || !properties->is_object()) return std::nullopt;
  const Json* list = find_ci(properties->get_object(), child_type);
  if (!list || !list->is_array()) return std::nullopt;
  for (const Json& element : list->get_array()) {
    if (!equal_ci(text_at(element, "name"), name)) continue;
    JsonObject out{
        {"id",   parsed->text},
        {"name", name        },
        {"type", parsed->type}
    };
    for (const auto& [key, value] : element.get_object()) out[key] = value;
    if (!out.contains("properties")) out["properties"] = JsonObject{};
    return Json(std::move(out));
  }
  return std::nullopt;
}

bool exists(const Cloud& cloud, const State& state, const std::string& id) {
  const auto parsed = arm::ResourceId::parse(id);
  if (!parsed) return false;
  if (parsed->kind == arm::ScopeKind::kTenant) return true;
  if (parsed->kind == arm::ScopeKind::kSubscription) {
    return equal_ci(parsed->subscription_id, cloud.subscription());
  }
  if (parsed->kind == arm::ScopeKind::kManagementGroup) {
    return management_group_exists(state, parsed->name);
  }
  const std::string key = to_lower(parsed->text);
  if (state.get<Record>(key) || state.get<Deployment>(key) || state.get<Assignment>(key))
    return true;
  return inline_child(cloud, state, id).has_value() ||
         is_secret_resource(state, id, cloud.clock().now());
}

bool is_kept_out(const Json& value) { return value.is_string() && as_text(value) == kKeptOut; }

void drop_secrets(const std::vector<std::string>& secrets, Json& value) {
  if (value.is_object()) {
    for (auto& [key, inner] : value.get_object()) drop_secrets(secrets, inner);
  } else if (value.is_array()) {
    for (Json& inner : value.get_array()) drop_secrets(secrets, inner);
  } else if (value.is_string()) {
    for (const std::string& secret : secrets) {
      // Short values would hit words that merely look alike.
      const bool hit = secret.size() >= 6 ? as_text(value).find(secret) != std::string_view::npos
                                          : as_text(value) == secret;
      if (!secret.empty() && hit) {
        value = kKeptOut;
        return;
      }
    }
  }
}

void drop_write_only(const std::string& type, Json& body) {
  constexpr std::array kNames = {"adminPassword",
                                 "administratorLoginPassword",
                                 "administratorPassword",
                                 "password",
                                 "customData",
                                 "protectedSettings",
                                 "secureValue",
                                 "clientSecret",
                                 "sqlAdministratorLoginPassword",
                                 "servicePrincipalClientSecret",
                                 "privateKey",
                                 "sasToken",
                                 "sharedKey",
                                 "certificatePassword",
                                 "windowsAdminPassword"};
  if (body.is_array()) {
    for (Json& inner : body.get_array()) drop_write_only(type, inner);
  }
  if (!body.is_object()) return;
  auto& object = body.get_object();
  std::vector<std::string> gone;
  for (auto& [key, value] : object) {
    const std::string_view name(key.data(), key.size());
    const bool secret =
        std::ranges::any_of(kNames, [&](const char* known) { return equal_ci(known, name); });
    const bool vault_value = equal_ci(type, "Microsoft.KeyVault/vaults/secrets") && name == "value";
    if (secret || vault_value) {
      gone.emplace_back(name);
    } else {
      drop_write_only(type, value);
    }
  }
  for (const std::string& name : gone) object.erase(name);
}

}  // namespace armature::sandbox
