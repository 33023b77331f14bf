#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "dag/render.h"

namespace armature::dag {
namespace {

// What Jinja2 made of random templates: a fixed cut of them, or the file that `make jinja` wrote.
TEST(Jinja, MakesTheSameOfRandomTemplates) {
  const char* file = std::getenv("ARMATURE_JINJA_CASES");
  const auto text =
      read_file(file != nullptr ? file : ARMATURE_SOURCE_DIR "/tests/cases/jinja/generated.json");
  ASSERT_TRUE(text);
  const auto all = parse_json(*text);
  ASSERT_TRUE(all) << all.error().message;
  const JsonArray& rows = find(*all, "rows")->get_array();
  EXPECT_GE(rows.size(), 500u);
  const JsonObject& names = find(*all, "context")->get_object();
  for (const Json& row : rows) {
    const auto out = render_text(text_at(row, "template"), names);
    const bool fails = row.as_object().contains("error");
    if (out ? !fails && *out == text_at(row, "text") : fails) continue;
    ADD_FAILURE() << text_at(row, "template")
                  << "\n  Jinja2: " << (fails ? "an error" : "'" + text_at(row, "text") + "'")
                  << "\n  here:   " << (out ? "'" + *out + "'" : out.error().message);
  }
}

}  // namespace
}  // namespace armature::dag
