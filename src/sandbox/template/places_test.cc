#include "sandbox/template/places.h"

#include <gtest/gtest.h>

#include <string>

namespace armature::sandbox::tmpl {
namespace {

constexpr const char* kText = R"({
  "a": {"b.c": [1, "x", {"d": true}], "é": "ü", "E": 2},
  "long": "say \"[concat('q')]\""
})";

std::string shown(Place place) {
  return std::to_string(place.line) + ":" + std::to_string(place.column);
}

TEST(Places, OfValuesInTheirText) {
  struct Row {
    const char* path;
    const char* place;
  };
  for (const Row& row : {
           Row{"",             "1:1" },
           Row{"a",            "2:8" },
           Row{"a.b.c",        "2:16"},
           Row{"a.b.c[0]",     "2:17"},
           Row{"a.b.c[1]",     "2:22"},
           Row{"a.b.c[2].d",   "2:34"},
           Row{"a.b.c[7]",     "2:16"},
           Row{"A.é",         "2:46"},
           Row{"a.e",          "2:54"},
           Row{"a.nothing[0]", "2:8" },
           Row{"long",         "3:33"},
  }) {
    EXPECT_EQ(shown(place_of(kText, row.path)), row.place) << row.path;
  }
  EXPECT_EQ(shown(place_of("", "a")), "0:0");
}

TEST(Places, OfCharactersInsideOfAString) {
  EXPECT_EQ(shown(in_text(kText, "long", 0)), "3:12");
  EXPECT_EQ(shown(in_text(kText, "long", 6)), "3:19");  // after the escaped quote
  EXPECT_EQ(shown(in_text(kText, "a", 3)), "2:8");
}

TEST(Places, TheTextOfAValue) {
  EXPECT_EQ(value_text(kText, "a.b.c[2]"), R"({"d": true})");
  EXPECT_EQ(value_text(kText, "a.x"), "");
}

TEST(Places, AsLooseAsArmReads) {
  constexpr const char* kLoose =
      "{properties: { // a comment: {\n /* [ */ 'mode': 'x', template: {\n 'a': [1]}}}";
  EXPECT_EQ(shown(place_of(kLoose, "properties.template.a")), "3:7");
  EXPECT_EQ(shown(place_of(kLoose, "properties.mode")), "2:20");
  EXPECT_EQ(value_text(kLoose, "properties.template"), "{\n 'a': [1]}");
}

TEST(Places, TextThatIsNoJsonDoesNoHarm) {
  for (const char* text :
       {"{", "[", "{\"", "{\"a", "{\"a\":", "{\"a\":\"\\", "]", "}", ",", "{\"a\" 1}"}) {
    for (const char* path : {"a", "[0]", "a.b[1", "[", "[x]"}) {
      (void)place_of(text, path);
      (void)in_text(text, path, 9);
      (void)value_text(text, path);
    }
  }
}

}  // namespace
}  // namespace armature::sandbox::tmpl
