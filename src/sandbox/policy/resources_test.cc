// The policy resources: what is kept, listed and refused.
#include "sandbox/policy/resources.h"

#include <gtest/gtest.h>

#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

const char* kRule =
    R"({"if":{"field":"location","in":"[parameters('places')]"},"then":{"effect":"[parameters('effect')]"}})";
const char* kParameters =
    R"({"places":{"type":"Array"},"effect":{"type":"String","defaultValue":"Deny","allowedValues":["Audit","Deny"]}})";

class PolicyResources : public ::testing::Test {
 protected:
  PolicyResources() { world.make_group(); }
  std::string path(const std::string& rest, const std::string& scope = "") {
    return (scope.empty() ? world.sub() : scope) + "/providers/Microsoft.Authorization/" + rest;
  }
  http::Response put(const std::string& rest, const std::string& properties,
                     const std::string& scope = "") {
    return world.call("PUT", path(rest, scope), R"({"properties":)" + properties + "}");
  }
  http::Response define(const std::string& name = "places") {
    return put("policyDefinitions/" + name, std::string(R"({"mode":"All","parameters":)") +
                                                kParameters + R"(,"policyRule":)" + kRule + "}");
  }
  std::string assignment(const std::string& parameters, const std::string& more = "") {
    return R"({"policyDefinitionId":")" + path("policyDefinitions/places") + R"(","parameters":)" +
           parameters + more + "}";
  }
  std::size_t listed(const std::string& path) {
    const Json body = world.get(path);
    const Json* value = find(body, "value");
    return value ? value->as_array().size() : 9999;
  }
  World world;
};

TEST_F(PolicyResources, ADefinitionIsShownWithWhatTheServiceAdds) {
  ASSERT_EQ(define().status, 201);
  const Json shown = world.get(path("policyDefinitions/places"));
  EXPECT_EQ(text_at(shown, "id"), path("policyDefinitions/places"));
  EXPECT_EQ(text_at(shown, "type"), "Microsoft.Authorization/policyDefinitions");
  EXPECT_EQ(text_at(shown, "properties.policyType"), "Custom");
  EXPECT_EQ(text_at(shown, "properties.mode"), "All");
  EXPECT_EQ(text_at(shown, "properties.version"), "1.0.0");
  EXPECT_EQ(text_at(shown, "properties.metadata.createdBy"), world.app.object_id);
  EXPECT_EQ(listed(path("policyDefinitions/places/versions")), 1u);
  EXPECT_EQ(listed(path("policyDefinitions?$filter=policyType%20eq%20'Custom'")), 1u);
  EXPECT_GT(listed(path("policyDefinitions?$filter=policyType%20eq%20'BuiltIn'")), 10u);
  EXPECT_EQ(world.call("DELETE", path("policyDefinitions/places")).status, 200);
  EXPECT_EQ(world.call("DELETE", path("policyDefinitions/places")).status, 204);
  EXPECT_EQ(code_of(world.call("GET", path("policyDefinitions/places"))),
            "PolicyDefinitionNotFound");
}

TEST_F(PolicyResources, BuiltInsAreOpenToAllAndCannotBeChanged) {
  const std::string id =
      "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c";
  const auto nobody = world.token_of(world.add_app("nobody", {}));
  EXPECT_EQ(world.call("GET", id, "", nobody).status, 200);
  EXPECT_EQ(world.call("PUT", id, "{}").status, 403);
  EXPECT_EQ(world.call("DELETE", id).status, 403);
}

struct Bad {
  const char* properties;
  const char* code;
};

