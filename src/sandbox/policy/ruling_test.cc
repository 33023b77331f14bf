// What policies decide together: order, exclusions, and laws that hold for every mix of them.
#include "sandbox/policy/ruling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace armature::sandbox::policy {
namespace {

constexpr const char* kScope = "/subscriptions/s/resourcegroups/rg";
constexpr const char* kTarget = "/subscriptions/s/resourceGroups/rg/providers/Contoso.App/hosts/h1";

Json json(std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  return *std::move(parsed);
}

std::shared_ptr<Assigned> assign(const std::string& name, const std::string& condition,
                                 const std::string& then) {
  const auto definition = read_definition(
      name, json(R"({"mode":"All","policyRule":{"if":)" + condition + R"(,"then":)" + then + "}}"));
  if (!definition) throw std::runtime_error(definition.error().message);
  auto out = std::make_shared<Assigned>();
  out->id = std::string(kScope) + "/providers/Microsoft.Authorization/policyAssignments/" + name;
  out->scope = kScope;
  out->facts.name = name;
  Binding binding;
  binding.definition = std::make_shared<const Definition>(*definition);
  binding.policy = JsonObject{};
  binding.effect = *effect_of(as_text(binding.definition->effect.value));
  out->bindings.push_back(std::move(binding));
  return out;
}

Exemption exempt(const Assigned& assigned) {
  Exemption out;
  out.id = std::string(kScope) + "/providers/Microsoft.Authorization/policyExemptions/e";
  out.scope = kScope;
  out.assignment_id = assigned.id;
  out.category = "Waiver";
  return out;
}

Request request() {
  Request out;
  out.action = "Contoso.App/hosts/write";
  out.scopes = {"/subscriptions/s/resourcegroups/rg/providers/contoso.app/hosts/h1", kScope,
                "/subscriptions/s", "/"};
  out.context = JsonObject{};
  out.subscription = JsonObject{};
  return out;
}

Json resource(const std::string& rest) {
  return json(R"({"id":")" + std::string(kTarget) + R"(","name":"h1","type":"Contoso.App/hosts")" +
              rest + "}");
}

const char* kNoTag = R"({"field":"tags.team","exists":"false"})";
const char* kHasTag = R"({"field":"tags.team","exists":"true"})";
const char* kPublic = R"({"field":"Contoso.App/hosts/public","equals":true})";
const char* kAddTag =
    R"({"effect":"modify","details":{"operations":[{"operation":"add","field":"tags.team","value":"x"}]}})";

AssignedList mix() {
  return {
      assign("deny-public", kPublic, R"({"effect":"deny"})"),
      assign("deny-untagged", kNoTag, R"({"effect":"deny"})"),
      assign("add-tag", kNoTag, kAddTag),
      assign("deny-tagged", kHasTag, R"({"effect":"deny"})"),
      assign("audit", kPublic, R"({"effect":"audit"})"),
      assign("broken", R"({"value":"[int(field('name'))]","equals":1})", R"({"effect":"audit"})")};
}

const char* kResources[] = {"", R"(,"tags":{"team":"y"})", R"(,"properties":{"public":true})",
                            R"(,"tags":{"team":"y"},"properties":{"public":true})"};

std::set<std::string> denials(const Ruling& ruling) {
  std::set<std::string> out;
  for (const Match& match : ruling.denied) out.insert(match.assigned->facts.name);
  return out;
}

template <class F>
void each_subset(const AssignedList& all, F use) {
  for (unsigned bits = 0; bits < (1u << all.size()); ++bits) {
    AssignedList chosen;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (bits & (1u << i)) chosen.push_back(all[i]);
    }
    use(chosen);
  }
}

TEST(PolicyRuling, ModifyComesBeforeDeny) {
  const auto ruling = rule_on(
      {assign("deny-untagged", kNoTag, R"({"effect":"deny"})"), assign("add-tag", kNoTag, kAddTag)},
      {}, resource(""), request());
  EXPECT_TRUE(ruling.denied.empty());
  EXPECT_EQ(text_at(ruling.resource, "tags.team"), "x");
}

TEST(PolicyRuling, TwoPoliciesOnOneFieldAreAConflict) {
  const std::string rule = R"({"effect":"modify","details":{"conflictEffect":"audit","operations":[
    {"operation":"addOrReplace","field":"tags.team","value":")";
  const std::string any = R"({"field":"type","equals":"Contoso.App/hosts"})";
  const auto ruling =
      rule_on({assign("one", any, rule + "a\"}]}}"), assign("two", any, rule + "b\"}]}}")}, {},
              resource(""), request());
  EXPECT_EQ(text_at(ruling.resource, "tags.team"), "a");
  EXPECT_TRUE(ruling.denied.empty());
  ASSERT_EQ(ruling.audited.size(), 1u);
  EXPECT_EQ(ruling.audited[0].assigned->facts.name, "two");
}

TEST(PolicyRuling, ADenialOfOnePolicyIsNeverTakenBackByAnother) {
  // Without the policies that write: what is denied by some is denied by more.
  AssignedList all = mix();
  std::erase_if(all, [](const auto& one) { return one->facts.name == "add-tag"; });
  for (const char* rest : kResources) {
    const auto whole = denials(rule_on(all, {}, resource(rest), request()));
    each_subset(all, [&](const AssignedList& chosen) {
      const auto some = denials(rule_on(chosen, {}, resource(rest), request()));
      EXPECT_TRUE(std::ranges::includes(whole, some)) << rest;
    });
  }
}

TEST(PolicyRuling, AnExemptionFreesFromItsPolicyAndAddsNoDenialOfItself) {
  const AssignedList all = mix();
  for (const char* rest : kResources) {
    each_subset(all, [&](const AssignedList& freed) {
      std::vector<Exemption> exemptions;
      for (const auto& one : freed) exemptions.push_back(exempt(*one));
      // The same as if the exempted policies had not been assigned at all.
      AssignedList others;
      for (const auto& one : all) {
        if (std::ranges::find(freed, one) == freed.end()) others.push_back(one);
      }
      const Ruling with = rule_on(all, exemptions, resource(rest), request());
      const Ruling without = rule_on(others, {}, resource(rest), request());
      EXPECT_EQ(denials(with), denials(without)) << rest;
      EXPECT_EQ(with.resource, without.resource) << rest;
    });
  }
}

TEST(PolicyRuling, DoNotEnforceChangesAndDeniesNothing) {
  for (const char* rest : kResources) {
    AssignedList relaxed;
    for (const auto& one : mix()) {
      auto copy = std::make_shared<Assigned>(*one);
      copy->facts.enforced = false;
      relaxed.push_back(std::move(copy));
    }
    const Ruling ruling = rule_on(relaxed, {}, resource(rest), request());
    EXPECT_TRUE(ruling.denied.empty());
    EXPECT_FALSE(ruling.changed);
    EXPECT_EQ(standings(relaxed, {}, Subject(resource(rest)), request()).size(), relaxed.size());
  }
}

}  // namespace
}  // namespace armature::sandbox::policy
