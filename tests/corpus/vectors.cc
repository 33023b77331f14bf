// Rows {expr, expected} and {expr, messagePrefix}: each is evaluated, at the scope of a resource
// group.
#include "base/bytes.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/testing.h"
#include "sandbox/template/text.h"
#include "tests/corpus/corpus.h"

namespace armature::corpus {
namespace {

namespace tmpl = sandbox::tmpl;

tmpl::Outcome<Json> evaluate(const std::string& expression) {
  tmpl::Context context;
  context.document = JsonObject{};
  context.surroundings = tmpl::testing::group_surroundings();
  context.surroundings.management_group = nullptr;
  tmpl::Evaluator evaluator(context, tmpl::Phase::kStart);
  return evaluator.text("[" + expression + "]");
}

std::string judge_value(const Json& row) {
  const auto got = evaluate(text_at(row, "expr"));
  if (!got) return got.error().message;
  const Json* expected = find(row, "expected");
  if (expected && tmpl::same_value(*got, *expected)) return "";
  return "gave " + tmpl::json_text(*got) + ", not " +
         (expected ? tmpl::json_text(*expected) : "anything that the row says");
}

std::string judge_error(const Json& row) {
  const auto got = evaluate(text_at(row, "expr"));
  if (got) return "gave " + tmpl::json_text(*got) + " where an error is due";
  if (got.error().message.starts_with(text_at(row, "messagePrefix"))) return "";
  return "the message is: " + got.error().message;
}

std::string function_of(const std::string& expression) {
  return expression.substr(0, expression.find('('));
}

}  // namespace

bool is_vectors(const Document& document) {
  const Json* rows = find(document.json, "vectors");
  return rows && rows->is_array() && !rows->get_array().empty() &&
         find(rows->get_array()[0], "expr");
}

std::vector<Verdict> evaluate_vectors(std::span<const Document> documents) {
  std::vector<Verdict> out;
  const auto all = [&](const Json* rows, std::string (*judge)(const Json&)) {
    if (!rows || !rows->is_array()) return;
    for (const Json& row : rows->get_array()) {
      const std::string expression = text_at(row, "expr");
      out.push_back({expression, function_of(expression), judge(row), {}});
    }
  };
  for (const Document& document : documents) {
    all(find(document.json, "vectors"), judge_value);
    all(find(document.json, "errors"), judge_error);
  }
  return out;
}

}  // namespace armature::corpus
