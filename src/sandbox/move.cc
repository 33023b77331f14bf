#include "sandbox/move.h"

#include <algorithm>
#include <array>
#include <map>

#include "arm/error_body.h"
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "sandbox/entra/directory.h"
#include "sandbox/front/locks.h"
#include "sandbox/keyvault/vaults.h"
#include "sandbox/rbac/linked.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMost = 800;
// The key of a Setting, before a group's id in lower case: microseconds since 1970.
const std::string kMovingUntil = "movingUntil";
constexpr const char* kWriteGroup = "Microsoft.Resources/subscriptions/resourceGroups/write";

// Types that Azure moves to no other group ("Move operation support for resources").
constexpr std::array kStay = {
    "Microsoft.AAD/domainServices",
    "Microsoft.ContainerInstance/containerGroups",
    "Microsoft.ContainerService/managedClusters",
    "Microsoft.Databricks/workspaces",
    "Microsoft.NetApp/netAppAccounts",
    "Microsoft.Network/azureFirewalls",
    "Microsoft.Network/expressRouteCircuits",
    "Microsoft.Network/frontDoors",
    "Microsoft.Network/virtualHubs",
    "Microsoft.Network/virtualWans",
};

ArmAnswer invalid(const std::string& why) {
  return refuse(400, "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: '" + why + "'.");
}

JsonObject detail(const char* code, const std::string& target, const std::string& message) {
  return JsonObject{
      {"code",    code   },
      {"target",  target },
      {"message", message}
  };
}

// What a body asks for, and whether it may be asked for at all.
struct Wanted {
  std::string source;                              // the group's id
  const Record* target = nullptr;                  // the other group
  std::map<std::string, const Record*> resources;  // by id in lower case
  std::optional<ArmAnswer> refusal;
};

Wanted refused(ArmAnswer refusal) {
  Wanted out;
  out.refusal = std::move(refusal);
  return out;
}

// The refusal of a lock on what would be written.
std::optional<ArmAnswer> check_lock_on(const State& state, const std::string& id) {
  ArmCall write;
  write.op.method = "PUT";
  write.op.target = id;
  return check_locks(state, write);
}

std::optional<ArmAnswer> find_target(const Cloud& cloud, const State& state, const ArmCall& call,
                                     Wanted& out) {
  const std::string written = text_at(*call.body, "targetResourceGroup");
  const auto id = arm::ResourceId::parse(written);
  if (!id || id->kind != arm::ScopeKind::kResourceGroup) {
    return invalid("targetResourceGroup must be the id of a resource group");
  }
  if (!equal_ci(id->subscription_id, cloud.subscription())) {
    return refuse(404, "SubscriptionNotFound",
                  "The subscription '" + id->subscription_id + "' could not be found.");
  }
  if (auto lacking = check_linked_right(cloud, state, call, kWriteGroup, id->text)) return lacking;
  out.target = find_group(cloud, state, id->text);
  if (!out.target) {
    return refuse(404, "ResourceGroupNotFound",
                  "Resource group '" + id->resource_group + "' could not be found.");
  }
  if (equal_ci(out.target->id, out.source)) {
    return invalid("targetResourceGroup must be another group than that of the resources");
  }
  if (out.target->deleting) {
    return refuse(409, "ResourceGroupBeingDeleted",
                  "The resource group '" + out.target->name +
                      "' is in deprovisioning state and cannot perform this operation.");
  }
  if (auto moving = check_moving(cloud, state, *out.target)) return moving;
  return check_lock_on(state, out.target->id);
}

std::optional<ArmAnswer> find_resource_to_move(const State& state, const Json& written,
                                               Wanted& out) {
  const auto id = written.is_string() ? arm::ResourceId::parse(as_text(written))
                                      : Result<arm::ResourceId>(fail(Code::kInvalid, "no text"));
  if (!id) return invalid("resources must be a list of resource ids");
  const std::string key = to_lower(id->text);
  if (!key.starts_with(to_lower(out.source) + "/providers/")) {
    return invalid("all resources must be in the resource group of the request, but '" + id->text +
                   "' is not");
  }
  if (std::ranges::count(id->type, '/') != 1 || id->parent.size() != out.source.size()) {
    return invalid("'" + id->text +
                   "' is a part of another resource, with which alone it can be moved");
  }
  const Record* record = state.get<Record>(key);
  if (!record) return resource_not_found(id->text);
  if (std::ranges::any_of(kStay, [&](const char* type) { return equal_ci(type, id->type); })) {
    return refuse(409, "ResourceMoveNotSupported",
                  "Resource move is not supported for resource types '" + id->type + "'.");
  }
  out.resources[key] = record;
  return check_lock_on(state, record->id);
}

