// A stack's change from its deployment to its last deny assignment.
#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "sandbox/activity_log.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/deployments/stacks.h"
#include "sandbox/template/nested.h"

namespace armature::sandbox {
namespace {

constexpr const char* kGroups = "/resourcegroups/";

// "resources", "resourceGroups" or "managementGroups": by which action a resource goes.
const char* kind_of(const std::string& id) {
  const std::string lower = to_lower(id);
  if (starts_with_ci(id, "/providers/Microsoft.Management/managementGroups/") &&
      lower.find("/providers/", 1) == std::string::npos) {
    return "managementGroups";
  }
  const auto group = lower.find(kGroups);
  const bool is_group = group != std::string::npos &&
                        lower.find('/', group + std::string(kGroups).size()) == std::string::npos;
  return is_group ? "resourceGroups" : "resources";
}

Json managed(const std::string& id) {
  return JsonObject{
      {"status",     "managed"},
      {"denyStatus", "none"   },
      {"id",         id       }
  };
}

std::optional<Stack> stack_of(Cloud& cloud, const std::string& key) {
  return cloud.store().read([&](const State& state) -> std::optional<Stack> {
    const Stack* found = state.get<Stack>(key);
    return found ? std::optional(*found) : std::nullopt;
  });
}

void end_operation(Cloud& cloud, Change& change, const Stack& stack) {
  const auto* old = change.state().get<AsyncOperation>(stack.operation);
  if (!old) return;
  AsyncOperation ended = *old;
  ended.ready = cloud.clock().now();
  JsonObject body{
      {"status", stack.error.is_null() ? "succeeded" : "failed"}
  };
  if (!stack.error.is_null()) body["error"] = stack.error;
  ended.body = std::move(body);
  change.put(stack.operation, std::move(ended));
}

void log_end(Cloud& cloud, Change& change, const Stack& stack) {
  log_ending(change, cloud,
             {"Microsoft.Resources/deploymentStacks/write", stack.id,
              stack.error.is_null() ? "Succeeded" : "Failed", stack.operation, stack.correlation_id,
              stack.caller, stack.error});
}

}  // namespace

void Stacks::deploy(const std::string& key, const ArmCall& deployment) {
  const ArmAnswer out = cloud_.perform(deployment);
  const std::string id = out.body ? text_at(*out.body, "id") : "";
  const auto written = cloud_.store().change([&](Change& change) {
    const Stack* old = change.state().get<Stack>(key);
    if (!old) return 0;
    Stack next = *old;
    next.deployment_id = id;
    next.state = "deploying";
    if (!out.ok()) {
      next.state = "failed";
      next.error = out.body ? out.body->at("error") : Json(nullptr);
      put_stack_denies(cloud_, change, next, false);
      end_operation(cloud_, change, next);
      log_end(cloud_, change, next);
    }
    change.put(key, std::move(next));
    return 0;
  });
  if (written && out.ok()) engine_.at_end(id, [this, key] { deployed(key); });
}

void Stacks::deployed(const std::string& key) {
  const auto found = stack_of(cloud_, key);
  if (!found || found->terminal()) return;
  Stack stack = *found;
  const auto deployment = cloud_.store().read([&](const State& state) -> std::optional<Deployment> {
    const Deployment* d = state.get<Deployment>(to_lower(stack.deployment_id));
    return d ? std::optional(*d) : std::nullopt;
  });
  std::set<std::string> known;
  JsonArray resources;
  const auto keep = [&](const std::string& id) {
    if (known.insert(to_lower(id)).second) resources.push_back(managed(id));
  };
  JsonArray gone;
  if (deployment && deployment->state == "Succeeded") {
    for (const Json& one : deployment->output_resources) keep(text_at(one, "id"));
    for (const Json& one : stack.resources) {
      if (!known.contains(to_lower(text_at(one, "id")))) gone.push_back(one);
    }
    stack.outputs = deployment->outputs;
  } else {
    // What had been managed stays so, and what was put before the failure comes to it.
    for (const Json& one : stack.resources) keep(text_at(one, "id"));
    cloud_.store().read([&](const State& state) {
      const std::string prefix = to_lower(stack.deployment_id) + "#";
      const auto& steps = state.table<DeploymentStep>();
      for (auto it = steps.lower_bound(prefix); it != steps.end() && it->first.starts_with(prefix);
           ++it) {
        const bool put = it->second.state == "Succeeded" && !it->second.resource_id.empty();
        if (put && !tmpl::is_deployment_type(it->second.type)) keep(it->second.resource_id);
      }
      return 0;
    });
    stack.error = JsonObject{
        {"code",    "DeploymentStackDeploymentFailed"                                            },
        {"message",
         "One or more stages of the deployment stack deployment failed. Correlation id: '" +
             stack.correlation_id + "'."                                                         },
        {"details",
         deployment && deployment->error.is_object() ? JsonArray{deployment->error} : JsonArray{}}
    };
  }
  stack.resources = std::move(resources);
  stack.failed.clear();
  unmanage(stack, gone);
  const auto written = cloud_.store().change([&](Change& change) {
    if (!stack.failed.empty() && stack.error.is_null()) {
      stack.error = JsonObject{
          {"code",    "DeploymentStackDeleteResourcesFailed"              },
          {"message", "One or more resources could not be deleted. Correlation id: '" +
                          stack.correlation_id + "'."}
      };
    }
    stack.state = stack.error.is_null() ? "succeeded" : "failed";
    stack.changed = cloud_.clock().now();
    put_stack_denies(cloud_, change, stack, false);
    end_operation(cloud_, change, stack);
    log_end(cloud_, change, stack);
    change.put(key, stack);
    return 0;
  });
  if (!written) {
    cloud_.log().error("sandbox write failed", {
                                                   {"reason", written.error().message}
    });
  }
}

void Stacks::unmanage(Stack& stack, const JsonArray& gone) {
  std::vector<std::string> ids;
  for (const Json& one : gone) ids.push_back(text_at(one, "id"));
  // The deepest first, groups after what is in them.
  std::ranges::stable_sort(ids, std::greater<>{},
                           [](const std::string& id) { return std::ranges::count(id, '/'); });
  for (const std::string& id : ids) {
    if (text_at(stack.action, kind_of(id)) != "delete") {
      stack.detached.push_back(JsonObject{
          {"id", id}
      });
      continue;
    }
    const ArmAnswer out = cloud_.perform("DELETE", deployment_target(id), std::nullopt,
                                         stack.caller, stack.correlation_id);
    if (out.ok() || out.status == 404) {
      stack.deleted.push_back(JsonObject{
          {"id", id}
      });
      continue;
    }
    stack.failed.push_back(JsonObject{
        {"id",    id                                                   },
        {"error", out.body ? out.body->at("error") : Json(JsonObject{})}
    });
    stack.resources.push_back(managed(id));
  }
}

void Stacks::finish_removal(const std::string& key) {
  auto found = stack_of(cloud_, key);
  if (!found || found->terminal()) return;
  Stack stack = *std::move(found);
  const JsonArray gone = std::exchange(stack.resources, {});
  stack.failed.clear();
  unmanage(stack, gone);
  const auto written = cloud_.store().change([&](Change& change) {
    stack.changed = cloud_.clock().now();
    stack.error = nullptr;
    if (stack.failed.empty()) {
      erase_stack_denies(change, stack);
      change.deleted(stack.id);
      change.erase<Stack>(key);
    } else {
      stack.state = "failed";
      stack.error = JsonObject{
          {"code",    "DeploymentStackDeleteResourcesFailed"              },
          {"message", "One or more resources could not be deleted. Correlation id: '" +
                          stack.correlation_id + "'."}
      };
      put_stack_denies(cloud_, change, stack, false);
      change.put(key, stack);
    }
    end_operation(cloud_, change, stack);
    return 0;
  });
  if (!written) {
    cloud_.log().error("sandbox write failed", {
                                                   {"reason", written.error().message}
    });
  }
}

void Stacks::resume() {
  std::vector<Stack> open = cloud_.store().read([](const State& state) {
    std::vector<Stack> out;
    for (const auto& [key, stack] : state.table<Stack>()) {
      if (!stack.terminal()) out.push_back(stack);
    }
    return out;
  });
  for (const Stack& stack : open) {
    const std::string key = to_lower(stack.id);
    if (stack.state == "deletingResources") {
      engine_.post_work([this, key] { finish_removal(key); });
    } else {
      // Without a deployment it was stopped before it began, and fails.
      engine_.at_end(stack.deployment_id, [this, key] { deployed(key); });
    }
  }
}

}  // namespace armature::sandbox
