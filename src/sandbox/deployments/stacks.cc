// The routes below Microsoft.Resources/deploymentStacks.
#include "sandbox/deployments/stacks.h"

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/activity_log.h"
#include "sandbox/bodies.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/deployments/scope.h"
#include "sandbox/rbac.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

constexpr const char* kStacks = "/providers/Microsoft.Resources/deploymentStacks/";
constexpr const char* kManageDeny = "Microsoft.Resources/deploymentStacks/manageDenySetting/action";

std::string base_of(const std::string& scope) { return scope == "/" ? "" : scope; }

std::string stack_id(const ArmCall& call) {
  const auto scope = arm::ResourceId::parse(call.at.scope);
  return base_of(scope ? scope->text : call.at.scope) + kStacks + call.at.tail[1];
}

ArmAnswer stack_not_found(const ArmCall& call) {
  return refuse(404, "DeploymentStackNotFound",
                "The Deployment stack '" + call.at.tail[1] + "' could not be found.");
}

ArmAnswer busy(const Stack& stack) {
  return refuse(409, "DeploymentStackInNonTerminalState",
                "The operation on deployment stack '" + stack.id +
                    "' was rejected because the deployment stack is in a non-terminal state '" +
                    stack.state + "'.");
}

ArmAnswer database_failed() { return refuse(500, "InternalServerError", "The database failed."); }

ArmAnswer read_stacks(const State& state, const ArmCall& call) {
  const auto& tail = call.at.tail;
  if (tail.size() == 2) {
    const Stack* stack = state.get<Stack>(to_lower(stack_id(call)));
    if (call.op.method == "HEAD") return answer(stack ? 204 : 404);
    return stack ? answer(200, stack_json(*stack)) : stack_not_found(call);
  }
  if (tail.size() != 1) return no_deployment_route(call);
  const auto scope = arm::ResourceId::parse(call.at.scope);
  const std::string prefix = to_lower(base_of(scope ? scope->text : call.at.scope) + kStacks);
  JsonArray out;
  const auto& all = state.table<Stack>();
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) {
    out.push_back(stack_json(it->second));
  }
  return list_answer(std::move(out));
}

// …/locations/{location}/deploymentStackOperationStatus/{id} at the stack's scope; a group's stack
// is where its group is.
std::string operation_path(const Cloud& cloud, const State& state, const Stack& stack,
                           const char* kind, const std::string& operation) {
  const auto scope = arm::ResourceId::parse(stack.scope);
  const bool in_subscription = scope && !scope->subscription_id.empty();
  const std::string base =
      in_subscription ? "/subscriptions/" + cloud.subscription() : base_of(stack.scope);
  const Record* group = find_group(cloud, state, stack.scope);
  const std::string location = group ? text_at(group->body, "location") : stack.location;
  return base + "/providers/Microsoft.Resources/locations/" + location + "/" + kind + "/" +
         operation;
}

// The stack's deployment as a request of its own: where it goes, and what it says.
ArmCall deployment_call(Cloud& cloud, const ArmCall& call, const std::string& name) {
  const Json& properties = call.body->at("properties");
  const std::string given = text_at(properties, "deploymentScope");
  const std::string scope = given.empty() ? call.at.scope : given;
  JsonObject inner{
      {"mode", "Incremental"}
  };
  for (const char* key :
       {"template", "templateLink", "parameters", "parametersLink", "debugSetting"}) {
    if (const Json* value = find(properties, key)) inner[key] = *value;
  }
  JsonObject body{
      {"properties", std::move(inner)}
  };
  const auto id = arm::ResourceId::parse(scope);
  const std::string location = text_at(*call.body, "location");
  if (!location.empty() && (!id || id->kind != arm::ScopeKind::kResourceGroup)) {
    body["location"] = location;
  }
  return cloud.make_call(
      "PUT", deployment_target(scope + "/providers/Microsoft.Resources/deployments/" + name),
      std::move(body), call.caller, call.correlation_id);
}

struct Request {
  Stack stack;
  ArmCall deployment;
  Prepared prepared;
  Outline planned;
  std::optional<ArmAnswer> refusal;
};

// Who sets, changes or lifts deny settings needs a right of its own.
std::optional<ArmAnswer> check_deny_right(const Cloud& cloud, const State& state,
                                          const ArmCall& call, const std::string& id, bool guards) {
  const Stack* old = state.get<Stack>(to_lower(id));
  if (!guards && (!old || text_at(old->deny, "mode") == "none")) return std::nullopt;
  return refuse_access(cloud, state, call.caller, {call.caller.object_id, kManageDeny, id});
}

