#include "sandbox/policy/rule.h"

#include <gtest/gtest.h>

#include "sandbox/policy/effect.h"

namespace armature::sandbox::policy {
namespace {

Json json(std::string_view text) {
  auto parsed = parse_json(text, 128);
  if (!parsed) throw std::runtime_error(parsed.error().message + ": " + std::string(text));
  return *std::move(parsed);
}

const char* kResource = R"({
  "id": "/subscriptions/s/resourceGroups/rg/providers/Contoso.App/hosts/h1",
  "name": "h1", "type": "Contoso.App/hosts", "location": "westeurope", "kind": "Linux",
  "tags": {"Env": "prod", "cost.center": "42"},
  "sku": {"name": "Basic"},
  "identity": {"type": "SystemAssigned"},
  "properties": {
    "tls": "1.2", "public": true, "size": 5, "made": "2024-03-01T00:00:00Z", "none": null,
    "list": ["a", "b"], "empty": [],
    "rules": [
      {"name": "r1", "properties": {"port": 22, "from": "*", "tags": ["x", "y"]}},
      {"name": "r2", "properties": {"port": 443, "from": "10.0.0.0/8", "tags": []}}
    ],
    "source": {"type": "Microsoft.Disk/Blob", "account": "acc"}
  }})";

std::map<std::string, Json> parameters() {
  return {
      {"allowed", json(R"(["westeurope","northeurope"])")},
      {"tag",     "Env"                                  },
      {"zero",    0                                      }
  };
}

std::string judged(const std::string& condition, const std::string& resource = kResource) {
  Usage usage;
  const auto read = read_condition(json(condition), usage);
  if (!read) return read.error().code + ": " + read.error().message;
  const Subject subject(json(resource));
  const auto values = parameters();
  const Json request = json(R"({"apiVersion": "2021-02-01", "identity": {"idtyp": "app"}})");
  const Json subscription = json(R"({"id": "/subscriptions/s", "subscriptionId": "s"})");
  const Json group = json(R"({"name": "rg", "tags": {"a": "b"}})");
  Facts facts;
  facts.parameters = &values;
  facts.request = &request;
  facts.subscription = &subscription;
  facts.resource_group = &group;
  facts.action = "Contoso.App/hosts/write";
  facts.now = Instant(std::chrono::sys_days(std::chrono::year(2024) / 3 / 10));
  Judgement judgement(subject, facts);
  const auto result = judgement.holds(*read);
  return result ? (*result ? "yes" : "no") : "error: " + result.error().message;
}

struct Case {
  const char* condition;
  const char* expected;
};

class PolicyRule : public ::testing::TestWithParam<Case> {};

TEST_P(PolicyRule, Judges) {
  EXPECT_EQ(judged(GetParam().condition), GetParam().expected) << GetParam().condition;
}