TEST_F(PolicyResources, DefinitionsAreChecked) {
  const Bad cases[] = {
      {R"({})",                                                                                                                                             "InvalidRequestContent"},
      {R"({"policyRule":null})",                                                                                                                            "InvalidRequestContent"},
      {R"({"mode":"Foo","policyRule":{"if":{"field":"name","equals":"a"},"then":{"effect":"deny"}}})",
       "InvalidPolicyDefinitionMode"                                                                                                                                               },
      {R"({"policyRule":{"if":{"field":"name"},"then":{"effect":"deny"}}})",                                                                                "InvalidPolicyRule"    },
      {R"({"policyRule":{"if":{"field":"name","equals":"a"},"then":{"effect":"shout"}}})",
       "InvalidPolicyRule"                                                                                                                                                         },
      {R"({"policyRule":{"if":{"field":"name","equals":"a"}}})",                                                                                            "InvalidPolicyRule"    },
      {R"({"policyRule":{"if":{"value":"[nothing()]","equals":"a"},"then":{"effect":"deny"}}})",
       "InvalidPolicyRule"                                                                                                                                                         },
      {R"({"policyRule":{"if":{"value":"[concat('a'","equals":"a"},"then":{"effect":"deny"}}})",
       "OK"                                                                                                                                                                        }, // no expression: it does not end in a bracket
      {R"({"policyRule":{"if":{"value":"[concat('a']","equals":"a"},"then":{"effect":"deny"}}})",
       "InvalidPolicyRule"                                                                                                                                                         },
      {R"({"policyRule":{"if":{"field":"name","equals":"[parameters('x')]"},"then":{"effect":"deny"}}})",
       "InvalidPolicyParameters"                                                                                                                                                   },
      {R"({"parameters":{"x":{"type":"String"}},"policyRule":{"if":{"field":"name","equals":"a"},"then":{"effect":"deny"}}})",
       "UnusedPolicyParameters"                                                                                                                                                    },
      {R"({"parameters":{"x":{"type":"Number"}},"policyRule":{"if":{"field":"name","equals":"[parameters('x')]"},"then":{"effect":"deny"}}})",
       "InvalidPolicyParameters"                                                                                                                                                   },
      {R"({"policyRule":{"if":{"field":"name","equals":"a"},"then":{"effect":"modify","details":{"operations":[{"operation":"add","field":"tags.x"}]}}}})",
       "InvalidPolicyRule"                                                                                                                                                         }
  };
  for (const Bad& one : cases) {
    const auto answer = put("policyDefinitions/bad", one.properties);
    if (std::string_view(one.code) == "OK") {
      EXPECT_EQ(answer.status, 201) << one.properties << answer.body;
    } else {
      EXPECT_EQ(answer.status, 400) << one.properties;
      EXPECT_EQ(code_of(answer), one.code) << one.properties << answer.body;
    }
  }
  EXPECT_EQ(put("policyDefinitions/x", R"({})", world.group()).status, 400);
}

TEST_F(PolicyResources, AssignmentsAreChecked) {
  define();
  const auto code = [&](const std::string& properties) {
    const auto answer = put("policyAssignments/a", properties);
    return answer.status == 201 ? std::string("OK") : code_of(answer);
  };
  EXPECT_EQ(code(R"({"displayName":"x"})"), "InvalidRequestContent");
  EXPECT_EQ(code(R"({"policyDefinitionId":")" + path("policyDefinitions/gone") + "\"}"),
            "PolicyDefinitionNotFound");
  EXPECT_EQ(code(R"({"policyDefinitionId":")" + path("policySetDefinitions/gone") + "\"}"),
            "PolicySetDefinitionNotFound");
  EXPECT_EQ(code(assignment("{}")), "MissingPolicyParameter");
  EXPECT_EQ(code(assignment(R"({"places":{"value":"x"}})")), "InvalidPolicyParameterType");
  EXPECT_EQ(code(assignment(R"({"places":{"value":[]},"effect":{"value":"deny"}})")),
            "PolicyParameterValueNotAllowed");
  EXPECT_EQ(code(assignment(R"({"places":{"value":[]},"other":{"value":1}})")),
            "UndefinedPolicyParameter");
  EXPECT_EQ(code(assignment(R"({"places":{"value":[]}})", R"(,"enforcementMode":"Maybe")")),
            "InvalidRequestContent");
  EXPECT_EQ(code(assignment(R"({"places":{"value":[]}})")), "OK");
  EXPECT_EQ(code_of(world.call("DELETE", path("policyDefinitions/places"))),
            "InvalidDeletePolicyDefinitionRequest");
  put("policyDefinitions/add", R"({"policyRule":{"if":{"field":"name","equals":"a"},"then":
    {"effect":"modify","details":{"operations":[{"operation":"remove","field":"tags.x"}]}}}})");
  EXPECT_EQ(code(R"({"policyDefinitionId":")" + path("policyDefinitions/add") + "\"}"),
            "ResourceIdentityRequired");
}

