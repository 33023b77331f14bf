#pragma once
// Machine: one rendering. Evaluates the tree against a context within fixed budgets: loop steps,
// output bytes, and "work", which counts evaluated nodes and the size of every value that is made.
//   Threads   one machine, one thread
//   Lifetime  the context outlives the machine and is not changed meanwhile
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dag/jinja_ast.h"
#include "dag/jinja_value.h"

namespace armature::dag {

struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

// Arguments by the names of a signature ("width,first,blank"); absent ones are null.
class Bound {
 public:
  static Result<Bound> bind(std::string_view signature, const Arguments& arguments);
  const Json* operator[](std::size_t i) const { return values_[i]; }
  const Arguments& raw() const { return *raw_; }
  Result<std::int64_t> integer(std::size_t i, std::int64_t otherwise) const;
  Result<std::string> text(std::size_t i, std::string_view otherwise) const;
  bool flag(std::size_t i, bool otherwise) const;

 private:
  std::vector<const Json*> values_;
  const Arguments* raw_ = nullptr;
};

class Machine {
 public:
  using Node = Template::Node;

  explicit Machine(const JsonObject& context) : context_(context) {}

  Result<Value> eval(const Node& node);
  Status run(const Node& node);  // a statement; its text is added to the output
  std::string take_output() && { return std::move(out_); }

  Result<Value> apply_filter(std::string_view name, const Value& subject, const Arguments& args);
  Result<bool> apply_test(std::string_view name, const Value& subject, const Arguments& args);
  Status charge(std::size_t work);
  Status loop_step();
  Result<Value> admit(Json made);  // checks size and depth of a value that was just made
  // What iterating the value gives: elements, keys, characters.
  Result<JsonArray> items_of(const Json& value);

 private:
  Result<Value> eval_defined(const Node& node);  // an undefined value is an error here
  Result<Value> evaluate(const Node& node);
  Result<Value> name(const Node& node);
  Result<Value> collection(const Node& node);
  Result<Value> slice(const Node& node);
  Result<Value> unary(const Node& node);
  Result<Value> binary(const Node& node);
  Result<Value> compare(const Node& node);
  Result<Value> call(const Node& node);
  Result<Arguments> arguments(const Node& node);
  Status run_for(const Node& node);
  Status run_body(const Node& node, const JsonArray& items);
  Status assign(const std::vector<std::string>& names, Json value);
  Status write(const Value& value, const Node& node);

  const JsonObject& context_;
  std::deque<std::map<std::string, Value, std::less<>>> scopes_{1};
  std::string out_;
  std::size_t work_ = 0;
  std::size_t steps_ = 0;
};

// A member, element or character; undefined with the names that are there when it is missing.
Value member_of(const Value& object, const Json& key);
// "a.b.0" below a value, as the `attribute` argument of filters names it.
Value attribute_of(const Json& value, const Json& path);

// Functions by name, and methods of a value (text, dict, ISO time).
Result<Json> call_function(Machine& machine, std::string_view name, const Arguments& arguments);
Result<Json> call_macro(std::string_view name, const Arguments& arguments);
Result<Json> call_method(const Json& object, std::string_view name, const Arguments& arguments);

}  // namespace armature::dag