INSTANTIATE_TEST_SUITE_P(
    Operators, PolicyRule,
    ::testing::Values(
        Case{R"({"field": "location", "equals": "WestEurope"})", "yes"},
        Case{R"({"field": "location", "notEquals": "WestEurope"})", "no"},
        Case{R"({"field": "type", "EQUALS": "contoso.app/HOSTS"})", "yes"},
        Case{R"({"field": "kind", "equals": "linux"})", "yes"},
        Case{R"({"field": "identity.type", "contains": "systemassigned"})", "yes"},
        Case{R"({"field": "fullName", "equals": "h1"})", "yes"},
        Case{R"({"field": "id", "like": "/subscriptions/*/hosts/h1"})", "yes"},
        Case{R"({"field": "name", "like": "h*"})", "yes"},
        Case{R"({"field": "name", "notLike": "x*"})", "yes"},
        Case{R"({"field": "name", "match": "?#"})", "yes"},
        Case{R"({"field": "name", "match": "H#"})", "no"},
        Case{R"({"field": "name", "matchInsensitively": "H#"})", "yes"},
        Case{R"({"field": "name", "notMatch": ".."})", "no"},
        Case{R"({"field": "name", "notMatchInsensitively": "###"})", "yes"},
        Case{R"({"field": "location", "in": "[parameters('allowed')]"})", "yes"},
        Case{R"({"field": "location", "notIn": ["eastus"]})", "yes"},
        Case{R"({"field": "tags", "containsKey": "env"})", "yes"},
        Case{R"({"field": "tags", "notContainsKey": "owner"})", "yes"},
        Case{R"({"field": "tags.Env", "equals": "PROD"})", "yes"},
        Case{R"({"field": "tags['cost.center']", "equals": 42})", "yes"},
        Case{R"({"field": "tags[cost.center]", "exists": "true"})", "yes"},
        Case{R"({"field": "[concat('tags[', parameters('tag'), ']')]", "exists": true})", "yes"},
        Case{R"({"field": "Contoso.App/hosts/public", "equals": "True"})", "yes"},
        Case{R"({"field": "Contoso.App/hosts/size", "greater": 4})", "yes"},
        Case{R"({"field": "Contoso.App/hosts/size", "greaterOrEquals": 5})", "yes"},
        Case{R"({"field": "Contoso.App/hosts/size", "less": 5})", "no"},
        Case{R"({"field": "Contoso.App/hosts/size", "lessOrEquals": "5"})",
             "error: Values of type 'Integer' and 'String' cannot be compared by order."},
        Case{R"({"field": "Contoso.App/hosts/gone", "less": 5})", "no"},
        Case{R"({"field": "Contoso.App/hosts/made", "less": "[addDays(utcNow(), -7)]"})", "yes"},
        Case{R"({"field": "Contoso.App/hosts/gone", "exists": false})", "yes"},
        Case{R"({"field": "Contoso.App/hosts/none", "exists": true})", "no"},
        Case{R"({"field": "Contoso.App/hosts/list", "contains": "B"})", "yes"},
        Case{R"({"field": "Contoso.App/hosts/list", "notContains": "c"})", "yes"},
        Case{R"({"field": "Contoso.App/hosts/sku.name", "equals": "basic"})", "yes"},
        Case{R"({"field": "Contoso.App/other/tls", "exists": false})", "yes"},
        Case{
            R"({"field": "Contoso.App/hosts/source.Microsoft-Disk-Blob.account", "equals": "acc"})",
            "yes"},
        Case{R"({"source": "action", "equals": "Contoso.App/hosts/write"})", "yes"}));

INSTANTIATE_TEST_SUITE_P(
    LogicAndValues, PolicyRule,
    ::testing::Values(
        Case{R"({"not": {"field": "name", "equals": "h2"}})", "yes"},
        Case{R"({"allOf": [{"field": "name", "equals": "h1"}, {"field": "name", "like": "x*"}]})",
             "no"},
        Case{R"({"anyOf": [{"field": "name", "equals": "h2"}, {"field": "kind", "exists": true}]})",
             "yes"},
        Case{R"({"value": "[resourceGroup().tags.gone]", "notEquals": ""})", "no"},
        Case{R"({"value": "[resourceGroup().managedBy]", "exists": false})", "yes"},
        Case{R"({"value": "[requestContext().apiVersion]", "less": "2021-03-01"})", "yes"},
        Case{R"({"value": "[requestContext().identity.idtyp]", "equals": "app"})", "yes"},
        Case{R"({"value": "[length(field('Contoso.App/hosts/rules[*]'))]", "equals": 2})", "yes"},
        Case{R"({"value": "[field('Contoso.App/hosts/gone')]", "equals": ""})", "yes"},
        Case{R"({"value": "[substring(field('name'), 0, 9)]", "equals": ""})",
             "error: The index and length parameters of the template language function 'substring' "
             "must refer to a location within the string. The index parameter: '0', the length "
             "parameter: '9', the length of the string parameter: '2'."},
        Case{R"({"value": "[ipRangeContains('10.0.0.0/8', '10.2.0.0-10.3.0.1')]", "equals": true})",
             "yes"},
        Case{R"({"value": "[ipRangeContains('10.0.0.0/8', '11.0.0.1')]", "equals": true})", "no"},
        Case{R"({"value": "[subscription().subscriptionId]", "equals": "S"})", "yes"}));

INSTANTIATE_TEST_SUITE_P(
    Arrays, PolicyRule,
    ::testing::Values(
        Case{R"({"field": "Contoso.App/hosts/list[*]", "in": ["A", "B", "C"]})", "yes"},
        Case{R"({"field": "Contoso.App/hosts/list[*]", "equals": "a"})", "no"},
        Case{R"({"field": "Contoso.App/hosts/empty[*]", "equals": "a"})", "yes"},
        Case{R"({"field": "Contoso.App/hosts/gone[*]", "equals": "a"})", "yes"},
        Case{R"({"field": "Contoso.App/hosts/rules[*].port", "less": 1000})", "yes"},
        Case{R"({"count": {"field": "Contoso.App/hosts/rules[*]"}, "equals": 2})", "yes"},
        Case{R"({"count": {"field": "Contoso.App/hosts/gone[*]"}, "equals": 0})", "yes"},
        Case{R"({"count": {"field": "Contoso.App/hosts/rules[*]", "where": {"allOf": [
               {"field": "Contoso.App/hosts/rules[*].port", "equals": 22},
               {"field": "Contoso.App/hosts/rules[*].from", "equals": "*"}]}}, "greater": 0})",
             "yes"},
        Case{R"({"count": {"field": "Contoso.App/hosts/list[*]",
               "where": {"value": "[current('Contoso.App/hosts/list[*]')]", "equals": "b"}},
               "equals": 1})",
             "yes"},
        Case{R"({"count": {"field": "Contoso.App/hosts/rules[*].tags[*]"}, "equals": 2})", "yes"},
        Case{R"({"count": {"field": "Contoso.App/hosts/rules[*]", "where": {
               "count": {"field": "Contoso.App/hosts/rules[*].tags[*]",
                         "where": {"field": "Contoso.App/hosts/rules[*].tags[*]", "equals": "x"}},
               "equals": 1}}, "equals": 1})",
             "yes"},
        Case{R"({"count": {"value": "[parameters('allowed')]", "name": "where",
               "where": {"value": "[current('where')]", "equals": "[field('location')]"}},
               "equals": 1})",
             "yes"},
        Case{R"({"count": {"value": ["a", "z"], "name": "x", "where": {
               "count": {"field": "Contoso.App/hosts/list[*]", "where": {
                 "value": "[equals(current('x'), current('Contoso.App/hosts/list[*]'))]",
                 "equals": true}}, "equals": 1}}, "equals": 1})",
             "yes"},
        Case{R"({"count": {"value": [1, 2, 3], "where": {"value": "[current()]", "greater": 1}},
               "equals": 2})",
             "yes"},
        Case{R"({"count": {"value": "[field('name')]"}, "equals": 1})",
             "error: The value of a 'count' must be an array, not a value of type 'String'."},
        Case{R"({"value": "[current('nothing')]", "equals": 1})",
             "error: The policy function 'current' refers to 'nothing', which is no count around "
             "it."}));

INSTANTIATE_TEST_SUITE_P(
    Malformed, PolicyRule,
    ::testing::Values(
        Case{R"([])", "InvalidPolicyRule: A condition must be an object."},
        Case{R"({"field": "name"})",
             "InvalidPolicyRule: A condition expects 'field', 'value' or 'count', and an "
             "operator."},
        Case{R"({"field": "name", "equals": "a", "like": "b"})",
             "InvalidPolicyRule: A condition has one operator; 'like' is a second."},
        Case{R"({"field": "name", "sounds": "a"})",
             "InvalidPolicyRule: Could not find member 'sounds' on object of type "
             "'LeafExpression'."},
        Case{R"({"field": "colour", "equals": "a"})",
             "InvalidPolicyRule: The 'field' property 'colour' of the policy rule must be one of "
             "'Name, FullName, Type, Location, Id, Kind, Tags, Identity.Type' or an alias."},
        Case{R"({"allOf": []})",
             "InvalidPolicyRule: The operator 'allOf' expects a list of conditions."},
        Case{R"({"allOf": [], "field": "name"})",
             "InvalidPolicyRule: The operator 'allOf' stands beside other members."},
        Case{R"({"field": "name", "in": "a"})",
             "InvalidPolicyRule: The operators 'in' and 'notIn' expect an array."},
        Case{R"({"count": {"field": "name"}, "equals": 1})",
             "InvalidPolicyRule: The field of a 'count' must be an array alias with '[*]'."},
        Case{R"({"value": "[reference('x')]", "equals": 1})",
             "InvalidTemplate: The template function 'reference' is not valid. Please see "
             "https://aka.ms/arm-functions for usage details."},
        Case{R"({"value": "[listKeys('x', 'y')]", "equals": 1})",
             "InvalidTemplate: The template function 'listKeys' is not valid. Please see "
             "https://aka.ms/arm-functions for usage details."}));

Json applied(const std::string& operations, bool append = false) {
  Usage usage;
  const std::string details = append ? operations : R"({"operations": )" + operations + "}";
  const auto read =
      read_details(json(R"({"effect": "modify", "details": )" + details + "}"), usage);
  if (!read)
    return JsonObject{
        {"error", read.error().message}
    };
  Json resource = json(kResource);
  const Subject subject(resource);
  const auto values = parameters();
  Facts facts;
  facts.parameters = &values;
  Judgement judgement(subject, facts);
  const auto done =
      apply(append ? read->append : read->modify, append, judgement, subject, resource);
  if (!done)
    return JsonObject{
        {"error", done.error().message}
    };
  return done->conflict ? Json("conflict") : resource;
}

TEST(PolicyEffect, ModifyAddsReplacesAndRemoves) {
  const Json out = applied(R"([
    {"operation": "addOrReplace", "field": "tags['Env']", "value": "dev"},
    {"operation": "add", "field": "tags['owner']", "value": "[parameters('tag')]"},
    {"operation": "add", "field": "tags['cost.center']", "value": "7"},
    {"operation": "addOrReplace", "field": "identity.type", "value": "None"},
    {"operation": "addOrReplace", "field": "Contoso.App/hosts/deep.er", "value": true},
    {"operation": "remove", "field": "Contoso.App/hosts/tls"},
    {"operation": "add", "field": "Contoso.App/hosts/list[*]", "value": "c"},
    {"operation": "addOrReplace", "field": "Contoso.App/other/tls", "value": "1.0"},
    {"operation": "addOrReplace", "field": "Contoso.App/hosts/public", "value": false,
     "condition": "[equals(field('kind'), 'windows')]"}])");
  EXPECT_EQ(dump(*find(out, "tags")), R"({"Env":"dev","cost.center":"42","owner":"Env"})");
  EXPECT_EQ(text_at(out, "identity.type"), "None");
  EXPECT_TRUE(bool_at(out, "properties.deep.er"));
  EXPECT_EQ(at(out, "properties.tls"), nullptr);
  EXPECT_EQ(dump(*at(out, "properties.list")), R"(["a","b","c"])");
  EXPECT_TRUE(bool_at(out, "properties.public"));
}

TEST(PolicyEffect, AppendAddsWhatIsAbsentAndRefusesAnotherValue) {
  const Json out = applied(R"([{"field": "tags.team", "value": "x"}])", true);
  EXPECT_EQ(text_at(out, "tags.team"), "x");
  EXPECT_EQ(applied(R"([{"field": "tags.Env", "value": "dev"}])", true), Json("conflict"));
  EXPECT_EQ(text_at(applied(R"([{"field": "tags.Env", "value": "prod"}])", true), "tags.Env"),
            "prod");
}

}  // namespace
}  // namespace armature::sandbox::policy
