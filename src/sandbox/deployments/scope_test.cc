#include "sandbox/deployments/scope.h"

#include <gtest/gtest.h>

#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

constexpr const char* kHead =
    R"({"$schema":"https://schema.management.azure.com/schemas/2019-08-01/tenantDeploymentTemplate.json#","contentVersion":"1.0.0.0",)";

std::string nested(const std::string& name, const std::string& where, const std::string& rest) {
  return R"({"type":"Microsoft.Resources/deployments","apiVersion":"2021-04-01","name":")" + name +
         "\"," + where +
         R"(,"properties":{"mode":"Incremental","expressionEvaluationOptions":{"scope":"inner"},"template":)" +
         kHead + rest + "}}}";
}

// A deployment of the tenant to its root group, from there to the subscription, to a new group.
Json through_all(const World& world) {
  const std::string tenant = world.cloud->tenant();
  const std::string account = R"("resources":[{"type":"Microsoft.Storage/storageAccounts",
    "apiVersion":"2021-04-01","name":"kept","location":"[resourceGroup().location]","properties":{}}],
    "outputs":{"where":{"type":"string","value":"[resourceGroup().name]"}})";
  const std::string in_subscription =
      R"("resources":[{"type":"Microsoft.Resources/resourceGroups","apiVersion":"2021-04-01","name":"made","location":"westeurope"},)" +
      nested("group", R"("resourceGroup":"made","dependsOn":["made"])", account) +
      R"(],"outputs":{"sub":{"type":"string","value":"[subscription().subscriptionId]"},
         "where":{"type":"string","value":"[reference('group').outputs.where.value]"}})";
  const std::string in_group =
      R"("resources":[)" +
      nested("sub",
             R"("location":"westeurope","subscriptionId":")" + world.cloud->subscription() + "\"",
             in_subscription) +
      R"(],"outputs":{"mg":{"type":"string","value":"[managementGroup().name]"}})";
  return must(parse_json(
      kHead +
          (R"("resources":[)" +
           nested("mg",
                  R"("location":"westeurope","scope":"Microsoft.Management/managementGroups/)" +
                      tenant + "\"",
                  in_group) +
           R"(],"outputs":{"mg":{"type":"string","value":"[reference('mg').outputs.mg.value]"}}})"),
      64));
}

struct Tenant {
  World world;
  std::string root = world.token_of(world.add_app("root", {
                                                              {"Owner", "/"}
  }));
  std::string path = "/providers/Microsoft.Resources/deployments/all";
  std::string groups = "/providers/Microsoft.Management/managementGroups/" + world.cloud->tenant();

  std::string body(const Json& doc, const char* location, const char* mode = "Incremental") {
    JsonObject out{
        {"properties", JsonObject{{"mode", mode}, {"template", doc}}}
    };
    if (*location) out["location"] = location;
    return dump(out);
  }
  Json get(const std::string& at) {
    const auto answer = world.call("GET", at, "", root);
    EXPECT_EQ(answer.status, 200) << at << answer.body;
    return must(parse_json(answer.body, 64));
  }
};

std::string ids_of(const Json& list) {
  std::string out;
  for (const Json& one : list.as_array()) {
    const std::string id = text_at(one, "id");
    out += (out.empty() ? "" : " ") + id.substr(id.rfind('/') + 1);
  }
  return out;
}

TEST(Scopes, ADeploymentGoesThroughAllOfThem) {
  Tenant t;
  const auto started =
      t.world.call("PUT", t.path, t.body(through_all(t.world), "westeurope"), t.root);
  ASSERT_EQ(started.status, 201) << started.body;
  t.world.cloud->engine().wait_for(t.path);
  const Json ended = t.get(t.path);
  ASSERT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded") << pretty(ended);
  EXPECT_EQ(text_at(ended, "id"), t.path);
  EXPECT_EQ(text_at(ended, "properties.outputs.mg.value"), t.world.cloud->tenant());
  EXPECT_EQ(ids_of(ended.at("properties").at("outputResources")), "made kept");
  const std::string deployments = "/providers/Microsoft.Resources/deployments/";
  const Json sub = t.get(t.world.sub() + deployments + "sub");
  EXPECT_EQ(text_at(sub, "properties.outputs.where.value"), "made");
  EXPECT_EQ(text_at(sub, "properties.correlationId"), text_at(ended, "properties.correlationId"));
  for (const std::string& id :
       {t.groups + deployments + "mg", t.world.group("made") + deployments + "group"}) {
    EXPECT_EQ(t.world.call("HEAD", id, "", t.root).status, 204) << id;
    EXPECT_EQ(ids_of(t.get(id.substr(0, id.rfind('/'))).at("value")), id.substr(id.rfind('/') + 1));
  }
  EXPECT_EQ(ids_of(t.get("/providers/Microsoft.Resources/deployments").at("value")), "all");
  const auto gone = t.world.call("DELETE", t.path, "", t.root);
  ASSERT_EQ(gone.status, 202);
  const std::string url =
      gone.headers.get("Location").value_or("").substr(t.world.cloud->url().size());
  EXPECT_EQ(t.world.call("GET", url.substr(0, url.find('?')), "", t.root).status, 204);
}

