// Every row of tests/cases/template/functions.json.
#include <gtest/gtest.h>

#include "base/files.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/testing.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

Json cases() {
  const auto file = read_file(ARMATURE_SOURCE_DIR "/tests/cases/template/functions.json");
  return file ? testing::parsed(*file) : Json(nullptr);
}

Outcome<Json> evaluate(const std::string& expression) {
  Context context;
  context.document = JsonObject{};
  context.surroundings = testing::group_surroundings();
  context.surroundings.management_group = nullptr;
  Evaluator evaluator(context, Phase::kStart);
  return evaluator.text("[" + expression + "]");
}

TEST(Functions, GiveTheValuesOfTheTable) {
  const Json table = cases();
  ASSERT_TRUE(table.is_object());
  for (const Json& row : table.at("vectors").as_array()) {
    const std::string expression = text_at(row, "expr");
    const auto got = evaluate(expression);
    ASSERT_TRUE(got) << expression << ": " << got.error().message;
    EXPECT_EQ(json_text(*got), json_text(row.at("expected"))) << expression;
  }
}

TEST(Functions, RefuseAsTheTableSays) {
  const Json table = cases();
  ASSERT_TRUE(table.is_object());
  for (const Json& row : table.at("errors").as_array()) {
    const std::string expression = text_at(row, "expr");
    const auto got = evaluate(expression);
    ASSERT_FALSE(got) << expression << " gave " << json_text(*got);
    EXPECT_TRUE(got.error().message.starts_with(text_at(row, "messagePrefix")))
        << expression << ": " << got.error().message;
  }
}

}  // namespace
}  // namespace armature::sandbox::tmpl