// What PUT and validate have in common: everything is read and checked, nothing is done.
Request read_request(Cloud& cloud, const ArmCall& call) {
  Request out;
  const auto refused = [&](ArmAnswer answer) {
    out.refusal = std::move(answer);
    return std::move(out);
  };
  const Json* properties = call.body ? find(*call.body, "properties") : nullptr;
  if (!properties || !properties->is_object()) {
    return refused(refuse(400, "InvalidRequestContent",
                          "The request content was invalid and could not be deserialized: "
                          "'properties is missing'."));
  }
  StackSettings settings = read_stack_settings(*properties);
  if (settings.refusal) return refused(*std::move(settings.refusal));
  const auto scope = arm::ResourceId::parse(call.at.scope.empty() ? "/" : call.at.scope);
  if (!scope || scope->kind == arm::ScopeKind::kTenant ||
      scope->kind == arm::ScopeKind::kResource) {
    return refused(no_deployment_route(call));
  }
  Stack& stack = out.stack;
  stack.id = stack_id(call);
  stack.name = call.at.tail[1];
  stack.scope = scope->text;
  stack.location = normal_location(text_at(*call.body, "location"));
  stack.deployment_scope = text_at(*properties, "deploymentScope");
  stack.description = text_at(*properties, "description");
  if (const Json* tags = find(*call.body, "tags")) stack.tags = *tags;
  stack.action = std::move(settings.action);
  stack.deny = std::move(settings.deny);
  stack.correlation_id = call.correlation_id;
  stack.caller = call.caller;
  out.deployment = deployment_call(cloud, call, stack_deployment_name(cloud, stack.name));
  if (out.deployment.op.action.empty()) {
    return refused(refuse(400, "InvalidDeploymentScope",
                          "The deployment scope '" + stack.deployment_scope + "' is not valid."));
  }
  if (auto denied = cloud.refusal(out.deployment)) return refused(*std::move(denied));
  out.prepared = prepare(cloud, out.deployment);
  if (out.prepared.refusal) return refused(*out.prepared.refusal);
  out.planned = outline(cloud, out.prepared);
  if (out.planned.refusal) return refused(*out.planned.refusal);
  if (auto denied = check_rights(cloud, out.prepared, out.planned)) {
    return refused(*std::move(denied));
  }
  const bool guards = text_at(stack.deny, "mode") != "none";
  auto denied = cloud.store().read(
      [&](const State& state) { return check_deny_right(cloud, state, call, stack.id, guards); });
  if (denied) return refused(*std::move(denied));
  const Json* given = find(*properties, "parameters");
  stack.document = out.prepared.deployment.document;
  stack.parameters = stack_parameters(stack.document, given ? *given : Json(nullptr));
  return out;
}

// ARM shows the settings of a validation in Pascal case.
Json pascal(const Json& value) {
  if (value.is_string()) {
    std::string text(as_text(value));
    if (!text.empty()) text[0] = to_upper(text.substr(0, 1))[0];
    return Json(text);
  }
  if (!value.is_object()) return value;
  JsonObject out;
  for (const auto& [key, member] : value.get_object()) out[key] = pascal(member);
  return out;
}

Json validated_stack(const Request& request) {
  JsonArray resources;
  for (const Planned& one : request.planned.resources) {
    resources.push_back(JsonObject{
        {"id", one.resource().id}
    });
  }
  Json shown = request.prepared.deployment.shown_parameters;
  return JsonObject{
      {"properties", JsonObject{{"validatedResources", std::move(resources)},
                                {"actionOnUnmanage", pascal(request.stack.action)},
                                {"denySettings", pascal(request.stack.deny)},
                                {"parameters", std::move(shown)},
                                {"deploymentExtensions", JsonArray{}},
                                {"correlationId", request.stack.correlation_id}}},
      {"id",         request.stack.id                                                               },
      {"type",       "Microsoft.Resources/deploymentStacks"                                         },
      {"name",       request.stack.name                                                             }
  };
}

}  // namespace

ArmAnswer Stacks::handle(const ArmCall& call) {
  const auto missing = cloud_.store().read(
      [&](const State& state) { return check_management_group(cloud_, state, call.at.scope); });
  if (call.op.method == "GET" || call.op.method == "HEAD") {
    if (missing) return *missing;
    return cloud_.store().read([&](const State& state) { return read_stacks(state, call); });
  }
  ArmAnswer out = missing ? *missing : route(call);
  const auto written = cloud_.store().change([&](Change& change) {
    log_call(change, cloud_, call, out);
    return 0;
  });
  return written ? out : database_failed();
}

ArmAnswer Stacks::route(const ArmCall& call) {
  const auto& tail = call.at.tail;
  if (tail.size() == 2 && call.op.method == "PUT") return put(call);
  if (tail.size() == 2 && call.op.method == "DELETE") return remove(call);
  if (tail.size() != 3 || call.op.method != "POST") return no_deployment_route(call);
  if (equal_ci(tail[2], "validate")) return validate(call);
  if (equal_ci(tail[2], "exportTemplate")) return export_template(call);
  return no_deployment_route(call);
}