TEST(Scopes, ValidateAndWhatIfOpenNestedDeployments) {
  Tenant t;
  const auto valid = t.world.call("POST", t.path + "/validate",
                                  t.body(through_all(t.world), "westeurope"), t.root);
  ASSERT_EQ(valid.status, 200) << valid.body;
  EXPECT_EQ(ids_of(must(parse_json(valid.body)).at("properties").at("validatedResources")),
            "mg sub made group kept");
  const auto asked =
      t.world.call("POST", t.path + "/whatIf", t.body(through_all(t.world), "westeurope"), t.root);
  ASSERT_EQ(asked.status, 202) << asked.body;
  const std::string url =
      asked.headers.get("Location").value_or("").substr(t.world.cloud->url().size());
  const Json result = t.get(url.substr(0, url.find('?')));
  const auto& changes = result.at("properties").at("changes").as_array();
  ASSERT_EQ(changes.size(), 2U) << pretty(result);
  EXPECT_EQ(text_at(changes[0], "resourceId"), t.world.group("made"));
  EXPECT_EQ(text_at(changes[1], "after.location"), "westeurope");
}

TEST(Scopes, RefusesWhatIsNotPossibleThere) {
  Tenant t;
  const Json empty = must(parse_json(std::string(kHead) + R"("resources":[]})"));
  const Json lost = must(
      parse_json(kHead + (R"("resources":[)" +
                          nested("n", R"("resourceGroup":"absent")", R"("resources":[])") + "]}"),
                 64));
  const std::string deployments = "/providers/Microsoft.Resources/deployments/x";
  const std::string sub = t.world.sub();
  t.world.make_group();
  const struct {
    std::string scope;
    const Json& doc;
    const char* location;
    const char* mode;
    int status;
    const char* code;
  } kTable[] = {
      {"",                                                        empty, "",           "Incremental", 400, "LocationRequired"       },
      {t.groups,                                                  empty, "",           "Incremental", 400, "LocationRequired"       },
      {sub,                                                       empty, "",           "Incremental", 400, "LocationRequired"       },
      {sub,                                                       empty, "westeurope", "Complete",    400, "InvalidDeploymentMode"  },
      {sub,                                                       empty, "westeurope", "Neither",     400, "InvalidRequestContent"  },
      {sub,                                                       lost,  "westeurope", "Incremental", 404, "ResourceGroupNotFound"  },
      {t.world.group("absent"),                                   empty, "",           "Incremental", 404, "ResourceGroupNotFound"  },
      {"/providers/Microsoft.Management/managementGroups/absent", empty, "westeurope",
       "Incremental",                                                                                 404, "ManagementGroupNotFound"},
      {t.world.group() + "/providers/A.B/c/d",                    empty, "",           "Incremental", 400,
       "InvalidDeploymentScope"                                                                                                     },
  };
  for (const auto& row : kTable) {
    const auto answer = t.world.call("PUT", row.scope + deployments,
                                     t.body(row.doc, row.location, row.mode), t.root);
    EXPECT_EQ(answer.status, row.status) << row.scope << answer.body;
    EXPECT_EQ(code_of(answer), row.code) << row.scope;
  }
  EXPECT_EQ(code_of(t.world.call("PUT", sub + deployments + std::string(70, 'y'),
                                 t.body(empty, "westeurope"))),
            "DeploymentNameLengthLimitExceeded");
  EXPECT_EQ(code_of(t.world.call("PUT", sub + deployments + "!", t.body(empty, "westeurope"))),
            "InvalidDeploymentName");
}

}  // namespace
}  // namespace armature::sandbox
