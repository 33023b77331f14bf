// Every row of the corpus's expression vectors, and the hashes compilers wrote into templates.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "base/files.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/testing.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

// Beside the checkout, where there is one.
std::filesystem::path corpus() { return ARMATURE_SOURCE_DIR "/../shared/data"; }

Outcome<Json> evaluate(const std::string& expression) {
  Context context;
  context.document = JsonObject{};
  context.surroundings = testing::group_surroundings();
  Evaluator evaluator(context, Phase::kStart);
  return evaluator.text("[" + expression + "]");
}

TEST(Vectors, EveryRowOfTheCorpus) {
  const auto file = read_file(corpus() / "function-vectors.json");
  if (!file) GTEST_SKIP() << "no corpus: ../shared/data is not there";
  const Json rows = testing::parsed(*file);
  std::size_t passed = 0;
  const auto& vectors = rows.at("vectors").get_array();
  for (const Json& row : vectors) {
    const auto got = evaluate(text_at(row, "expr"));
    const Json& expected = row.at("expected");
    EXPECT_TRUE(got) << text_at(row, "expr") << ": " << got.error().message;
    if (!got) continue;
    EXPECT_TRUE(same_value(*got, expected))
        << text_at(row, "expr") << " gave " << json_text(*got) << ", not " << json_text(expected);
    passed += same_value(*got, expected) ? 1 : 0;
  }
  for (const Json& row : rows.at("errors").get_array()) {
    const auto got = evaluate(text_at(row, "expr"));
    ASSERT_FALSE(got) << text_at(row, "expr");
    EXPECT_TRUE(got.error().message.starts_with(text_at(row, "messagePrefix")))
        << got.error().message;
  }
  std::cout << "[ vectors  ] " << passed << " of " << vectors.size() << "\n";
}

TEST(Vectors, HashesThatCompilersWrote) {
  std::size_t right = 0;
  std::size_t all = 0;
  std::error_code missing;
  for (const auto& folder : std::filesystem::directory_iterator(corpus() / "templates", missing)) {
    const auto file = read_file(folder.path() / "azuredeploy.json");
    if (!file) continue;
    const Json document = testing::parsed(*file);
    const std::string hash = text_at(document, "metadata._generator.templateHash");
    if (hash.empty()) continue;
    ++all;
    right += template_hash(document) == hash ? 1 : 0;
  }
  if (all == 0) GTEST_SKIP() << "no corpus: ../shared/data is not there";
  // The member order inside type definitions is not known: templates with them do not match.
  EXPECT_GE(right * 5, all * 2);
  std::cout << "[ hashes   ] " << right << " of " << all << "\n";
}

}  // namespace
}  // namespace armature::sandbox::tmpl
