// The published schema, the loader and the operators of this build say the same.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

// Without this the library ends the process when a schema is broken.
#define VALIJSON_USE_EXCEPTIONS 1
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "base/bytes.h"
#include "base/files.h"
#include "dag/load_yaml.h"
#include "dag/schema.h"
#include "orchestrator/orchestrator.h"

namespace armature::orchestrator {
namespace {

using Names = std::set<std::string>;

const std::filesystem::path kRoot = ARMATURE_SOURCE_DIR;
const Json& schema() {
  static const Json kSchema = dag::json_schema(operator_specs());
  return kSchema;
}

// Of the first document in `text`; nothing: it is no YAML.
std::optional<bool> takes(const std::string& text) {
  std::vector<dag::Diagnostic> found;
  const auto documents = dag::split_documents(text);
  if (documents.empty()) return std::nullopt;
  const auto node = dag::read_yaml(documents[0], "f", found);
  if (!node) return std::nullopt;
  valijson::Schema rules;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::BoostJsonAdapter(schema()), rules);
  const Json document = dag::to_json(*node);
  valijson::Validator validator;
  return validator.validate(rules, valijson::adapters::BoostJsonAdapter(document), nullptr);
}

std::string text_of(const std::filesystem::path& file) {
  const auto text = read_file(file);
  EXPECT_TRUE(text) << file;
  return text ? *text : "";
}

// A file with `key` at the place that %s stands for.
std::string with(const std::string& form, const std::string& key) {
  std::string out = form;
  return out.replace(out.find("%s"), 2, key);
}

// The codes that the loader gives to `key` itself.
Names codes_of(const std::string& form, const std::string& key) {
  Names out;
  for (const dag::Diagnostic& one :
       dag::load(with(form, key + ": 1"), "f", operator_specs()).diagnostics) {
    if (one.path == key || one.path.ends_with("." + key)) out.insert(one.code);
  }
  return out;
}

// The keys the loader takes there: what it says is expected, without what it then refuses.
Names known_to_loader(const std::string& form) {
  Names out;
  for (const dag::Diagnostic& one :
       dag::load(with(form, "zzzz: 1"), "f", operator_specs()).diagnostics) {
    if (one.code != "unknown_key" || !one.path.ends_with("zzzz")) continue;
    for (const std::string& key : split(one.expected, ',')) {
      const std::string name(trim(key));
      if (!codes_of(form, name).contains("unsupported_field")) out.insert(name);
    }
  }
  EXPECT_FALSE(out.empty()) << form;
  return out;
}

Names keys_of(const Json& properties) {
  Names out;
  for (const auto& entry : properties.as_object()) out.insert(std::string(entry.key()));
  return out;
}

TEST(DagSchema, IsPublishedAsItIs) {
  EXPECT_EQ(text_of(kRoot / "docs/dag.schema.json"), dump(schema()) + "\n")
      << "armature dags schema > docs/dag.schema.json";
}

TEST(DagSchema, KnowsTheFieldsOfADag) {
  EXPECT_EQ(keys_of(*find(schema(), "properties")),
            known_to_loader("dag_id: d\ntasks: [{task_id: a, operator: empty}]\n%s\n"));
}

TEST(DagSchema, KnowsTheFieldsOfAccess) {
  const Json& azure = schema().at("properties").at("access").at("properties").at("azure");
  EXPECT_EQ(keys_of(azure.at("properties")),
            known_to_loader("dag_id: d\ntasks: [{task_id: a, operator: empty}]\n"
                            "access:\n  azure:\n    %s\n"));
  EXPECT_EQ(keys_of(schema().at("definitions").at("role").at("properties")),
            known_to_loader("dag_id: d\ntasks: [{task_id: a, operator: empty}]\n"
                            "access: {azure: {identity: i, roles: [{role: R, scope: /s, tasks: "
                            "all, %s}]}}\n"));
}

TEST(DagSchema, KnowsTheFieldsOfAGroup) {
  const std::string form =
      "dag_id: d\ntasks: [{task_id: a, operator: empty, task_group: g}]\n"
      "task_groups:\n  - %s\n    ";
  Names known = known_to_loader(form + "group_id: g\n");
  known.merge(known_to_loader(form + "group_name: g\n"));
  EXPECT_EQ(keys_of(schema().at("definitions").at("group").at("properties")), known);
}

TEST(DagSchema, KnowsTheFieldsOfASchedule) {
  Names described;
  for (const Json& form : schema().at("properties").at("schedule").at("anyOf").as_array()) {
    if (const Json* properties = find(form, "properties")) described.merge(keys_of(*properties));
  }
  Names known = known_to_loader(
      "dag_id: d\ntasks: [{task_id: a, operator: empty}]\nschedule: {cron: '@daily', %s}\n");
  for (const char* later : {"at", "assets"}) {  // told at the whole schedule's place
    EXPECT_EQ(known.erase(later), 1u);
  }
  EXPECT_EQ(described, known);
}

TEST(DagSchema, KnowsTheFieldsOfEveryOperator) {
  const JsonArray& branches = schema().at("definitions").at("task").at("allOf").as_array();
  ASSERT_EQ(branches.size(), operator_specs().size());
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const std::string& name = operator_specs()[i].name;
    EXPECT_EQ(
        keys_of(branches[i].at("then").at("properties")),
        known_to_loader("dag_id: d\ntasks:\n  - task_id: a\n    operator: " + name + "\n    %s\n"))
        << name;
  }
}

