// Subscriptions and resource groups.
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/bodies.h"
#include "sandbox/front/addressing.h"
#include "sandbox/front/name_rules.h"
#include "sandbox/front/tags.h"
#include "sandbox/rbac.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

constexpr const char* kType = "Microsoft.Resources/resourceGroups";

std::string group_id(const Cloud& cloud, const ArmCall& call) {
  return "/subscriptions/" + cloud.subscription() + "/resourceGroups/" + call.at.head[3];
}

ArmAnswer group_not_found(const ArmCall& call) {
  return refuse(404, "ResourceGroupNotFound",
                "Resource group '" + call.at.head[3] + "' could not be found.");
}

// 1 to 90 letters, digits, "-_.()", and no dot at the end. Bytes above ASCII stand for letters.
std::string bad_characters(std::string_view name) {
  std::string bad;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view("-_.()").find(c) == std::string_view::npos && c > 0) bad += c;
  }
  return bad;
}

std::optional<ArmAnswer> check_name(const std::string& name) {
  if (const std::string bad = bad_characters(name); !bad.empty()) {
    return refuse(400, "InvalidResourceGroup",
                  "The provided resource group name '" + name +
                      "' has these invalid characters: '" + bad +
                      "'. The name can only be a letter, digit, '-', '.', '(', ')' or '_'.");
  }
  if (name.size() > 90 || name.ends_with('.')) {
    return refuse(400, "InvalidResourceGroup",
                  "The provided resource group name '" + name +
                      "' must have 1 to 90 characters and not end in a period.");
  }
  return std::nullopt;
}

ArmAnswer save(Cloud& cloud, Change& change, const ArmCall& call, Record record, bool is_new) {
  const std::string key = to_lower(record.id);
  record.changed = record.ready = cloud.clock().now();
  record.changed_by = call.caller.object_id;
  change.put(key, record);
  return answer(is_new ? 201 : 200, render(cloud, change.state(), record));
}

}  // namespace

Json subscription_json(const Cloud& cloud, const State& state) {
  JsonObject out{
      {"id",                   "/subscriptions/" + cloud.subscription()                          },
      {"authorizationSource",  "RoleBased"                                                       },
      {"managedByTenants",     JsonArray{}                                                       },
      {"subscriptionId",       cloud.subscription()                                              },
      {"tenantId",             cloud.tenant()                                                    },
      {"displayName",          cloud.options().subscription_name                                 },
      {"state",                "Enabled"                                                         },
      {"subscriptionPolicies", JsonObject{{"locationPlacementId", "Public_2014-09-01"},
                                          {"quotaId", "PayAsYouGo_2014-09-01"},
                                          {"spendingLimit", "Off"}}}
  };
  if (const Json* tags = subscription_tags(cloud, state)) out["tags"] = *tags;
  return out;
}

ArmAnswer list_subscriptions(const Cloud& cloud, const State& state, const ArmCall& call) {
  JsonArray out;
  if (sees(state, call.caller.object_id, "/subscriptions/" + cloud.subscription())) {
    out.push_back(subscription_json(cloud, state));
  }
  const auto count = static_cast<std::int64_t>(out.size());
  return answer(200, JsonObject{
                         {"value", std::move(out)                                 },
                         {"count", JsonObject{{"type", "Total"}, {"value", count}}}
  });
}

ArmAnswer list_tenants(const Cloud& cloud) {
  return list_answer({
      JsonObject{{"id", "/tenants/" + cloud.tenant()},
                 {"tenantId", cloud.tenant()},
                 {"displayName", "Sandbox"},
                 {"domains", JsonArray{}},
                 {"tenantCategory", "Home"},
                 {"tenantType", "AAD"}}
  });
}

const Record* find_group(const Cloud& cloud, const State& state, std::string_view id) {
  const Record* group = state.get<Record>(to_lower(id));
  if (!group || (group->deleting && group->ready <= cloud.clock().now())) return nullptr;
  return group;
}

ArmAnswer get_group(const Cloud& cloud, const State& state, const ArmCall& call) {
  const Record* group = find_group(cloud, state, group_id(cloud, call));
  if (!group) return call.op.method == "HEAD" ? answer(404) : group_not_found(call);
  return call.op.method == "HEAD" ? answer(204) : answer(200, render(cloud, state, *group));
}

ArmAnswer put_group(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string& name = call.at.head[3];
  if (auto refused = check_name(name)) return *refused;
  auto body = read_body(call);
  if (!body.value) return *body.refusal;
  const std::string location = text_at(*body.value, "location");
  if (location.empty()) {
    return refuse(400, "LocationRequired",
                  "The location property is required for this definition.");
  }
  const std::string key = to_lower(group_id(cloud, call));
  const Record* old = find_group(cloud, change.state(), key);
  if (old && old->deleting) {
    return refuse(409, "ResourceGroupBeingDeleted",
                  "The resource group '" + name +
                      "' is in deprovisioning state and cannot perform this operation.");
  }
  const std::string was = old ? text_at(old->body, "location") : location;
  if (auto refused = check_tags(*body.value, kType)) return *refused;
  if (!old && !cloud.options().lenient) {
    if (auto refused = check_group_location(location)) return *refused;
  }
  if (!old) {
    if (auto refused = check_group_quota(cloud, change.state(), name)) return *refused;
  }
  if (!equal_ci(was, location)) {
    return refuse(409, "InvalidResourceGroupLocation",
                  "Invalid resource group location '" + location +
                      "'. The Resource group already exists in location '" + was + "'.");
  }
  Record record;
  if (old) {
    record = *old;
  } else {
    record.id = group_id(cloud, call);
    record.type = kType;
    record.name = name;
    record.created = cloud.clock().now();
    record.created_by = call.caller.object_id;
  }
  record.api_version = call.op.api_version;
  const bool same = old && canonical(old->body) == canonical(*body.value);
  record.body = *body.value;
  if (!old) change.created(record.id);
  if (old && !same) change.updated(record.id);
  return save(cloud, change, call, std::move(record), old == nullptr);
}

ArmAnswer patch_group(Cloud& cloud, Change& change, const ArmCall& call) {
  const Record* old = find_group(cloud, change.state(), group_id(cloud, call));
  if (!old) return group_not_found(call);
  auto body = read_body(call);
  if (!body.value) return *body.refusal;
  if (auto refused = check_tags(*body.value, kType)) return *refused;
  Record record = *old;
  const bool same = apply_patch(record.body, *body.value);
  if (!same) change.updated(record.id);
  return save(cloud, change, call, std::move(record), false);
}

ArmAnswer delete_group(Cloud& cloud, Change& change, const ArmCall& call) {
  const Record* old = find_group(cloud, change.state(), group_id(cloud, call));
  if (!old) return group_not_found(call);
  const std::string operation = cloud.random().uuid();
  const Instant now = cloud.clock().now();
  Record record = *old;
  if (!record.deleting) {
    erase_below(cloud, change, record.id);
    change.deleted(record.id);
    record.deleting = true;
    record.ready = now + cloud.options().provisioning_time;
    change.put(to_lower(record.id), record);
  }
  change.put(operation, AsyncOperation{record.id, now, record.ready});
  ArmAnswer out = answer(202);
  out.headers.set("Location", cloud.link("/subscriptions/" + cloud.subscription() +
                                             "/operationresults/" + operation,
                                         call));
  out.headers.set("Retry-After", "1");
  return out;
}

}  // namespace armature::sandbox
