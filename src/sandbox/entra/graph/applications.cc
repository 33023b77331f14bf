// Applications: registration, secrets, certificates, federated credentials.
#include <algorithm>

#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/entra/directory.h"
#include "sandbox/entra/federated.h"
#include "sandbox/entra/graph/credentials.h"
#include "sandbox/entra/graph/graph.h"
#include "sandbox/entra/graph/shapes.h"

namespace armature::sandbox::graph {
namespace {

constexpr std::string_view kOwn[] = {"id",
                                     "appId",
                                     "displayName",
                                     "identifierUris",
                                     "passwordCredentials",
                                     "keyCredentials",
                                     "createdDateTime",
                                     "deletedDateTime",
                                     "publisherDomain"};

// "ID" of the application, or "appId='ID'".
const AppRegistration* selected(const State& state, const std::string& text) {
  if (starts_with_ci(text, "appId=")) {
    return find_application(state, trim(std::string_view(text).substr(7, text.size() - 8)));
  }
  const DirectoryName* name = state.get<DirectoryName>(to_lower(text));
  return name && name->type == "application" ? state.get<AppRegistration>(name->key) : nullptr;
}

std::vector<std::string> texts_at(const Json& body, std::string_view name) {
  std::vector<std::string> out;
  const Json* list = find(body, name);
  if (!list || !list->is_array()) return out;
  for (const Json& one : list->get_array()) {
    if (one.is_string()) out.emplace_back(as_text(one));
  }
  return out;
}

std::optional<Answer> check_uris(const State& state, const AppRegistration& item) {
  for (const auto& [key, other] : state.table<AppRegistration>()) {
    if (key == item.client_id) continue;
    for (const std::string& uri : item.identifier_uris) {
      const auto same = [&](const std::string& known) { return equal_ci(known, uri); };
      if (std::ranges::any_of(other.identifier_uris, same)) {
        return bad_request(
            "Another object with the same value for property identifierUris "
            "already exists.");
      }
    }
  }
  return std::nullopt;
}

// What POST and PATCH set alike.
std::optional<Answer> apply(Cloud& cloud, const State& state, const Json& body,
                            AppRegistration& item) {
  if (find(body, "displayName")) item.display_name = text_at(body, "displayName");
  if (item.display_name.empty() || item.display_name.size() > 256) {
    return bad_request(
        "Invalid value specified for property 'displayName' of resource "
        "'Application'.");
  }
  if (find(body, "identifierUris")) item.identifier_uris = texts_at(body, "identifierUris");
  if (auto refused = check_uris(state, item)) return refused;
  if (const Json* version = at(body, "api.requestedAccessTokenVersion")) {
    item.token_version = version->is_int64() && version->get_int64() == 2 ? 2 : 1;
  }
  if (const Json* keys = find(body, "keyCredentials")) {
    if (auto refused = replace_keys(cloud, *keys, item)) return refused;
  }
  if (const Json* passwords = find(body, "passwordCredentials")) keep_passwords(*passwords, item);
  keep_others(item.body, body, kOwn);
  return std::nullopt;
}

Answer create(Cloud& cloud, Change& change, const Call& call) {
  AppRegistration item;
  item.client_id = cloud.random().uuid();
  item.object_id = cloud.random().uuid();
  item.created = cloud.clock().now();
  if (auto refused = apply(cloud, change.state(), call.body, item)) return *std::move(refused);
  put_application(change, item);
  return one_of(cloud, call, 201, application_json(item));
}

Answer patch(Cloud& cloud, Change& change, const Call& call, AppRegistration item) {
  if (auto refused = apply(cloud, change.state(), call.body, item)) return *std::move(refused);
  put_application(change, item);
  const ServicePrincipal* known = find_client(change.state(), item.client_id);
  if (known && known->display_name != item.display_name) {
    ServicePrincipal principal = *known;
    principal.display_name = item.display_name;
    put_service_principal(change, principal);
  }
  return {204, nullptr};
}

Answer remove(Change& change, const AppRegistration& item) {
  const ServicePrincipal* principal = find_client(change.state(), item.client_id);
  if (principal) erase_service_principal(change, ServicePrincipal(*principal));
  erase_application(change, item);
  return {204, nullptr};
}

std::optional<Answer> check_federated(const AppRegistration& app, const FederatedCredential& item) {
  if (item.name.empty() || item.issuer.empty() || item.subject.empty() || item.audience.empty() ||
      item.issuer.size() > 600 || item.subject.size() > 600) {
    return bad_request(
        "A federated identity credential needs a name, an issuer, a subject and "
        "exactly one audience.");
  }
  std::size_t others = 0;
  for (const FederatedCredential& other : app.federated) {
    if (other.id == item.id) continue;
    ++others;
    if (equal_ci(other.name, item.name)) {
      return refuse(409, "Request_MultipleObjectsWithSameKeyValue",
                    "FederatedIdentityCredential with name " + item.name + " already exists.");
    }
    if (other.issuer == item.issuer && other.subject == item.subject) {
      return refuse(409, "Request_MultipleObjectsWithSameKeyValue",
                    "FederatedIdentityCredential with the same issuer and subject already exists.");
    }
  }
  if (others < kMostFederated) return std::nullopt;
  return bad_request(
      "The application has the most federated identity credentials that it may "
      "have: 20.");
}

void read_federated(const Json& body, FederatedCredential& item) {
  if (find(body, "issuer")) item.issuer = text_at(body, "issuer");
  if (find(body, "subject")) item.subject = text_at(body, "subject");
  if (find(body, "description")) item.description = text_at(body, "description");
  if (!find(body, "audiences")) return;
  const auto audiences = texts_at(body, "audiences");
  item.audience = audiences.size() == 1 ? audiences.front() : "";
}

Answer federated(Cloud& cloud, Change& change, const Call& call, AppRegistration app) {
  if (call.path.size() == 3 && call.method == "GET") {
    std::vector<Json> list;
    for (const auto& one : app.federated) list.push_back(federated_json(one));
    return list_of(cloud, call, std::move(list));
  }
  if (call.path.size() == 3 && call.method == "POST") {
    FederatedCredential item;
    item.id = cloud.random().uuid();
    item.name = text_at(call.body, "name");
    read_federated(call.body, item);
    if (auto refused = check_federated(app, item)) return *std::move(refused);
    app.federated.push_back(item);
    put_application(change, app);
    return one_of(cloud, call, 201, federated_json(item));
  }
  if (call.path.size() != 4) return no_such_segment(call);
  const std::string& key = call.path[3];
  const auto found = std::ranges::find_if(app.federated, [&](const FederatedCredential& one) {
    return equal_ci(one.id, key) || equal_ci(one.name, key) ||
           equal_ci("name='" + one.name + "'", key);
  });
  if (found == app.federated.end()) return not_found(key);
  if (call.method == "GET") return one_of(cloud, call, 200, federated_json(*found));
  if (call.method == "DELETE") {
    app.federated.erase(found);
  } else if (call.method == "PATCH") {
    read_federated(call.body, *found);
    if (auto refused = check_federated(app, *found)) return *std::move(refused);
  } else {
    return no_such_segment(call);
  }
  put_application(change, app);
  return {204, nullptr};
}

}  // namespace

Answer applications(Cloud& cloud, Change& change, const Call& call) {
  const State& state = change.state();
  if (call.path.size() == 1) {
    if (call.method == "POST") return create(cloud, change, call);
    std::vector<Json> list;
    for (const auto& [key, item] : state.table<AppRegistration>()) {
      list.push_back(application_json(item));
    }
    return list_of(cloud, call, std::move(list));
  }
  const AppRegistration* found = selected(state, call.path[1]);
  if (!found) return not_found(call.path[1]);
  const AppRegistration item = *found;
  if (call.path.size() == 2) {
    if (call.method == "GET") return one_of(cloud, call, 200, application_json(item));
    if (call.method == "PATCH") return patch(cloud, change, call, item);
    return call.method == "DELETE" ? remove(change, item) : no_such_segment(call);
  }
  if (equal_ci(call.path[2], "federatedIdentityCredentials")) {
    return federated(cloud, change, call, item);
  }
  return password_action(cloud, change, call, item);
}

}  // namespace armature::sandbox::graph