Wanted read(const Cloud& cloud, const State& state, const ArmCall& call) {
  if (!call.body || !call.body->is_object()) return refused(invalid("a JSON object is expected"));
  const Json* listed = find(*call.body, "resources");
  if (!listed || !listed->is_array() || listed->get_array().empty() ||
      listed->get_array().size() > kMost) {
    return refused(invalid("resources must be a list of 1 to 800 resource ids"));
  }
  Wanted out;
  const Record* source =
      find_group(cloud, state,
                 "/subscriptions/" + cloud.subscription() + "/resourceGroups/" + call.at.head[3]);
  out.source = source->id;
  if (auto refusal = find_target(cloud, state, call, out)) return refused(*std::move(refusal));
  for (const Json& one : listed->get_array()) {
    if (auto refusal = find_resource_to_move(state, one, out)) {
      return refused(*std::move(refusal));
    }
  }
  return out;
}

// The moved resource that the id is, or is a part of; "" when it is none.
std::string moved_by(const Wanted& wanted, std::string_view id) {
  const std::string key = to_lower(id);
  for (std::size_t end = key.size(); end != std::string::npos && end > 0;
       end = key.rfind('/', end - 1)) {
    if (wanted.resources.contains(key.substr(0, end))) return key.substr(0, end);
  }
  return "";
}

bool moves_as_a_whole(const Record& record) {
  return starts_with_ci(record.type, "Microsoft.Network/") ||
         starts_with_ci(record.type, "Microsoft.Compute/");
}

template <class F>
void each_below(const State& state, const std::string& id, const F& visit) {
  const std::string prefix = to_lower(id) + "/";
  const auto& records = state.table<Record>();
  for (auto it = records.lower_bound(prefix); it != records.end() && it->first.starts_with(prefix);
       ++it) {
    visit(it->first, it->second);
  }
}

// Networks and machines go with all that they are joined to, in either direction.
void check_joined(const State& state, const Wanted& wanted, JsonArray& out) {
  const auto missing = [&](const std::string& of, const std::string& id) {
    out.push_back(detail("MissingMoveDependentResources", of,
                         "The move resources request does not contain all the dependent "
                         "resources. Missing: '" +
                             id + "'."));
  };
  each_below(state, wanted.source, [&](const std::string&, const Record& record) {
    if (!moves_as_a_whole(record)) return;
    const bool moves = !moved_by(wanted, record.id).empty();
    for (const arm::Link& link : arm::links_of(record.type, record.body)) {
      if (link.action.find("/join") == std::string::npos) continue;
      if (!starts_with_ci(link.target, wanted.source + "/")) continue;
      const bool target_moves = !moved_by(wanted, link.target).empty();
      if (moves && !target_moves) missing(record.id, link.target);
      if (!moves && target_moves) missing(link.target, record.id);
    }
  });
}

// What the providers say against it: told at the end of the operation, not at once.
Json provider_refusal(const Cloud& cloud, const State& state, const Wanted& wanted) {
  const Instant now = cloud.clock().now();
  JsonArray details;
  for (const auto& [key, record] : wanted.resources) {
    if (record->ready > now) {
      details.push_back(detail("MoveCannotProceedWithResourcesNotInSucceededState", record->id,
                               "The resource is not in Succeeded state."));
    }
    const std::string there = wanted.target->id + record->id.substr(wanted.source.size());
    if (state.get<Record>(to_lower(there))) {
      details.push_back(detail("Conflict", there, "The target group has such a resource already."));
    }
  }
  check_joined(state, wanted, details);
  if (details.empty()) return nullptr;
  arm::ErrorBody error;
  error.code = "ResourceMoveProviderValidationFailed";
  error.message = "Resource move validation failed. Please see details.";
  error.details = std::move(details);
  return arm::error_json(error);
}

// Ids of what moved, in whatever is left or comes along.
void rewrite_ids(const Wanted& wanted, Json& value) {
  if (value.is_array()) {
    for (Json& inner : value.get_array()) rewrite_ids(wanted, inner);
  } else if (value.is_object()) {
    for (auto& [key, inner] : value.get_object()) rewrite_ids(wanted, inner);
  } else if (value.is_string() && starts_with_ci(as_text(value), wanted.source + "/") &&
             !moved_by(wanted, as_text(value)).empty()) {
    value = wanted.target->id + std::string(as_text(value).substr(wanted.source.size()));
  }
}

