#pragma once
// Evaluation of document values: expressions, property copy loops, user functions, lazy variables.
//
//   Context    what all evaluations of one deployment share; parameters are filled by expand and
//              read-only after it, variables are kept once evaluated (under the lock)
//   Phase      kDefault: parameter defaults (newGuid and utcNow allowed); kStart: names,
//   conditions,
//              variables; kRun: reference() and list*() are answered by the Lookup
//   Preview    what is known only while the deployment runs is the error kNotYetKnown; with
//              keep_unknown a document value that ends in it stays an expression instead
//   Limits     kMaxSteps nodes and value parts per Evaluator, kMaxDepth levels
//   Threads    one Evaluator per call; a Context may be shared
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/template/expression.h"
#include "sandbox/template/functions.h"
#include "sandbox/template/template.h"

namespace armature::sandbox::tmpl {

constexpr const char* kNotYetKnown = "NotYetKnown";

enum class Phase { kDefault, kStart, kRun };

struct Loop {
  std::string name;
  std::int64_t index = 0;
  bool of_property = false;  // copyIndex() without a name means the resource's loop, not this one
};

class Directory;

struct Context {
  Json document;
  Surroundings surroundings;
  JsonObject given;                        // parameters of the request
  bool symbolic = false;                   // languageVersion 2.0
  std::map<std::string, Json> parameters;  // by lower-case name
  // In a preview: parameters without a known value, and the expression that stands for each.
  std::map<std::string, std::shared_ptr<const Node>> unknown;
  std::mutex mutex;  // guards the two below
  std::map<std::string, std::shared_ptr<const Json>> variables;
  std::map<std::string, std::shared_ptr<const Node>, std::less<>> trees;
  const Dialect* dialect = nullptr;  // nullptr: templates

  const Function* function(std::string_view name) const {
    return dialect == nullptr ? find_function(name) : dialect->find(name);
  }

  // Object member of the document, or nullptr.
  const JsonObject* section(std::string_view name) const;
};

class Evaluator {
 public:
  Evaluator(Context& shared, Phase when, Lookup* run_time_lookup = nullptr,
            const Directory* known_resources = nullptr, std::vector<Loop> around = {});

  // A value of the document: strings as expressions, keys as expressions, "copy" members expanded.
  Outcome<Json> value(const Json& written);
  Outcome<Json> text(std::string_view written);
  // The tree with all that is known filled in.
  Outcome<Node> reduced(const Node& tree);
  Outcome<std::string> string(const Json& written, std::string_view what);
  Outcome<Json> node(const Node& tree);
  Outcome<std::shared_ptr<const Node>> tree(std::string_view inside);
  Outcome<std::int64_t> copy_count(const Json& loop);  // evaluated "count", 0..800
  // The array of {name, count, input}: one evaluated input per iteration.
  Outcome<Json> copied(const Json& loop, const std::string& name, bool of_property);

  // For the functions. Pointers live as long as this Evaluator's context.
  Outcome<const Json*> parameter(std::string_view name);
  Outcome<const Json*> variable(std::string_view name);
  Outcome<const Json*> lambda_variable(std::string_view name) const;
  Outcome<std::int64_t> copy_index(std::string_view loop) const;  // "": the innermost
  Outcome<Json> call_lambda(const Node& lambda, std::vector<Json> arguments);
  // A call whose arguments are known: argument count, evaluation, limits. Not for specials.
  Outcome<Json> apply(const Function& function, const Node& call, const Arguments& arguments);
  // Counts against the limit of steps; functions whose work is not linear call it themselves.
  std::optional<TemplateError> spend(std::size_t steps);
  static Outcome<const Json*> access(const Json& base, const Json& key);

  Context& context;
  Phase phase;
  Lookup* lookup;
  const Directory* directory;
  std::vector<Loop> loops;
  bool keep_unknown = false;

 private:
  struct Frame;
  class Level;

  Outcome<Json> object(const JsonObject& written);
  Outcome<Json> call(const Node& call);
  Outcome<Json> user_function(const Node& call);
  // The value of a tree without copying what parameters, variables and lambdas hold.
  Outcome<const Json*> peek(const Node& tree, Json& room);
  Outcome<Json> unresolved(const Node& tree);
  Outcome<const Json*> part(const Json& base, const Json& key) const;
  Outcome<Json> fresh_variable(const std::string& key, std::string_view name);
  std::optional<TemplateError> weigh(const Json& result, int depth);

  std::deque<std::pair<std::string, Json>> lambdas_;
  const std::map<std::string, Json>* arguments_ = nullptr;  // inside a user function
  std::vector<std::string> resolving_;                      // variables and parameters under way
  std::size_t steps_ = 0;
  int depth_ = 0;
};

// Checks every expression of the document that belongs to this deployment: syntax, names and
// argument counts, also where nothing evaluates it.
std::optional<TemplateError> check_expressions(Context& context);
std::optional<TemplateError> check_call(const Context& context, const Node& call);

TemplateError within(TemplateError error, std::string_view key);  // adds to the path
TemplateError within(TemplateError error, std::size_t index);

}  // namespace armature::sandbox::tmpl