ArmAnswer Stacks::put(const ArmCall& call) {
  Request request = read_request(cloud_, call);
  if (request.refusal) return *std::move(request.refusal);
  Stack& next = request.stack;
  const std::string key = to_lower(next.id);
  next.operation = cloud_.random().uuid();
  next.state = "initializing";
  next.created_by = call.caller.object_id;
  next.created = next.modified = next.started = next.changed = cloud_.clock().now();
  const auto started = cloud_.store().change([&](Change& change) -> ArmAnswer {
    const Stack* old = change.state().get<Stack>(key);
    if (old && !old->terminal()) return busy(*old);
    if (old && old->location != next.location) {
      return refuse(409, "InvalidDeploymentStackLocation",
                    "The deployment stack '" + next.name + "' already exists in location '" +
                        old->location + "'.");
    }
    ArmAnswer out = answer(old ? 200 : 201);
    if (old) {
      next.created = old->created;
      next.created_by = old->created_by;
      next.resources = old->resources;
      next.deny_assignments = old->deny_assignments;
      change.updated(next.id);
    } else {
      change.created(next.id);
    }
    out.body = stack_json(next);
    // What it guards must not stand in its own way.
    const Json deny = next.deny;
    if (old) next.deny = old->deny;
    put_stack_denies(cloud_, change, next, true);
    next.deny = deny;
    change.put(key, next);
    change.put(next.operation, AsyncOperation{next.id, next.started, Instant::max(), 0, nullptr});
    out.headers.set("Azure-AsyncOperation",
                    cloud_.link(operation_path(cloud_, change.state(), next,
                                               "deploymentStackOperationStatus", next.operation),
                                call));
    out.headers.set("Retry-After", "0");
    return out;
  });
  if (!started) return database_failed();
  if (started->ok()) deploy(key, request.deployment);
  return *started;
}

ArmAnswer Stacks::validate(const ArmCall& call) {
  const Request request = read_request(cloud_, call);
  if (request.refusal) return *request.refusal;
  const auto operation = engine_.keep_result(request.stack.id, 200, validated_stack(request));
  if (!operation) return database_failed();
  const std::string path = cloud_.store().read([&](const State& state) {
    return operation_path(cloud_, state, request.stack, "deploymentStackOperationResults",
                          *operation);
  });
  ArmAnswer out = answer(202);
  out.headers.set("Location", cloud_.link(path, call));
  out.headers.set("Retry-After", "0");
  return out;
}

ArmAnswer Stacks::export_template(const ArmCall& call) {
  return cloud_.store().read([&](const State& state) -> ArmAnswer {
    const Stack* stack = state.get<Stack>(to_lower(stack_id(call)));
    if (!stack) return stack_not_found(call);
    return answer(200, JsonObject{
                           {"template", stack->document}
    });
  });
}

ArmAnswer Stacks::remove(const ArmCall& call) {
  const std::string key = to_lower(stack_id(call));
  JsonObject action;
  for (const auto& [kind, parameter] : {
           std::pair{"resources",        "unmanageAction.Resources"       },
           std::pair{"resourceGroups",   "unmanageAction.ResourceGroups"  },
           std::pair{"managementGroups", "unmanageAction.ManagementGroups"}
  }) {
    const std::string given = to_lower(call.query_value(parameter));
    if (!given.empty() && given != "delete" && given != "detach") {
      return refuse(
          400, "InvalidQueryParameter",
          "The value '" + given + "' of '" + parameter + "' is neither delete nor detach.");
    }
    action[kind] = given.empty() ? "detach" : given;
  }
  const auto started = cloud_.store().change([&](Change& change) -> ArmAnswer {
    const Stack* old = change.state().get<Stack>(key);
    if (!old) return answer(204);
    if (auto denied = check_deny_right(cloud_, change.state(), call, old->id, false)) {
      return *std::move(denied);
    }
    if (!old->terminal()) return busy(*old);
    Stack next = *old;
    next.state = "deletingResources";
    next.action = action;
    next.caller = call.caller;
    next.correlation_id = call.correlation_id;
    next.operation = cloud_.random().uuid();
    next.started = cloud_.clock().now();
    put_stack_denies(cloud_, change, next, true);
    change.put(next.operation, AsyncOperation{next.id, next.started, Instant::max(), 0, nullptr});
    ArmAnswer out = answer(202);
    out.headers.set("Azure-AsyncOperation",
                    cloud_.link(operation_path(cloud_, change.state(), next,
                                               "deploymentStackOperationStatus", next.operation),
                                call));
    out.headers.set("Retry-After", "0");
    change.put(key, std::move(next));
    return out;
  });
  if (!started) return database_failed();
  if (started->status == 202) engine_.post_work([this, key] { finish_removal(key); });
  return *started;
}

}  // namespace armature::sandbox
