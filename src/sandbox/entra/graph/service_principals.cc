// Service principals, and the app roles that they are given.
#include <algorithm>

#include "base/bytes.h"
#include "sandbox/entra/directory.h"
#include "sandbox/entra/graph/credentials.h"
#include "sandbox/entra/graph/graph.h"
#include "sandbox/entra/graph/shapes.h"

namespace armature::sandbox::graph {
namespace {

constexpr std::string_view kOwn[] = {"id",
                                     "appId",
                                     "displayName",
                                     "accountEnabled",
                                     "keyCredentials",
                                     "appDisplayName",
                                     "createdDateTime",
                                     "passwordCredentials",
                                     "servicePrincipalType",
                                     "servicePrincipalNames",
                                     "alternativeNames",
                                     "deletedDateTime"};

const ServicePrincipal* selected(const State& state, const std::string& text) {
  if (starts_with_ci(text, "appId=")) {
    return find_client(state, trim(std::string_view(text).substr(7, text.size() - 8)));
  }
  return is_uuid(text) ? find_service_principal(state, text) : nullptr;
}

Json shown(const Cloud& cloud, const State& state, const ServicePrincipal& item) {
  return service_principal_json(cloud, item, find_application(state, item.client_id));
}

Answer create(Cloud& cloud, Change& change, const Call& call) {
  const std::string client = text_at(call.body, "appId");
  const AppRegistration* app = find_application(change.state(), client);
  if (!app) {
    return bad_request("The appId '" + client.substr(0, 256) +
                       "' of the service principal does not reference a valid application object.");
  }
  if (find_client(change.state(), client)) {
    return refuse(409, "Request_MultipleObjectsWithSameKeyValue",
                  "The service principal cannot be created, updated, or restored because the "
                  "service principal name " +
                      client + " is already in use.");
  }
  ServicePrincipal item;
  item.client_id = app->client_id;
  item.object_id = cloud.random().uuid();
  item.display_name = app->display_name;
  item.enabled = bool_at(call.body, "accountEnabled", true);
  item.created = cloud.clock().now();
  keep_others(item.body, call.body, kOwn);
  put_service_principal(change, item);
  return one_of(cloud, call, 201, shown(cloud, change.state(), item));
}

Answer patch(Change& change, const Call& call, ServicePrincipal item) {
  item.enabled = bool_at(call.body, "accountEnabled", item.enabled);
  keep_others(item.body, call.body, kOwn);
  put_service_principal(change, item);
  return {204, nullptr};
}

Answer remove(Change& change, const ServicePrincipal& item) {
  if (item.managed()) {
    return refuse(403, "Authorization_RequestDenied",
                  "A managed identity goes with its resource: delete that.");
  }
  erase_service_principal(change, item);
  return {204, nullptr};
}

Answer give_role(Cloud& cloud, Change& change, const Call& call, ServicePrincipal item) {
  const State& state = change.state();
  const std::string resource = to_lower(text_at(call.body, "resourceId"));
  const std::string role = to_lower(text_at(call.body, "appRoleId"));
  const ServicePrincipal* api = find_service_principal(state, resource);
  if (!api) return not_found(resource);
  const Json offered = shown(cloud, state, *api);
  const Json* roles = find(offered, "appRoles");
  const bool known =
      roles && roles->is_array() && std::ranges::any_of(roles->get_array(), [&](const Json& one) {
        return equal_ci(text_at(one, "id"), role);
      });
  if (!known)
    return bad_request("Permission being assigned was not found on application '" + api->client_id +
                       "'.");
  for (const AppRole& one : item.app_roles) {
    if (one.resource_id == resource && one.app_role_id == role) {
      return bad_request("Permission being assigned already exists on the object.");
    }
  }
  const AppRole made{cloud.random().uuid(), resource, role, cloud.clock().now()};
  item.app_roles.push_back(made);
  put_service_principal(change, item);
  return one_of(cloud, call, 201, app_role_json(state, item, made));
}

Answer app_roles(Cloud& cloud, Change& change, const Call& call, ServicePrincipal item) {
  if (call.path.size() == 3 && call.method == "POST") {
    return give_role(cloud, change, call, std::move(item));
  }
  if (call.path.size() == 3) {
    std::vector<Json> list;
    for (const AppRole& one : item.app_roles) {
      list.push_back(app_role_json(change.state(), item, one));
    }
    return list_of(cloud, call, std::move(list));
  }
  if (call.method != "DELETE" || call.path.size() != 4) return no_such_segment(call);
  const auto gone =
      std::erase_if(item.app_roles, [&](const AppRole& one) { return one.id == call.path[3]; });
  if (gone == 0) return not_found(call.path[3]);
  put_service_principal(change, item);
  return {204, nullptr};
}

}  // namespace

Answer service_principals(Cloud& cloud, Change& change, const Call& call) {
  const State& state = change.state();
  if (call.path.size() == 1) {
    if (call.method == "POST") return create(cloud, change, call);
    std::vector<Json> list;
    for (const auto& [key, item] : state.table<ServicePrincipal>()) {
      list.push_back(shown(cloud, state, item));
    }
    return list_of(cloud, call, std::move(list));
  }
  const ServicePrincipal* found = selected(state, call.path[1]);
  if (!found) return not_found(call.path[1]);
  const ServicePrincipal item = *found;
  if (call.path.size() == 2) {
    if (call.method == "GET") return one_of(cloud, call, 200, shown(cloud, state, item));
    if (call.method == "PATCH") return patch(change, call, item);
    return call.method == "DELETE" ? remove(change, item) : no_such_segment(call);
  }
  if (equal_ci(call.path[2], "appRoleAssignments")) return app_roles(cloud, change, call, item);
  // The secrets of a service principal are kept with its application.
  const AppRegistration* app = find_application(state, item.client_id);
  return app ? password_action(cloud, change, call, *app) : no_such_segment(call);
}

}  // namespace armature::sandbox::graph
