// Resources of any type: put, patch, get, delete, list, actions.
#include <array>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/bodies.h"
#include "sandbox/entra/federated.h"
#include "sandbox/entra/managed_identity.h"
#include "sandbox/front/body_rules.h"
#include "sandbox/front/name_rules.h"
#include "sandbox/keyvault/vaults.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

// Services that come with their parent and are never put on their own.
bool comes_with_parent(const arm::ResourceId& id) {
  constexpr std::array kTypes = {"Microsoft.DocumentDB/databaseAccounts/apis",
                                 "Microsoft.Devices/IotHubs/eventHubEndpoints",
                                 "Microsoft.RecoveryServices/vaults/backupFabrics",
                                 "Microsoft.Logic/workflows/triggers",
                                 "Microsoft.Web/sites/functions",
                                 "Microsoft.Web/sites/host",
                                 "Microsoft.Devices/IotHubs/IotHubKeys"};
  constexpr std::array kNames = {"/default",
                                 "/web",
                                 "/current",
                                 "/RootManageSharedAccessKey",
                                 "/DefaultFullSharedAccessSignature",
                                 "/DefaultListenSharedAccessSignature"};
  return std::ranges::any_of(kNames, [&](const char* end) { return ends_with_ci(id.name, end); }) ||
         std::ranges::any_of(kTypes, [&](const char* type) { return equal_ci(type, id.type); });
}

std::optional<ArmAnswer> check_parent(const Cloud& cloud, const State& state,
                                      const arm::ResourceId& id) {
  if (equal_ci(id.parent, id.scope)) {
    if (exists(cloud, state, id.scope)) return std::nullopt;
    return resource_not_found(id.scope);
  }
  if (exists(cloud, state, id.parent)) return std::nullopt;
  const auto parent = arm::ResourceId::parse(id.parent);
  if (parent && comes_with_parent(*parent)) return check_parent(cloud, state, *parent);
  const std::string name = parent ? parent->name : id.parent;
  return refuse(404, "ParentResourceNotFound",
                "Can not perform requested operation on nested resource. Parent resource '" + name +
                    "' not found.");
}

std::optional<ArmAnswer> check_location(const Record* old, const Json& body,
                                        const arm::ResourceId& id) {
  if (!old) return std::nullopt;
  const std::string was = text_at(old->body, "location");
  const std::string now = text_at(body, "location");
  if (was.empty() || now.empty() || was == now) return std::nullopt;
  return refuse(409, "InvalidResourceLocation",
                "The resource '" + id.name + "' already exists in location '" + was +
                    "' in resource group '" + id.resource_group +
                    "'. A resource with the same name cannot be created in location '" + now +
                    "'. Please select a new resource name.");
}

ArmAnswer start_operation(Cloud& cloud, Change& change, const ArmCall& call, const Record& record,
                          ArmAnswer out) {
  const std::string operation = cloud.random().uuid();
  change.put(operation, AsyncOperation{record.id, record.changed, record.ready});
  const std::string provider = record.type.substr(0, record.type.find('/'));
  const std::string location = text_at(record.body, "location", "global");
  out.headers.set("Azure-AsyncOperation",
                  cloud.link("/subscriptions/" + cloud.subscription() + "/providers/" + provider +
                                 "/locations/" + location + "/operationStatuses/" + operation,
                             call));
  out.headers.set("Retry-After", "1");
  return out;
}

// Providers that say 200 where the contract says 201; their clients take nothing else.
bool creates_with_ok(std::string_view type) {
  constexpr std::array kTypes = {"Microsoft.Storage/storageAccounts",
                                 "Microsoft.Web/sites",
                                 "Microsoft.Web/sites/slots",
                                 "Microsoft.Web/serverfarms",
                                 "Microsoft.DocumentDB/databaseAccounts",
                                 "Microsoft.Batch/batchAccounts",
                                 "Microsoft.Insights/metricAlerts",
                                 "Microsoft.Insights/diagnosticSettings"};
  return std::ranges::any_of(kTypes, [&](const char* known) { return equal_ci(known, type); });
}

