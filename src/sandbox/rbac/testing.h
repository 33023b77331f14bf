#pragma once
// For the tests of roles: a caller without rights, and assignments made over the API.
#include <string>

#include "sandbox/testing.h"

namespace armature::sandbox::testing {

struct RoleWorld : World {
  Application guest;
  std::string as_guest;

  RoleWorld() {
    make_group();
    guest = add_app("guest", {});
    as_guest = token_of(guest);
  }

  static std::string assignment(const std::string& scope, const std::string& name) {
    return (scope == "/" ? "" : scope) + "/providers/Microsoft.Authorization/roleAssignments/" +
           name;
  }
  std::string definition(const std::string& role) const {
    const arm::Role* found = arm::find_builtin_role(role);
    return sub() + "/providers/Microsoft.Authorization/roleDefinitions/" +
           (found ? found->id : role);
  }
  // The properties of an assignment, and what the test adds.
  std::string grant(const std::string& role, const std::string& principal,
                    JsonObject more = {}) const {
    more["roleDefinitionId"] = definition(role);
    more["principalId"] = principal;
    return dump(JsonObject{
        {"properties", std::move(more)}
    });
  }
  // Gives the guest a role; returns the assignment's id.
  std::string give(const std::string& role, const std::string& scope, JsonObject more = {}) {
    const std::string id = assignment(scope, random.uuid());
    const auto made = call("PUT", id, grant(role, guest.object_id, std::move(more)));
    EXPECT_EQ(made.status, 201) << made.body;
    return id;
  }
  std::size_t count(const std::string& path) { return get(path).at("value").as_array().size(); }
};

}  // namespace armature::sandbox::testing
