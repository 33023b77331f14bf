#include "sandbox/deployments/extension_resources.h"

#include "base/bytes.h"
#include "sandbox/resource_kinds.h"

namespace armature::sandbox {
namespace {

// What Microsoft Graph adds to an object: its id, and an application's.
void add_graph_ids(const Cloud& cloud, const std::string& id, JsonObject& properties) {
  for (const char* key : {"id", "appId"}) {
    if (!find_ci(properties, key)) properties[key] = stable_guid(cloud, id, key);
  }
}

}  // namespace

Status keep_extension_resource(Cloud& cloud, const Run& run, const tmpl::Resource& resource,
                               const Json& body) {
  ExtensionResource kept;
  kept.id = resource.id;
  kept.provider = resource.extension;
  kept.type = resource.type;
  const Json* said = find(body, "properties");
  kept.properties = said && said->is_object() ? *said : Json(JsonObject{});
  drop_secrets(run.secrets, kept.properties);
  if (equal_ci(kept.provider, "MicrosoftGraph")) {
    add_graph_ids(cloud, kept.id, kept.properties.get_object());
  }
  const auto written = cloud.store().change([&](Change& change) {
    change.put(to_lower(kept.id), kept);
    return 0;
  });
  if (!written) return written.error();
  return Ok{};
}

const Json* find_extension_resource(const State& state, const std::string& id) {
  const ExtensionResource* found = state.get<ExtensionResource>(to_lower(id));
  return found ? &found->properties : nullptr;
}

void forget_extension_resources(Change& change, const std::string& deployment_id) {
  const std::string prefix = to_lower(deployment_id) + "/";
  std::vector<std::string> gone;
  const auto& kept = change.state().table<ExtensionResource>();
  for (auto it = kept.lower_bound(prefix); it != kept.end() && it->first.starts_with(prefix);
       ++it) {
    gone.push_back(it->first);
  }
  for (const std::string& key : gone) change.erase<ExtensionResource>(key);
}

}  // namespace armature::sandbox