// default_args are told of one by one: each field of the schema is tried.
TEST(DagSchema, KnowsWhatMayBeADefault) {
  const Json& defaults = schema().at("properties").at("default_args").at("properties");
  const std::string form =
      "dag_id: d\ntasks: [{task_id: a, operator: empty}]\ndefault_args: {%s}\n";
  for (const std::string& key : keys_of(defaults)) {
    const Names codes = codes_of(form, key);
    EXPECT_FALSE(codes.contains("unknown_key") || codes.contains("unsupported_field")) << key;
  }
  Names all;
  for (const Json& branch : schema().at("definitions").at("task").at("allOf").as_array()) {
    all.merge(keys_of(branch.at("then").at("properties")));
  }
  for (const char* own : {"task_id", "operator", "dependencies", "upstream", "task_group"})
    all.erase(own);
  EXPECT_EQ(keys_of(defaults), all);
}

TEST(DagSchema, TakesWhatTheLoaderTakes) {
  int count = 0;
  for (const char* folder : {"examples", "tests/cases/dag/valid"}) {
    for (const auto& entry : std::filesystem::directory_iterator(kRoot / folder)) {
      if (entry.path().extension() != ".yaml") continue;
      EXPECT_EQ(takes(text_of(entry.path())), true) << entry.path();
      ++count;
    }
  }
  EXPECT_GE(count, 7);
}

// What a schema can see of a file that is broken at one place.
TEST(DagSchema, RefusesWhatHasTheWrongShape) {
  const Names shapes = {"missing_key", "unknown_key", "wrong_type", "unsupported_field",
                        "unknown_operator"};
  // Only load() sees: an argument that default_args may give, what one field asks of another, what
  // stands inside a param's schema, YAML's merging, and that a condition is one expression.
  const Names beyond = {"catchup_without_start.yaml", "missing_argument.yaml",
                        "param_keyword.yaml",         "param_ref.yaml",
                        "merge_of_text.yaml",         "condition_two_expressions.yaml",
                        "second_document.yaml"};
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kRoot / "tests/cases/dag/broken")) {
    const std::string text = text_of(entry.path());
    const auto loaded = dag::load(text, "f", operator_specs());
    const bool by_shape = std::ranges::any_of(
        loaded.diagnostics, [&](const dag::Diagnostic& one) { return shapes.contains(one.code); });
    if (!by_shape || beyond.contains(entry.path().filename().string())) continue;
    EXPECT_EQ(takes(text), false) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 30);
}

}  // namespace
}  // namespace armature::orchestrator
