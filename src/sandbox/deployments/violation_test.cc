// Where a template is wrong: code, message, path, line and column, in the text as it was sent.
#include <gtest/gtest.h>

#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::World;

struct Sent {
  World world;
  Sent() { world.make_group(); }
  // The template's lines begin where its bracket opens.
  Json error_of(const std::string& document, const std::string& parameters = "{}") {
    const auto answer = world.call("PUT", world.deployment("d"),
                                   R"({"properties": {"mode": "Incremental", "parameters": )" +
                                       parameters + R"(, "template": )" + document + "}}");
    EXPECT_EQ(answer.status, 400) << answer.body;
    return testing::must(parse_json(answer.body)).at("error");
  }
  static std::string place(const Json& error) {
    const Json* extra = find(error, "additionalInfo");
    if (!extra || !extra->is_array()) return "none";
    const Json& info = extra->get_array().at(0).at("info");
    return text_at(info, "path") + " " + std::to_string(int_at(info, "lineNumber")) + ":" +
           std::to_string(int_at(info, "linePosition"));
  }
};

TEST(Violation, NamesLineAndColumnInTheTemplate) {
  Sent sent;
  struct Row {
    const char* document;
    const char* place;
    const char* message;
  };
  for (const Row& row : {
           Row{"{\n  \"resources\": [\n    {\"type\": \"A.B/c\", \"apiVersion\": \"1\", \"name\": "
               "\"a/b\"}]}",                                              "resources[0] 3:5",            "at line '3' and column '5' has incorrect segment lengths"},
           Row{"{\"parameters\": {\n\"p\": {\"type\": \"int\"}}, \"resources\": []}",
               "parameters.p 2:6",                                                                                      "'p' at line '2' and column '6' is not provided"          },
           Row{"{\"resources\": [], \"variables\": {\n  \"v\": \"[concat('a' 'b')]\"}}",
               "variables.v 2:21",                                                                                      "expected token 'RightParenthesis'"                       },
           Row{"{\"resources\": [], \"outputs\": {\"o\": {\"type\": \"string\",\n \"value\":"
               " \"[concat('\\\"', nope())]\"}}}",                        "outputs.o.value 2:26",        "The template function 'nope' is not valid"               },
           Row{"{\"resources\": [\n {\"type\": \"A.B/c\", \"apiVersion\": \"1\", \"name\": \"a\","
               " \"dependsOn\": [\"x\"]}]}",                              "resources[0].dependsOn 2:65", "'x' is not defined in the template"                      },
  }) {
    const Json error = sent.error_of(row.document);
    EXPECT_EQ(text_at(error, "code"), "InvalidTemplate");
    EXPECT_EQ(Sent::place(error), row.place) << row.document;
    EXPECT_NE(text_at(error, "message").find(row.message), std::string::npos)
        << text_at(error, "message");
  }
}

TEST(Violation, AResourceThatCannotBeEvaluatedIsPlacedToo) {
  Sent sent;
  const std::string document =
      "{\"resources\": [\n   {\"type\": \"A.B/c\", \"apiVersion\": \"1\", \"name\": \"a\","
      "\"properties\": {\"x\": \"[createObject().y]\"}}]}";
  sent.world.call("PUT", sent.world.deployment("d"),
                  R"({"properties": {"mode": "Incremental", "template": )" + document + "}}");
  const Json ended = sent.world.ended("d");
  EXPECT_NE(dump(ended).find("at line '2' and column '4'"), std::string::npos) << dump(ended);
}

}  // namespace
}  // namespace armature::sandbox
