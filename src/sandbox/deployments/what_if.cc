#include "sandbox/deployments/what_if.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/bodies.h"
#include "sandbox/deployments/complete_mode.h"
#include "sandbox/deployments/delta.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/template/evaluator.h"

namespace armature::sandbox {
namespace {

bool is_expression(const Json& value) {
  return value.is_string() && as_text(value).starts_with('[');
}

// id, name, type and the rest, as the answers show a resource.
Json shown(const std::string& id, const std::string& type, const std::string& api_version,
           const Json& body) {
  const auto parsed = arm::ResourceId::parse(id);
  JsonObject out;
  if (body.is_object()) out = body.get_object();
  out["id"] = id;
  out["name"] = parsed ? parsed->name : id;
  out["type"] = type;
  out["apiVersion"] = api_version;
  return in_name_order(Json(std::move(out)));
}

// Of `value` what `shape` names: members that a service adds by itself are no difference.
Json restricted(const Json& value, const Json& shape) {
  if (!value.is_object() || !shape.is_object()) return value;
  JsonObject out;
  for (const auto& [key, inner] : shape.get_object()) {
    if (const Json* found = find_ci(value.get_object(), key)) out[key] = restricted(*found, inner);
  }
  return out;
}

class Comparison {
 public:
  Comparison(Cloud& cloud, const Prepared& prepared, bool ids_only)
      : cloud_(cloud), deployment_(prepared.deployment), ids_only_(ids_only) {}

  std::optional<ArmAnswer> add(const Planned& planned) {
    const tmpl::Resource& resource = planned.resource();
    named_.insert(to_lower(resource.id));
    if (resource.is_deployment) return std::nullopt;
    const ArmAnswer current =
        cloud_.perform("GET", deployment_target(resource.id, resource.api_version), std::nullopt,
                       deployment_.caller, deployment_.correlation_id);
    const bool exists = current.ok() && current.body;
    if (!exists && current.status != 404) return current;
    if (ids_only_) {
      add_change(resource.id, exists ? "Deploy" : "Create");
      return std::nullopt;
    }
    auto body = planned.plan.preview_of(planned.index);
    if (!body && body.error().code == tmpl::kNotYetKnown) {
      add_unsupported(resource.id, resource.name);
      return std::nullopt;
    }
    if (!body) return refuse_template(body.error());
    Json after = as_put(resource.type, *std::move(body));
    if (exists) {
      compare(resource, *current.body, std::move(after));
    } else {
      add_change(resource.id, "Create")["after"] =
          shown(resource.id, resource.type, resource.api_version, after);
    }
    return std::nullopt;
  }

  void add_unsupported(const std::string& id, const std::string& what) {
    add_change(id, "Unsupported")["unsupportedReason"] =
        "Changes to the resource declared at '" + what +
        "' cannot be analyzed because its resource ID or API version cannot be calculated until "
        "the deployment is under way. Please see https://aka.ms/WhatIfUnidentifiableResource for "
        "more details.";
  }

  // What stands in the group and not in the template.
  void add_others() {
    const auto scope = arm::ResourceId::parse(deployment_.scope);
    if (!scope || scope->kind != arm::ScopeKind::kResourceGroup) return;
    const bool goes = deployment_.mode == "Complete";
    cloud_.store().read([&](const State& state) {
      auto others = unnamed_resources(state, deployment_.scope, named_);
      std::ranges::sort(others, {}, &Record::id);
      for (const Record* record : others) {
        JsonObject& change = add_change(record->id, goes ? "Delete" : "Ignore");
        if (ids_only_) continue;
        change["before"] = shown(record->id, record->type, record->api_version, record->body);
        if (!goes) change["after"] = change["before"];
      }
      return 0;
    });
  }

  JsonArray take() { return std::move(changes_); }

 private:
  JsonObject& add_change(const std::string& id, const char* type) {
    changes_.push_back(JsonObject{
        {"resourceId", id  },
        {"changeType", type}
    });
    return changes_.back().get_object();
  }

  // What a PUT of the body would keep.
  static Json as_put(const std::string& type, Json body) {
    drop_write_only(type, body);
    if (!body.is_object()) return body;
    Json* location = find_ci(body.get_object(), "location");
    if (location && location->is_string() && !is_expression(*location)) {
      *location = normal_location(as_text(*location));
    }
    return body;
  }

  void compare(const tmpl::Resource& resource, const Json& current, Json after) {
    const auto kept = cloud_.store().read([&](const State& state) -> std::optional<Json> {
      const Record* record = state.get<Record>(to_lower(resource.id));
      return record ? std::optional(record->body) : std::nullopt;
    });
    JsonArray delta;
    // Read-only: it may stand in a template and has no effect.
    Json* properties = find_ci(after.get_object(), "properties");
    if (properties && properties->is_object() && find(*properties, "provisioningState")) {
      JsonObject change{
          {"path",                "properties.provisioningState"},
          {       "propertyChangeType",           "NoEffect"                              },
          { "after", *find(*properties,                               "provisioningState")}
      };
      if (const Json* was = at(current, "properties.provisioningState")) change["before"] = *was;
      delta.push_back(std::move(change));
      properties->get_object().erase("provisioningState");
    }
    const Json before = kept ? *kept : restricted(current, after);
    const JsonArray changes = property_changes(before, after);
    delta.insert(delta.end(), changes.begin(), changes.end());
    JsonObject& change = add_change(resource.id, changes.empty() ? "NoChange" : "Modify");
    change["before"] = shown(resource.id, resource.type, resource.api_version, before);
    change["after"] = shown(resource.id, resource.type, resource.api_version, after);
    change["delta"] = std::move(delta);
  }

  Cloud& cloud_;
  const Deployment& deployment_;
  const bool ids_only_;
  std::set<std::string> named_;
  JsonArray changes_;
};

Json short_circuited(const std::string& id) {
  return JsonObject{
      {"level",          "Warning"                                                        },
      {"code",           "NestedDeploymentShortCircuited"                                 },
      {"message",
       "A nested deployment got short-circuited and all its resources got skipped from validation. "
       "This is due to a nested template having a parameter that was not fully evaluated."},
      {"target",         id                                                               },
      {"additionalInfo", JsonArray{}                                                      }
  };
}

}  // namespace

WhatIf what_if(Cloud& cloud, const Prepared& prepared, const Outline& planned, bool ids_only) {
  Comparison comparison(cloud, prepared, ids_only);
  for (const Planned& one : planned.resources) {
    if (auto refused = comparison.add(one)) return {nullptr, std::move(refused)};
  }
  for (const tmpl::Unidentified& one : planned.unidentified) {
    const std::string base = prepared.deployment.scope == "/" ? "" : prepared.deployment.scope;
    comparison.add_unsupported(base + "/providers/" + one.type + "/" + one.name, one.path);
  }
  comparison.add_others();
  JsonObject properties{
      {"correlationId", prepared.deployment.correlation_id},
      {"changes",       comparison.take()                 }
  };
  JsonArray diagnostics;
  for (const std::string& id : planned.unopened) diagnostics.push_back(short_circuited(id));
  if (!diagnostics.empty()) properties["diagnostics"] = std::move(diagnostics);
  return {
      JsonObject{{"status", "Succeeded"}, {"properties", std::move(properties)}},
      std::nullopt
  };
}

}  // namespace armature::sandbox