TEST_F(PolicyResources, AssignmentsAreListedFromAboveAndBelow) {
  define();
  const std::string fine = assignment(R"({"places":{"value":[]}})");
  put("policyAssignments/sub", fine);
  put("policyAssignments/group", fine, world.group());
  EXPECT_EQ(listed(path("policyAssignments")), 2u);
  EXPECT_EQ(listed(path("policyAssignments?$filter=atScope()")), 1u);
  EXPECT_EQ(listed(path("policyAssignments", world.group())), 2u);
  EXPECT_EQ(listed(path("policyAssignments?$filter=atExactScope()", world.group())), 1u);
  EXPECT_EQ(code_of(world.call("GET", path("policyAssignments?$filter=colour%20eq%20'x'"))),
            "InvalidFilterInQueryString");
  const Json shown = world.get(path("policyAssignments/group", world.group()));
  EXPECT_EQ(text_at(shown, "properties.scope"), world.group());
  EXPECT_EQ(text_at(shown, "properties.enforcementMode"), "Default");
}

TEST_F(PolicyResources, InitiativesHandParametersOn) {
  define();
  const std::string good = R"({"parameters":{"p":{"type":"Array"}},"policyDefinitions":[
    {"policyDefinitionId":")" +
                           path("policyDefinitions/places") +
                           R"(","policyDefinitionReferenceId":"r1",
     "parameters":{"places":{"value":"[parameters('p')]"}}}]})";
  EXPECT_EQ(put("policySetDefinitions/set", good).status, 201);
  EXPECT_EQ(code_of(put("policySetDefinitions/none", R"({"displayName":"x"})")),
            "InvalidRequestContent");
  EXPECT_EQ(code_of(put("policySetDefinitions/gone", R"({"policyDefinitions":[
    {"policyDefinitionId":")" + path("policyDefinitions/gone") +
                                                         R"("}]})")),
            "PolicyDefinitionNotFound");
  EXPECT_EQ(
      code_of(put("policySetDefinitions/extra", R"({"policyDefinitions":[
    {"policyDefinitionId":")" + path("policyDefinitions/places") +
                                                    R"(","parameters":{"foo":{"value":1}}}]})")),
      "UndefinedPolicyParameter");
  EXPECT_EQ(code_of(put("policySetDefinitions/unused",
                        R"({"parameters":{"q":{"type":"String"}},
    "policyDefinitions":[{"policyDefinitionId":")" +
                            path("policyDefinitions/places") +
                            R"(","parameters":{"places":{"value":[]}}}]})")),
            "UnusedPolicyParameters");
  const auto assigned =
      put("policyAssignments/a", R"({"policyDefinitionId":")" + path("policySetDefinitions/set") +
                                     R"(","parameters":{"p":{"value":["eastus"]}}})");
  ASSERT_EQ(assigned.status, 201) << assigned.body;
  const auto denied =
      world.call("PUT", world.group() + "/providers/Microsoft.Storage/storageAccounts/acc",
                 R"({"location":"eastus"})");
  ASSERT_EQ(denied.status, 403);
  const Json info =
      *find(at(must(parse_json(denied.body)), "error.additionalInfo")->as_array().at(0), "info");
  EXPECT_EQ(text_at(info, "policyDefinitionReferenceId"), "r1");
  EXPECT_EQ(text_at(info, "policySetDefinitionId"), path("policySetDefinitions/set"));
  EXPECT_EQ(code_of(world.call("DELETE", path("policySetDefinitions/set"))),
            "InvalidDeletePolicySetDefinitionRequest");
}

}  // namespace
}  // namespace armature::sandbox
