// Deployment stacks in ARM's JSON, and what their requests say.
#include <array>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/time.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/deployments/stacks.h"

namespace armature::sandbox {
namespace {

// One of the words, without regard to case, as ARM shows it; "" for none of them.
std::string one_of(const std::string& given, std::initializer_list<const char*> words) {
  for (const char* word : words) {
    if (equal_ci(given, word)) return word;
  }
  return "";
}

ArmAnswer bad_setting(const char* name, const std::string& value) {
  return refuse(400, "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: 'Error converting "
                "value \"" +
                    value + "\" of properties." + name + "'.");
}

JsonArray list_at(const Json& properties, const char* path) {
  const Json* found = at(properties, path);
  return found && found->is_array() ? found->get_array() : JsonArray{};
}

}  // namespace

StackSettings read_stack_settings(const Json& properties) {
  StackSettings out;
  JsonObject action;
  if (!find(properties, "actionOnUnmanage") || !find(properties, "denySettings")) {
    out.refusal = refuse(400, "InvalidRequestContent",
                         "The request content was invalid and could not be deserialized: "
                         "'actionOnUnmanage and denySettings are required'.");
    return out;
  }
  for (const char* kind : {"resources", "resourceGroups", "managementGroups"}) {
    const std::string path = std::string("actionOnUnmanage.") + kind;
    const std::string given = text_at(properties, path, "detach");
    const std::string word = one_of(given, {"delete", "detach"});
    if (word.empty()) {
      out.refusal = bad_setting(path.c_str(), given);
      return out;
    }
    action[kind] = word;
  }
  action["resourcesWithoutDeleteSupport"] =
      text_at(properties, "actionOnUnmanage.resourcesWithoutDeleteSupport", "fail");
  const std::string given = text_at(properties, "denySettings.mode", "none");
  const std::string mode = one_of(given, {"none", "denyDelete", "denyWriteAndDelete"});
  if (mode.empty()) {
    out.refusal = bad_setting("denySettings.mode", given);
    return out;
  }
  out.action = std::move(action);
  out.deny = JsonObject{
      {"mode",              mode                              },
      { "applyToChildScopes", bool_at(properties, "denySettings.applyToChildScopes")},
      { "excludedPrincipals", list_at(properties, "denySettings.excludedPrincipals")},
      { "excludedActions", list_at(properties,    "denySettings.excludedActions")}
  };
  return out;
}

Json stack_parameters(const Json& document, const Json& given) {
  JsonObject out;
  const Json* declared = find(document, "parameters");
  if (!given.is_object()) return out;
  for (const auto& [name, parameter] : given.get_object()) {
    const Json* declaration =
        declared && declared->is_object() ? find_ci(declared->get_object(), name) : nullptr;
    const std::string type = declaration ? to_lower(text_at(*declaration, "type")) : "";
    JsonObject shown;
    const Json* value = find(parameter, "value");
    if (value && !type.starts_with("secure")) shown["value"] = *value;
    if (const Json* reference = find(parameter, "reference"); reference && !reference->is_null()) {
      shown["reference"] = *reference;
    }
    shown["type"] = type;
    out[name] = std::move(shown);
  }
  return out;
}

// NAME-yyMMddHH and five characters, as ARM names a stack's deployments.
std::string stack_deployment_name(Cloud& cloud, const std::string& stack) {
  std::string time;
  for (const char c : to_rfc3339(cloud.clock().now()).substr(2, 11)) {
    if (c >= '0' && c <= '9') time += c;
  }
  const std::string end = "-" + time + tmpl::unique_string({cloud.random().uuid()}).substr(0, 5);
  return stack.substr(0, 64 - end.size()) + end;
}

Json stack_json(const Stack& s) {
  JsonObject properties{
      {"actionOnUnmanage", s.action}
  };
  const bool ended = s.state == "succeeded" || s.state == "failed" || s.state == "canceled";
  if (!s.deployment_id.empty()) properties["deploymentId"] = s.deployment_id;
  if (!s.description.empty()) properties["description"] = s.description;
  if (!s.deployment_scope.empty()) properties["deploymentScope"] = s.deployment_scope;
  if (ended) properties["duration"] = iso_duration(s.started, s.changed);
  properties["denySettings"] = s.deny;
  if (ended && !s.outputs.is_null()) properties["outputs"] = s.outputs;
  properties["parameters"] = s.parameters;
  properties["resources"] = s.resources;
  properties["provisioningState"] = s.state;
  properties["detachedResources"] = s.detached;
  properties["deletedResources"] = s.deleted;
  properties["failedResources"] = s.failed;
  properties["correlationId"] = s.correlation_id;
  if (!s.error.is_null()) properties["error"] = s.error;
  JsonObject out;
  if (!s.location.empty()) out["location"] = s.location;
  if (!s.tags.is_null()) out["tags"] = s.tags;
  out["properties"] = std::move(properties);
  out["systemData"] = JsonObject{
      {"createdBy",          s.created_by          },
      {"createdByType",      "Application"         },
      {"createdAt",          to_rfc3339(s.created) },
      {"lastModifiedBy",     s.caller.object_id    },
      {"lastModifiedByType", "Application"         },
      {"lastModifiedAt",     to_rfc3339(s.modified)}
  };
  out["id"] = s.id;
  out["type"] = "Microsoft.Resources/deploymentStacks";
  out["name"] = s.name;
  return out;
}

}  // namespace armature::sandbox