// The body's etag stands in the header too.
ArmAnswer with_etag(ArmAnswer out) {
  if (const std::string etag = text_at(*out.body, "etag"); !etag.empty()) {
    out.headers.set("ETag", etag);
  }
  return out;
}

ArmAnswer save(Cloud& cloud, Change& change, const ArmCall& call, Record record, bool is_new,
               bool same) {
  const Instant now = cloud.clock().now();
  const bool slow = is_slow_type(record.type) && !same;
  if (!same) {
    record.changed = now;
    record.changed_by = call.caller.object_id;
    record.fresh = is_new;
    record.ready = slow ? now + cloud.options().provisioning_time : now;
    if (is_new) {
      change.created(record.id);
    } else {
      change.updated(record.id);
    }
    change.put(to_lower(record.id), record);
  }
  sync_identity(cloud, change, record);
  const int status = is_new && !creates_with_ok(record.type) ? 201 : 200;
  ArmAnswer out = with_etag(answer(status, render(cloud, change.state(), record)));
  return slow ? start_operation(cloud, change, call, record, std::move(out)) : out;
}

// Vaults outlive their resource for a while.
void erase_record(const Cloud& cloud, Change& change, const std::string& key) {
  const Record* record = change.state().get<Record>(key);
  if (record && equal_ci(record->type, kVaultType)) {
    retire_vault(change, *record, cloud.clock().now());
  }
  change.deleted(key);
  forget_identity(change, key);
  change.erase<Record>(key);
}

}  // namespace

ArmAnswer resource_not_found(const std::string& id) {
  const auto parsed = arm::ResourceId::parse(id);
  if (!parsed) return refuse(404, "ResourceNotFound", "The resource '" + id + "' was not found.");
  // Microsoft.Sql/servers/s/databases/d: types and names by turns, as ARM prints them.
  const auto types = split(parsed->type, '/');
  const auto names = split(parsed->name, '/');
  std::string shown = types[0];
  for (std::size_t i = 1; i < types.size(); ++i) {
    shown += "/" + types[i] + (i - 1 < names.size() ? "/" + names[i - 1] : "");
  }
  return refuse(404, "ResourceNotFound",
                "The Resource '" + shown + "' under resource group '" +
                    (parsed->resource_group.empty() ? "<null>" : parsed->resource_group) +
                    "' was not found. For more details please go to "
                    "https://aka.ms/ARMResourceNotFoundFix");
}

ArmAnswer get_resource(const Cloud& cloud, const State& state, const ArmCall& call) {
  const bool head = call.op.method == "HEAD";
  if (const Record* record = state.get<Record>(to_lower(call.op.target))) {
    return head ? answer(204) : with_etag(answer(200, render(cloud, state, *record)));
  }
  if (auto child = inline_child(cloud, state, call.op.target)) {
    return head ? answer(204) : answer(200, *std::move(child));
  }
  return head ? answer(404) : resource_not_found(call.op.target);
}

ArmAnswer put_resource(Cloud& cloud, Change& change, const ArmCall& call) {
  const auto id = arm::ResourceId::parse(call.op.target);
  if (!id) return refuse(400, "InvalidResourceName", id.error().message);
  const State& state = change.state();
  const Record* old = state.get<Record>(to_lower(id->text));
  if (auto refused = check_conditions(call, old)) return *refused;
  if (!old && !cloud.options().lenient) {
    if (auto refused = check_name(*id)) return *refused;
  }
  if (auto refused = check_envelope(cloud, call, *id, old)) return *refused;
  auto body = read_body(call);
  if (!body.value) return *body.refusal;
  if (auto refused = check_parent(cloud, state, *id)) return *refused;
  if (!old && !cloud.options().lenient) {
    if (auto refused = check_taken(state, *id)) return *refused;
    if (auto refused = check_quota(state, *id)) return *refused;
  }
  if (auto refused = check_location(old, *body.value, *id)) return *refused;
  if (is_federated_credential(id->type)) {
    if (auto refused = check_federated_credential(state, id->text, *body.value)) return *refused;
  }
  drop_write_only(id->type, *body.value);
  if (!call.secrets.empty()) drop_secrets(call.secrets, *body.value);
  Record record;
  if (old) {
    record = *old;
  } else {
    record.id = id->text;
    record.type = id->type;
    record.name = id->name.substr(id->name.rfind('/') + 1);
    record.created = cloud.clock().now();
    record.created_by = call.caller.object_id;
  }
  const bool same = old && canonical(old->body) == canonical(*body.value);
  record.body = *std::move(body.value);
  record.api_version = call.op.api_version;
  return save(cloud, change, call, std::move(record), old == nullptr, same);
}

