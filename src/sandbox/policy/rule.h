#pragma once
// A policy rule's conditions: JSON to tree, and the tree's truth for a resource.
//
//   read_condition   checks the shape, operators, fields and every expression's syntax and names
//   Judgement        evaluates one rule on one subject: conditions, fields, expressions; keeps what
//                    it evaluated, as ARM shows it in a denial. "[*]" outside of a count means all
//                    members (also of none); inside it is the member that the count is at
//   Errors           TemplateError of codes InvalidPolicyRule, InvalidPolicyParameters; one during
//                    evaluation denies the request, as in Azure
//   Limits           the expression evaluator's: steps, depth; 512 conditions nested by JSON depth
//   Threads          a Judgement is for one call; trees may be shared
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sandbox/policy/field.h"
#include "sandbox/policy/operators.h"
#include "sandbox/template/evaluator.h"

namespace armature::sandbox::policy {

// A value as written: a literal, or an expression that is parsed once.
struct Written {
  Json value;
  std::shared_ptr<const tmpl::Node> tree;  // of a text that is an expression
  bool composite = false;                  // an object or array that may hold expressions
};
struct Condition;
struct Count {
  bool of_field = false;
  std::optional<Field> field;  // known before evaluation
  Written value;
  std::string name;
  std::vector<Condition> where;  // none or one
};
struct Condition {
  enum class Kind { kAllOf, kAnyOf, kNot, kField, kValue, kCount, kAction };
  Kind kind = Kind::kAllOf;
  std::vector<Condition> parts;  // allOf, anyOf, not
  std::optional<Field> field;    // known before evaluation
  Written left;                  // a field's name or a value, when written as an expression
  std::shared_ptr<const Count> count;
  Operator op = Operator::kEquals;
  Written right;
};

// Names of parameters that were read, for the checks of a definition.
struct Usage {
  std::map<std::string, std::string> parameters;  // by lower-case name
};
tmpl::Outcome<Condition> read_condition(const Json& written, Usage& usage);
tmpl::Outcome<Written> read_written(const Json& written, Usage& usage);
// Expressions anywhere in a value: their syntax, function names, parameters.
std::optional<tmpl::TemplateError> check_expressions(const Json& written, Usage& usage);

// What a rule knows beside the resource.
struct Facts {
  const std::map<std::string, Json>* parameters = nullptr;  // by lower-case name
  const Json* policy = nullptr;                             // policy()
  const Json* request = nullptr;                            // requestContext()
  const Json* subscription = nullptr;
  const Json* resource_group = nullptr;
  std::string_view action;  // "Microsoft.Storage/storageAccounts/write"
  Instant now;
};

struct Evaluated {
  std::string kind;        // "Field", "Value", "Count"
  std::string expression;  // as written
  std::string path;        // the field's path, "" for values
  Json value;
  Json target;
  Operator op = Operator::kEquals;
  bool result = false;
};

class Judgement {
 public:
  Judgement(const Subject& subject, const Facts& facts);
  ~Judgement();
  tmpl::Outcome<bool> holds(const Condition& condition);
  // Whether the resource's type, name and kind alone make it one that the rule is about.
  bool applies(const Condition& condition);
  tmpl::Outcome<Json> value(const Written& written);
  tmpl::Outcome<Json> value(const Json& written);
  tmpl::Outcome<std::string> text(const Written& written);
  // The field that a text, maybe an expression, names.
  tmpl::Outcome<Field> field(const Written& written);
  const std::vector<Evaluated>& evaluated() const { return evaluated_; }

 private:
  struct Scope;
  friend struct Scope;
  std::optional<bool> known(const Condition& condition);
  tmpl::Outcome<bool> field_holds(const Condition& condition);
  tmpl::Outcome<bool> leaf(const Condition& condition, std::string_view kind,
                           std::string_view expression, const Json& left);
  tmpl::Outcome<std::int64_t> count(const Count& count);
  tmpl::Outcome<std::int64_t> count_field(const Count& count);
  tmpl::Outcome<std::int64_t> count_members(const Count& count, const Field& field,
                                            std::size_t stars);
  tmpl::Outcome<std::int64_t> count_values(const Count& count);
  tmpl::Outcome<std::int64_t> count_one(const Count& count);

  const Subject& subject_;
  std::string action_;
  std::unique_ptr<Scope> scope_;
  tmpl::Evaluator evaluator_;
  std::vector<Evaluated> evaluated_;
};

}  // namespace armature::sandbox::policy
