#include "sandbox/policy/enforcer.h"

#include <algorithm>
#include <array>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/activity_log.h"
#include "sandbox/bodies.h"
#include "sandbox/policy/denial.h"
#include "sandbox/policy/insights.h"
#include "sandbox/rbac/hierarchy.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/routes.h"
#include "sandbox/template/expression.h"

namespace armature::sandbox::policy {
namespace {

constexpr const char* kGroupType = "Microsoft.Resources/subscriptions/resourceGroups";

bool evaluated(const arm::ResourceId& id) {
  if (id.kind == arm::ScopeKind::kResourceGroup) return true;
  if (id.kind != arm::ScopeKind::kResource) return false;
  return !equal_ci(id.provider, "Microsoft.Resources") &&
         !equal_ci(id.provider, "Microsoft.PolicyInsights") &&
         !starts_with_ci(id.type, "Microsoft.Authorization/policy");
}

ArmAnswer disallowed(const std::string& name, const std::vector<Match>& denied) {
  return answer(403, JsonObject{
                         {"error", violation_error(name, denied)}
  });
}

std::string short_name(const Json& resource) {
  const std::string name = text_at(resource, "name");
  return name.substr(name.rfind('/') + 1);
}

bool holds_expression(const Json& value) {
  if (value.is_string()) return tmpl::is_expression(as_text(value));
  if (const auto* array = value.if_array()) return std::ranges::any_of(*array, holds_expression);
  const auto* object = value.if_object();
  return object && std::ranges::any_of(*object, [](const auto& member) {
           return holds_expression(member.value());
         });
}

// Was the denial decided by a value that is not known yet?
bool undecided(const Match& match, const Json& resource) {
  if (!match.error.empty()) return holds_expression(resource);
  return std::ranges::any_of(match.evaluated,
                             [](const Evaluated& one) { return holds_expression(one.value); });
}

// The merge patch that makes `after` of `before`; both are objects.
JsonObject difference(const JsonObject& before, const JsonObject& after) {
  JsonObject out;
  for (const auto& [key, value] : before) {
    if (!after.contains(key)) out[key] = nullptr;
  }
  for (const auto& [key, value] : after) {
    const Json* old = before.if_contains(key);
    if (old && *old == value) continue;
    if (old && old->is_object() && value.is_object()) {
      out[key] = difference(old->get_object(), value.get_object());
    } else {
      out[key] = value;
    }
  }
  return out;
}

// One patch that does what `first` and then `second` do: unlike a merge it keeps nulls.
void compose(JsonObject& first, const JsonObject& second) {
  for (const auto& [key, value] : second) {
    Json* old = first.if_contains(key);
    if (old && old->is_object() && value.is_object()) {
      compose(old->get_object(), value.get_object());
    } else {
      first[key] = value;
    }
  }
}

// The call's body with what the policies changed.
Json changed_body(const ArmCall& call, const Json& before, const Json& after) {
  const JsonObject patch = difference(before.get_object(), after.get_object());
  if (call.op.method == "PUT") return merge_patch(*call.body, patch);
  JsonObject out = call.body->get_object();
  compose(out, patch);
  // A PATCH gives tags as a whole.
  if (patch.contains("tags")) {
    const Json* tags = find(after, "tags");
    out["tags"] = tags ? *tags : Json(JsonObject{});
  }
  return out;
}

}  // namespace

bool is_evaluated(std::string_view id) {
  const auto parsed = arm::ResourceId::parse(id);
  return parsed && evaluated(*parsed);
}

Json Enforcer::as_resource(const std::string& id, const Json& body) {
  const auto parsed = arm::ResourceId::parse(id);
  const bool group = parsed && parsed->kind == arm::ScopeKind::kResourceGroup;
  JsonObject out{
      {"id",   parsed ? parsed->text : id },
      {"name", parsed ? parsed->name : "" },
      {"type", group    ? kGroupType
               : parsed ? parsed->type.c_str()
                        : ""}
  };
  if (body.is_object()) {
    for (const auto& [key, value] : body.get_object()) {
      if (key != "id" && key != "name" && key != "type") out[key] = value;
    }
  }
  return out;
}

Request Enforcer::request_of(const State& state, const std::string& id, std::string action,
                             const std::string& api_version, const Caller& caller) const {
  Request out;
  out.action = std::move(action);
  out.scopes = ancestors(state, id);
  out.caller = caller.object_id;
  out.now = cloud_.clock().now();
  out.context = JsonObject{
      {"apiVersion", api_version                                                        },
      {"identity",
       JsonObject{{"oid", caller.object_id}, {"appid", caller.app_id}, {"idtyp", "app"}}}
  };
  out.subscription = subscription_json(cloud_, state);
  const auto parsed = arm::ResourceId::parse(id);
  if (parsed && !parsed->resource_group.empty()) {
    const std::string group =
        "/subscriptions/" + parsed->subscription_id + "/resourceGroups/" + parsed->resource_group;
    if (const Record* record = find_group(cloud_, state, group)) {
      out.resource_group = render(cloud_, state, *record);
    }
  }
  return out;
}

ArmAnswer Enforcer::change(Change& change, const ArmCall& call, std::vector<Remedy>& remedies,
                           const Route& route) {
  const std::string& method = call.op.method;
  if (is_insights(call)) return change_insights(cloud_, change, call, remedies);
  const bool put_like = method == "PUT" || method == "PATCH";
  const State& state = change.state();
  if ((!put_like && method != "DELETE") || !Catalog::any(state)) return route(call);
  const auto id = arm::ResourceId::parse(call.op.target);
  if (!id || !evaluated(*id)) return route(call);
  const auto assigned = catalog_.assigned(cloud_, state, ancestors(state, id->text));
  if (method == "DELETE" && id->kind == arm::ScopeKind::kResourceGroup) {
    if (auto denied = against_group_delete(state, call); !denied.empty()) {
      return disallowed(id->name, denied);
    }
  }
  if (assigned.empty()) return route(call);
  Request request = request_of(state, id->text, call.op.action, call.op.api_version, call.caller);
  request.tags_only = method == "PATCH" && call.body && call.body->is_object() &&
                      call.body->get_object().size() == 1 && find(*call.body, "tags");
  return put_like ? put(change, call, remedies, route, assigned, request)
                  : remove(change, call, route, assigned, request);
}

ArmAnswer Enforcer::put(Change& change, const ArmCall& call, std::vector<Remedy>& remedies,
                        const Route& route, const AssignedList& assigned, const Request& request) {
  const State& state = change.state();
  auto read = read_body(call);
  if (!read.value) return route(call);  // which says what is wrong with it
  Json body = *std::move(read.value);
  if (call.op.method == "PATCH") {
    const Record* old = state.get<Record>(to_lower(call.op.target));
    if (!old) return route(call);
    Json merged = old->body;
    apply_patch(merged, body);
    body = std::move(merged);
  }
  // Rules, denials and the log see no secrets.
  const auto id = arm::ResourceId::parse(call.op.target);
  drop_write_only(id->type, body);
  if (!call.secrets.empty()) drop_secrets(call.secrets, body);
  const Json before = as_resource(id->text, body);
  const auto exemptions = Catalog::exemptions(state, request.scopes);
  Ruling ruling = rule_on(assigned, exemptions, before, request);
  if (!ruling.denied.empty()) {
    log(change, call, ruling.resource, ruling.denied);
    return disallowed(short_name(before), ruling.denied);
  }
  ArmCall allowed = call;
  if (ruling.changed) allowed.body = changed_body(call, before, ruling.resource);
  ArmAnswer out = route(allowed);
  if (!out.ok()) return out;
  log(change, call, ruling.resource, ruling.applied);
  log(change, call, ruling.resource, ruling.audited);
  const Subject subject(std::move(ruling.resource));
  std::vector<Match> missing;
  for (Match& match : ruling.existence) {
    if (related_exists(cloud_, change.state(), match, subject, request)) continue;
    // What a policy's own deployment writes does not start it again.
    const bool own = call.caller.object_id == match.assigned->principal_id;
    if (match.effect == Effect::kDeployIfNotExists && !own) {
      if (auto remedy = remedy_of(cloud_, match, subject, request)) {
        remedies.push_back(*std::move(remedy));
      }
    }
    missing.push_back(std::move(match));
  }
  log(change, call, subject.resource(), missing);
  return out;
}

ArmAnswer Enforcer::remove(Change& change, const ArmCall& call, const Route& route,
                           const AssignedList& assigned, const Request& request) {
  const State& state = change.state();
  const Record* record = state.get<Record>(to_lower(call.op.target));
  if (!record) return route(call);
  const Json resource = as_resource(record->id, record->body);
  const auto exemptions = Catalog::exemptions(state, request.scopes);
  const auto denied = rule_on_delete(assigned, exemptions, resource, request, false);
  if (denied.empty()) return route(call);
  log(change, call, resource, denied);
  return disallowed(short_name(resource), denied);
}

// A group goes with all that is in it: policies that deny the cascade stand against it.
std::vector<Match> Enforcer::against_group_delete(const State& state, const ArmCall& call) {
  std::vector<Match> out;
  const std::string prefix = to_lower(call.op.target) + "/";
  const auto& records = state.table<Record>();
  for (auto it = records.lower_bound(prefix); it != records.end() && it->first.starts_with(prefix);
       ++it) {
    const Record& record = it->second;
    const auto scopes = ancestors(state, record.id);
    const auto assigned = catalog_.assigned(cloud_, state, scopes);
    const bool any = std::ranges::any_of(assigned, [](const auto& one) {
      return std::ranges::any_of(one->bindings, [](const Binding& binding) {
        return binding.effect == Effect::kDenyAction;
      });
    });
    if (!any) continue;
    const Request request =
        request_of(state, record.id, record.type + "/delete", call.op.api_version, call.caller);
    auto denied = rule_on_delete(assigned, Catalog::exemptions(state, scopes),
                                 as_resource(record.id, record.body), request, true);
    std::ranges::move(denied, std::back_inserter(out));
    if (out.size() > 10) break;  // enough to tell
  }
  return out;
}

void Enforcer::log(Change& change, const ArmCall& call, const Json& resource,
                   const std::vector<Match>& matches) {
  for (const Match& match : matches) {
    std::string effect(name_of(match.effect));
    effect[0] = static_cast<char>(effect[0] - 'A' + 'a');
    PolicyEffect event;
    event.effect = effect;
    event.resource_location = text_at(resource, "location");
    event.policies.push_back(logged_policy(match));
    log_policy(change, cloud_, call, event);
  }
}

void Enforcer::launch(std::vector<Remedy> remedies, const std::string& correlation_id) {
  for (Remedy& remedy : remedies) {
    const ArmAnswer out = cloud_.perform(remedy.method, remedy.target, std::move(remedy.body),
                                         remedy.identity, correlation_id);
    if (out.ok()) continue;
    cloud_.log().warning("the work of a policy was refused",
                         {
                             {"target", remedy.target      },
                             {"reason", out.error_message()}
    });
  }
}

std::optional<Json> Enforcer::violation(const State& state, const std::string& target,
                                        const Json& body, const std::string& api_version,
                                        const Caller& caller) {
  const auto id = arm::ResourceId::parse(target);
  if (!id || !evaluated(*id)) return std::nullopt;
  const auto scopes = ancestors(state, id->text);
  const auto assigned = catalog_.assigned(cloud_, state, scopes);
  if (assigned.empty()) return std::nullopt;
  const Request request = request_of(state, id->text, id->type + "/write", api_version, caller);
  Json shown = body;
  drop_write_only(id->type, shown);
  if (Json* location = shown.is_object() ? shown.get_object().if_contains("location") : nullptr;
      location && location->is_string()) {
    *location = normal_location(as_text(*location));
  }
  const Json resource = as_resource(id->text, shown);
  Ruling ruling = rule_on(assigned, Catalog::exemptions(state, scopes), resource, request);
  std::erase_if(ruling.denied, [&](const Match& one) { return undecided(one, ruling.resource); });
  if (ruling.denied.empty()) return std::nullopt;
  return violation_error(short_name(resource), ruling.denied);
}

}  // namespace armature::sandbox::policy