ArmAnswer patch_resource(Cloud& cloud, Change& change, const ArmCall& call) {
  const Record* old = change.state().get<Record>(to_lower(call.op.target));
  if (!old) return resource_not_found(call.op.target);
  if (auto refused = check_conditions(call, old)) return *refused;
  if (const auto id = arm::ResourceId::parse(old->id)) {
    if (auto refused = check_envelope(cloud, call, *id, old)) return *refused;
  }
  auto body = read_body(call);
  if (!body.value) return *body.refusal;
  drop_write_only(old->type, *body.value);
  Record record = *old;
  const bool same = apply_patch(record.body, *body.value);
  const auto id = arm::ResourceId::parse(old->id);
  if (id) {
    if (auto refused = check_location(old, record.body, *id)) return *refused;
  }
  return save(cloud, change, call, std::move(record), false, same);
}

void erase_below(const Cloud& cloud, Change& change, const std::string& id) {
  const std::string prefix = to_lower(id) + "/";
  const auto keys_of = [&](const auto& table) {
    std::vector<std::string> keys;
    for (auto it = table.lower_bound(prefix); it != table.end() && it->first.starts_with(prefix);
         ++it) {
      keys.push_back(it->first);
    }
    return keys;
  };
  for (const auto& key : keys_of(change.state().table<Record>())) {
    erase_record(cloud, change, key);
  }
  for (const auto& key : keys_of(change.state().table<Assignment>())) {
    change.deleted(key);
    change.erase<Assignment>(key);
  }
  for (const auto& key : keys_of(change.state().table<DenyAssignment>())) {
    change.erase<DenyAssignment>(key);
  }
  for (const auto& key : keys_of(change.state().table<Deployment>())) {
    change.erase<Deployment>(key);
  }
  for (const auto& key : keys_of(change.state().table<ExtensionResource>())) {
    change.erase<ExtensionResource>(key);
  }
  for (const auto& key : keys_of(change.state().table<DeploymentStep>())) {
    change.erase<DeploymentStep>(key);
  }
}

ArmAnswer delete_resource(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string key = to_lower(call.op.target);
  const Record* old = change.state().get<Record>(key);
  if (!old) return answer(204);
  if (auto refused = check_conditions(call, old)) return *refused;
  erase_below(cloud, change, key);
  erase_record(cloud, change, key);
  return answer(200);
}

ArmAnswer post_action(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string& name = call.at.tail.back();
  if (starts_with_ci(name, "checkName")) {
    return answer(200, JsonObject{
                           {"nameAvailable", true}
    });
  }
  const std::string target = call.at.parent();
  const Record* record = change.state().get<Record>(to_lower(target));
  Record implicit;
  if (!record && starts_with_ci(name, "list")) {
    const auto id = arm::ResourceId::parse(target);
    if (id && comes_with_parent(*id) && !check_parent(cloud, change.state(), *id)) {
      implicit.id = id->text;
      implicit.type = id->type;
      implicit.name = id->name.substr(id->name.rfind('/') + 1);
      record = &implicit;
    }
  }
  if (!record) {
    return exists(cloud, change.state(), target) ? answer(204) : resource_not_found(target);
  }
  if (starts_with_ci(name, "list")) {
    if (auto listed = list_action(cloud, *record, name)) return answer(200, *std::move(listed));
    return refuse(404, "InvalidResourceType",
                  "The sandbox knows no action '" + name + "' of the type '" + record->type + "'.");
  }
  change.updated(record->id + "/" + name);
  if (!is_slow_type(record->type)) return answer(200);
  Record acted = *record;
  acted.changed = cloud.clock().now();
  acted.ready = acted.changed + cloud.options().provisioning_time;
  return start_operation(cloud, change, call, acted, answer(202));
}

}  // namespace armature::sandbox
