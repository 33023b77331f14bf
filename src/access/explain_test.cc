#include "access/explain.h"

#include <gtest/gtest.h>

#include "access/testing.h"

namespace armature::access {
namespace {

using armature::testing::facts_of;
using armature::testing::grant_of;

const std::string kRg = "/subscriptions/s1/resourceGroups/rg";
const std::string kSa = kRg + "/providers/Microsoft.Storage/storageAccounts/sa";
const char* const kWrite = "Microsoft.Storage/storageAccounts/write";

Explanation explained(const Facts& facts, const Ask& ask) {
  return explain(facts, ask, decide(facts, ask, {}));
}

TEST(Explain, NamesTaskActionScopeAndTheSmallestFix) {
  const Explanation out = explained(facts_of({}, {}), {kWrite, kSa, {}, {}, {}});
  for (const std::string part : {"'provision'", "'etl'", kWrite, "DAG file"}) {
    EXPECT_NE(out.message.find(part), std::string::npos) << part << "\n" << out.message;
  }
  EXPECT_NE(out.message.find(kSa), std::string::npos);
  EXPECT_EQ(out.layer, Layer::kGrant);
  EXPECT_EQ(out.fix_dag,
            "- role: Storage Account Contributor\n  scope: " + kSa + "\n  tasks: [provision]");
  EXPECT_TRUE(out.fix_az.empty()) << "Azure is not what is missing";
}

TEST(Explain, ProposesOneEntryForAWholeDeployment) {
  const std::string id = kRg + "/providers/Microsoft.Resources/deployments/d";
  const char* const action = "Microsoft.Resources/deployments/write";
  Ask ask{action, id, {{kWrite, kRg}}, {}, {}};
  EXPECT_EQ(explained(facts_of({}, {}), ask).fix_dag,
            "- role: Storage Account Contributor\n  scope: " + kRg + "\n  tasks: [provision]");
  ask.linked.push_back({"Microsoft.Web/sites/write", kRg});
  EXPECT_EQ(explained(facts_of({}, {}), ask).fix_dag,
            "- role: Contributor\n  scope: " + kRg + "\n  tasks: [provision]");
  ask.linked.push_back({"Microsoft.Authorization/roleAssignments/write", kRg});
  const Explanation out = explained(facts_of({}, {}), ask);
  EXPECT_EQ(out.fix_dag.find("Owner"), std::string::npos) << out.fix_dag;
  EXPECT_EQ(out.missing_action, action);
}

TEST(Explain, SendsCeilingsToTheOperator) {
  const Facts facts = facts_of({grant_of("Contributor", kRg)}, {});
  const Explanation out = explained(facts, {kWrite, kSa, {}, {}, {}});
  EXPECT_EQ(out.layer, Layer::kCeiling);
  EXPECT_NE(out.message.find("identities[].ceiling"), std::string::npos);
  EXPECT_TRUE(out.fix_dag.empty());
  EXPECT_TRUE(out.fix_az.empty());
}

TEST(Explain, NamesTheRoleThatMayNotBeHandedOut) {
  const Facts facts = facts_of({grant_of("Owner", kRg)}, {grant_of("Owner", kRg)});
  const Explanation out = explained(facts, {"Microsoft.Authorization/roleAssignments/write",
                                            kRg,
                                            {},
                                            "acdd72a7-3385-48ef-bd42-f606fba81ae7",
                                            {}});
  EXPECT_EQ(out.layer, Layer::kAssignableRole);
  EXPECT_NE(out.message.find("'Reader'"), std::string::npos);
  EXPECT_NE(out.fix_dag.find("assignable_roles: [Reader]"), std::string::npos) << out.fix_dag;
}

TEST(Explain, ProposesAnAzCommandOnlyWhereAzureRefused) {
  const std::string odd = kRg + "/providers/A.B/c/it's";
  const Facts facts = facts_of({}, {});
  const Explanation out = explain_azure(facts, {"A.B/c/write", odd, {}, {}, {}},
                                        {"AuthorizationFailed", "no", "", {}, {}}, "object-1");
  EXPECT_EQ(out.layer, Layer::kAzure);
  EXPECT_EQ(out.fix_az,
            "az role assignment create --assignee-object-id object-1 --assignee-principal-type "
            "ServicePrincipal --role 'Contributor' --scope '" +
                kRg + "/providers/A.B/c/it'\\''s'");
  EXPECT_TRUE(explain_azure(facts, {"A.B/c/write", odd, {}, {}, {}},
                            {"RequestDisallowedByPolicy", "no", "", {}, {}}, "object-1")
                  .fix_az.empty());
}

TEST(Explanation, SurvivesItsJsonAndPrintsWhole) {
  const Explanation out = explained(facts_of({}, {}), {kWrite, kSa, {}, {}, {}});
  const Explanation again = explanation_from_json(to_json(out));
  EXPECT_EQ(to_json(again), to_json(out));
  const std::string text = to_text(again);
  for (const std::string part : {kWrite, "no_grant", "access.azure.roles", "Storage Account"}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace armature::access
