// The definitions and initiatives that Azure ships: every one must be read, and the ones that
// tests/cases/policy has resources for must judge them right.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "base/bytes.h"
#include "base/files.h"
#include "sandbox/policy/catalog.h"

namespace armature::sandbox::policy {
namespace {

constexpr std::size_t kLeastCases = 60;

std::filesystem::path corpus() { return ARMATURE_SOURCE_DIR "/../shared/data/policies"; }

Json json_of(const std::filesystem::path& file) {
  const auto text = read_file(file);
  const auto document = text ? parse_json(*text, 256) : text.error();
  return document ? *document : Json(nullptr);
}

template <class F>
void read_all(const char* folder, F read) {
  if (!std::filesystem::exists(corpus() / folder)) {
    GTEST_SKIP() << "no corpus at " << corpus() / folder;
  }
  std::size_t done = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus() / folder)) {
    if (entry.path().extension() != ".json") continue;
    const Json document = json_of(entry.path());
    const Json* properties = find(document, "properties");
    ASSERT_TRUE(properties) << entry.path();
    const auto result = read(entry.path().stem().string(), *properties);
    EXPECT_TRUE(result) << entry.path() << "\n"
                        << (result ? "" : result.error().code + ": " + result.error().message);
    ++done;
  }
  EXPECT_GT(done, 0u);
}

TEST(PolicyCorpus, EveryDefinitionIsRead) { read_all("definitions", read_definition); }
TEST(PolicyCorpus, EveryInitiativeIsRead) { read_all("initiatives", read_set); }

// "violates", "complies" or the error.
std::string judged(const Definition& definition, const Json& row, const Json& resource) {
  AssignmentFacts facts;
  if (const Json* given = find(row, "parameters")) {
    for (const auto& [name, value] : given->get_object()) {
      facts.parameters.emplace(to_lower(name), value);
    }
  }
  const auto binding =
      bind_one(facts, "", std::make_shared<const Definition>(definition), facts.parameters, "");
  if (!binding) return binding.error().code + ": " + binding.error().message;
  Request request;
  request.context = JsonObject{
      {"apiVersion",   text_at(row, "apiVersion", "2024-07-01")},
      {"identity", JsonObject{{"idtyp", "app"}}           }
  };
  request.subscription = JsonObject{
      {"id",             "/subscriptions/11111111-2222-4333-8444-555555555555"},
      {"subscriptionId", "11111111-2222-4333-8444-555555555555"               }
  };
  if (const Json* group = find(row, "resourceGroup")) request.resource_group = *group;
  const Subject subject(resource);
  Judgement judgement(subject, facts_of(*binding, request));
  const auto holds = judgement.holds(definition.condition);
  if (!holds) return holds.error().message;
  return *holds ? "violates" : "complies";
}

TEST(PolicyCorpus, ResourcesAreJudgedRight) {
  if (!std::filesystem::exists(corpus())) GTEST_SKIP() << "no corpus at " << corpus();
  std::size_t done = 0;
  const std::filesystem::path cases = ARMATURE_SOURCE_DIR "/tests/cases/policy";
  for (const auto& entry : std::filesystem::directory_iterator(cases)) {
    const Json rows = json_of(entry.path());
    ASSERT_TRUE(rows.is_array()) << entry.path();
    for (const Json& row : rows.get_array()) {
      const std::string name = text_at(row, "definition");
      const Json document = json_of(corpus() / "definitions" / (name + ".json"));
      ASSERT_TRUE(document.is_object()) << name;
      const auto definition = read_definition(name, document.at("properties"));
      ASSERT_TRUE(definition) << name;
      EXPECT_EQ(judged(*definition, row, row.at("violating")), "violates") << name;
      EXPECT_EQ(judged(*definition, row, row.at("compliant")), "complies") << name;
      ++done;
    }
  }
  std::cout << "[ policies ] " << done << " judged\n";
  EXPECT_GE(done, kLeastCases);
}

}  // namespace
}  // namespace armature::sandbox::policy