// Role assignments stay behind, as in Azure: they name a scope that is no more.
void move_one(Change& change, const Wanted& wanted, const std::string& key, Record record) {
  const std::string old_id = record.id;
  record.id = wanted.target->id + old_id.substr(wanted.source.size());
  rewrite_ids(wanted, record.body);
  if (const ServicePrincipal* identity = find_identity(change.state(), old_id)) {
    ServicePrincipal moved = *identity;
    erase_service_principal(change, ServicePrincipal(moved));
    moved.resource_id = record.id;
    put_service_principal(change, moved);
  }
  change.erase<Record>(key);
  change.updated(record.id);
  if (equal_ci(record.type, kVaultType)) {
    Vault vault;
    vault.id = record.id;
    change.put(to_lower(record.name), std::move(vault));
  }
  const std::string moved_key = to_lower(record.id);
  change.put(moved_key, std::move(record));
}

void move_all(Change& change, const Wanted& wanted, Instant until) {
  std::vector<std::pair<std::string, Record>> moving, staying;
  each_below(change.state(), wanted.source, [&](const std::string& key, const Record& record) {
    if (!moved_by(wanted, record.id).empty()) {
      moving.emplace_back(key, record);
      return;
    }
    Json body = record.body;
    rewrite_ids(wanted, body);
    if (body == record.body) return;
    staying.emplace_back(key, record);
    staying.back().second.body = std::move(body);
  });
  for (const std::string& id : {wanted.source, wanted.target->id}) {
    change.put(kMovingUntil + to_lower(id), Setting{std::to_string(to_micros(until))});
  }
  for (auto& [key, record] : moving) move_one(change, wanted, key, std::move(record));
  for (auto& [key, record] : staying) change.put(key, std::move(record));
}

}  // namespace

// Read as validateMoveResources of the same group, which differs in its name and in its effect.
Result<arm::Operation> read_operation(std::string_view method, std::string_view request_target) {
  constexpr std::string_view kMove = "/moveResources";
  const std::string path = http::path_of(request_target);
  if (method != "POST" || !ends_with_ci(path, kMove)) {
    return arm::operation_of(method, request_target);
  }
  const std::string validation =
      path.substr(0, path.size() - kMove.size()) + "/validateMoveResources";
  ARMATURE_TRY(
      arm::Operation op,
      arm::operation_of(method, validation + std::string(request_target.substr(path.size()))));
  for (std::string* text : {&op.action, &op.target}) {
    const auto at = text->rfind("validateMoveResources");
    if (at != std::string::npos) text->replace(at, 21, "moveResources");
  }
  op.mutates = true;
  op.repeat = arm::Repeat::kNever;
  return op;
}

std::optional<ArmAnswer> check_moving(const Cloud& cloud, const State& state, const Record& group) {
  const Setting* until = state.get<Setting>(kMovingUntil + to_lower(group.id));
  if (!until || from_micros(std::stoll(until->value)) <= cloud.clock().now()) return std::nullopt;
  return refuse(409, "ResourcesBeingMoved",
                "Resources are being moved from or to the resource group '" + group.name +
                    "'; it takes no writes until that is done.");
}

ArmAnswer move_resources(Cloud& cloud, Change& change, const ArmCall& call) {
  Wanted wanted = read(cloud, change.state(), call);
  if (wanted.refusal) return *std::move(wanted.refusal);
  // The records move under our feet; the group does not.
  const Record target = *wanted.target;
  wanted.target = &target;
  const Instant now = cloud.clock().now();
  AsyncOperation operation{call.op.target, now, now + cloud.options().provisioning_time};
  operation.body = provider_refusal(cloud, change.state(), wanted);
  if (!operation.body.is_null()) {
    operation.status = 409;
  } else {
    operation.status = 204;
    if (equal_ci(call.at.head[4], "moveResources")) move_all(change, wanted, operation.ready);
  }
  const std::string name = cloud.random().uuid();
  change.put(name, std::move(operation));
  ArmAnswer out = answer(202);
  out.headers.set(
      "Location",
      cloud.link("/subscriptions/" + cloud.subscription() + "/operationresults/" + name, call));
  out.headers.set("Retry-After", "1");
  return out;
}

}  // namespace armature::sandbox
