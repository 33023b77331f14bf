// Users and groups, members, and the look-ups over all objects of the directory.
#include <algorithm>

#include "base/bytes.h"
#include "sandbox/entra/directory.h"
#include "sandbox/entra/graph/graph.h"
#include "sandbox/entra/graph/shapes.h"

namespace armature::sandbox::graph {
namespace {

constexpr std::size_t kMostIds = 1000;
// A password of a person is not kept at all: nobody signs in here.
constexpr std::string_view kUserOwn[] = {"id",
                                         "displayName",
                                         "userPrincipalName",
                                         "accountEnabled",
                                         "passwordProfile",
                                         "createdDateTime"};
constexpr std::string_view kGroupOwn[] = {
    "id",      "displayName",      "securityEnabled", "createdDateTime", "members@odata.bind",
    "members", "owners@odata.bind"};

const User* find_user(const State& state, const std::string& id_or_name) {
  if (const User* found = state.get<User>(to_lower(id_or_name))) return found;
  for (const auto& [key, item] : state.table<User>()) {
    if (equal_ci(item.user_principal_name, id_or_name)) return &item;
  }
  return nullptr;
}

Answer property_missing(std::string_view name, std::string_view type) {
  return bad_request("A value is required for property '" + std::string(name) + "' of resource '" +
                     std::string(type) + "'.");
}

std::optional<Answer> apply(const State& state, const Json& body, User& item) {
  if (find(body, "displayName")) item.display_name = text_at(body, "displayName");
  if (find(body, "userPrincipalName")) {
    item.user_principal_name = text_at(body, "userPrincipalName");
  }
  item.enabled = bool_at(body, "accountEnabled", item.enabled);
  if (item.display_name.empty()) return property_missing("displayName", "User");
  if (item.user_principal_name.find('@') == std::string::npos) {
    return property_missing("userPrincipalName", "User");
  }
  const User* other = find_user(state, item.user_principal_name);
  if (other && other->object_id != item.object_id) {
    return bad_request(
        "Another object with the same value for property userPrincipalName already "
        "exists.");
  }
  keep_others(item.body, body, kUserOwn);
  return std::nullopt;
}

std::optional<Answer> apply(const Json& body, Group& item) {
  if (find(body, "displayName")) item.display_name = text_at(body, "displayName");
  item.security_enabled = bool_at(body, "securityEnabled", item.security_enabled);
  if (item.display_name.empty()) return property_missing("displayName", "Group");
  keep_others(item.body, body, kGroupOwn);
  return std::nullopt;
}

// The groups that the object is in, groups of groups included.
std::vector<std::string> member_groups(const State& state, const std::string& id) {
  std::vector<std::string> out = principals_of(state, id);
  out.erase(out.begin());
  return out;
}

Answer texts(const Cloud& cloud, const std::vector<std::string>& values) {
  return {
      200, JsonObject{{"@odata.context", cloud.url() + "/v1.0/$metadata#Collection(Edm.String)"},
                      {"value", JsonArray(values.begin(), values.end())}}
  };
}

// POST …/getMemberGroups and …/checkMemberGroups.
std::optional<Answer> member_query(const Cloud& cloud, const State& state, const Call& call,
                                   const std::string& id) {
  if (call.method != "POST" || call.path.size() != 3) return std::nullopt;
  const auto groups = member_groups(state, id);
  if (starts_with_ci(call.path[2], "getMember")) return texts(cloud, groups);
  if (!equal_ci(call.path[2], "checkMemberGroups")) return std::nullopt;
  const Json* asked = find(call.body, "groupIds");
  std::vector<std::string> out;
  if (!asked || !asked->is_array()) return bad_request("The groupIds are missing.");
  for (const Json& one : asked->get_array()) {
    const std::string group = one.is_string() ? to_lower(as_text(one)) : "";
    if (std::ranges::find(groups, group) != groups.end()) out.push_back(group);
  }
  return texts(cloud, out);
}

// {"@odata.id": "https://…/directoryObjects/ID"}
std::string referred(const Json& body) {
  const Json* link = find(body, "@odata.id");  // the dot is part of the name
  const std::string text = link && link->is_string() ? std::string(as_text(*link)) : "";
  return to_lower(text.substr(text.rfind('/') + 1));
}

Answer add(Change& change, const Call& call, const Group& group) {
  const std::string member = referred(call.body);
  const State& state = change.state();
  if (principal_type(state, member).empty()) return not_found(member);
  if (is_member(state, group.object_id, member)) {
    return bad_request(
        "One or more added object references already exist for the following "
        "modified properties: 'members'.");
  }
  if (member == group.object_id) {
    return bad_request("A group cannot be a member of itself.");
  }
  add_member(change, group.object_id, member);
  return {204, nullptr};
}

Answer members(Cloud& cloud, Change& change, const Call& call, const Group& group) {
  if (call.path.size() == 3 && call.method == "GET") {
    std::vector<Json> list;
    for (const std::string& id : members_of(change.state(), group.object_id)) {
      list.push_back(directory_object_json(cloud, change.state(), id));
    }
    return list_of(cloud, call, std::move(list));
  }
  const bool reference = equal_ci(call.path.back(), "$ref");
  if (reference && call.path.size() == 4 && call.method == "POST") return add(change, call, group);
  if (!reference || call.path.size() != 5 || call.method != "DELETE") return no_such_segment(call);
  const std::string member = to_lower(call.path[3]);
  if (!is_member(change.state(), group.object_id, member)) return not_found(member);
  remove_member(change, group.object_id, member);
  return {204, nullptr};
}

}  // namespace

Answer users(Cloud& cloud, Change& change, const Call& call) {
  const State& state = change.state();
  if (call.path.size() == 1 && call.method == "POST") {
    User item;
    item.object_id = cloud.random().uuid();
    item.created = cloud.clock().now();
    if (auto refused = apply(state, call.body, item)) return *std::move(refused);
    put_user(change, item);
    return one_of(cloud, call, 201, user_json(item));
  }
  if (call.path.size() == 1) {
    std::vector<Json> list;
    for (const auto& [key, item] : state.table<User>()) list.push_back(user_json(item));
    return list_of(cloud, call, std::move(list));
  }
  const User* found = find_user(state, call.path[1]);
  if (!found) return not_found(call.path[1]);
  User item = *found;
  if (auto answer = member_query(cloud, state, call, item.object_id)) return *std::move(answer);
  if (call.path.size() != 2) return no_such_segment(call);
  if (call.method == "GET") return one_of(cloud, call, 200, user_json(item));
  if (call.method == "DELETE") {
    erase_user(change, item);
  } else if (call.method == "PATCH") {
    if (auto refused = apply(state, call.body, item)) return *std::move(refused);
    put_user(change, item);
  } else {
    return no_such_segment(call);
  }
  return {204, nullptr};
}

Answer groups(Cloud& cloud, Change& change, const Call& call) {
  const State& state = change.state();
  if (call.path.size() == 1 && call.method == "POST") {
    Group item;
    item.object_id = cloud.random().uuid();
    item.created = cloud.clock().now();
    if (auto refused = apply(call.body, item)) return *std::move(refused);
    put_group(change, item);
    return one_of(cloud, call, 201, group_json(item));
  }
  if (call.path.size() == 1) {
    std::vector<Json> list;
    for (const auto& [key, item] : state.table<Group>()) list.push_back(group_json(item));
    return list_of(cloud, call, std::move(list));
  }
  const Group* found = state.get<Group>(to_lower(call.path[1]));
  if (!found) return not_found(call.path[1]);
  Group item = *found;
  if (auto answer = member_query(cloud, state, call, item.object_id)) return *std::move(answer);
  if (call.path.size() > 2 && equal_ci(call.path[2], "members")) {
    return members(cloud, change, call, item);
  }
  if (call.path.size() != 2) return no_such_segment(call);
  if (call.method == "GET") return one_of(cloud, call, 200, group_json(item));
  if (call.method == "DELETE") {
    erase_group(change, item);
  } else if (call.method == "PATCH") {
    if (auto refused = apply(call.body, item)) return *std::move(refused);
    put_group(change, item);
  } else {
    return no_such_segment(call);
  }
  return {204, nullptr};
}

Answer directory_objects(const Cloud& cloud, const State& state, const Call& call) {
  if (call.path.size() < 2) return no_such_segment(call);
  if (equal_ci(call.path[1], "getByIds") && call.method == "POST") {
    const Json* ids = find(call.body, "ids");
    if (!ids || !ids->is_array() || ids->get_array().size() > kMostIds) {
      return bad_request("The ids are missing, or more than 1000.");
    }
    std::vector<Json> list;
    for (const Json& id : ids->get_array()) {
      Json object =
          id.is_string() ? directory_object_json(cloud, state, as_text(id)) : Json(nullptr);
      if (!object.is_null()) list.push_back(std::move(object));
    }
    Call whole = call;  // a page of this list is the list
    whole.query = {
        {"$top", "999"}
    };
    return list_of(cloud, whole, std::move(list));
  }
  const Json object = directory_object_json(cloud, state, call.path[1]);
  if (object.is_null()) return not_found(call.path[1]);
  if (auto answer = member_query(cloud, state, call, to_lower(call.path[1]))) {
    return *std::move(answer);
  }
  if (call.path.size() != 2 || call.method != "GET") return no_such_segment(call);
  return one_of(cloud, call, 200, object);
}

}  // namespace armature::sandbox::graph
