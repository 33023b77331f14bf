// What a name means during evaluation: parameters, variables, loops, lambdas, user functions.
#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/parameters.h"

namespace armature::sandbox::tmpl {
namespace {

TemplateError not_found(std::string_view kind, std::string_view name) {
  return invalid_template("The template " + std::string(kind) + " '" + std::string(name) +
                          "' is not found. Please see https://aka.ms/arm-template/#" +
                          std::string(kind) + "s for usage details.");
}

// The member definition of a user function, or nullptr.
const JsonObject* find_user_function(const Context& context, const Node& call) {
  const auto* root = context.document.if_object();
  const Json* written = root == nullptr ? nullptr : find_ci(*root, "functions");
  const auto* spaces = written == nullptr ? nullptr : written->if_array();
  if (spaces == nullptr) return nullptr;
  for (const Json& space : *spaces) {
    if (!equal_ci(text_at(space, "namespace"), call.name_space)) continue;
    const Json* members = find(space, "members");
    if (members == nullptr || !members->is_object()) continue;
    const Json* member = find_ci(members->get_object(), call.text);
    if (member != nullptr && member->is_object()) return &member->get_object();
  }
  return nullptr;
}

const JsonArray& formal_parameters(const JsonObject& member) {
  static const JsonArray kNone;
  const Json* written = find_ci(member, "parameters");
  return written != nullptr && written->is_array() ? written->get_array() : kNone;
}

TemplateError wrong_count(const Node& call, std::size_t least, std::size_t most) {
  std::string expected = std::to_string(least);
  if (most >= kMany) {
    expected = "at least " + expected;
  } else if (most != least) {
    expected += " to " + std::to_string(most);
  }
  return invalid_template("Unable to evaluate template language function '" + call.text +
                          "': function requires " + expected + " argument(s) while " +
                          std::to_string(call.children.size()) +
                          " were provided. Please see https://aka.ms/arm-template-expressions/#" +
                          to_lower(call.text) + " for usage details.");
}

}  // namespace

// A fresh set of names for a variable or a user function, put back at the end.
struct Evaluator::Frame {
  Frame(Evaluator& owner, const std::map<std::string, Json>* arguments)
      : evaluator(owner), old_arguments(owner.arguments_) {
    loops.swap(evaluator.loops);
    lambdas.swap(evaluator.lambdas_);
    evaluator.arguments_ = arguments;
  }
  ~Frame() {
    loops.swap(evaluator.loops);
    lambdas.swap(evaluator.lambdas_);
    evaluator.arguments_ = old_arguments;
  }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  Evaluator& evaluator;
  std::vector<Loop> loops;
  std::deque<std::pair<std::string, Json>> lambdas;
  const std::map<std::string, Json>* old_arguments;
};

std::optional<TemplateError> check_call(const Context& context, const Node& call) {
  std::size_t least = 0;
  std::size_t most = 0;
  if (!call.name_space.empty()) {
    const JsonObject* member = find_user_function(context, call);
    if (member == nullptr) {
      return invalid_template("The template function '" + call.name_space + "." + call.text +
                              "' is not valid. Please see https://aka.ms/arm-functions for usage "
                              "details.");
    }
    least = most = formal_parameters(*member).size();
  } else {
    const Function* function = context.function(call.text);
    if (function == nullptr) {
      return invalid_template("The template function '" + call.text +
                              "' is not valid. Please see https://aka.ms/arm-functions for usage "
                              "details.");
    }
    least = function->min_arguments;
    most = function->max_arguments;
  }
  if (call.children.size() < least || call.children.size() > most) {
    return wrong_count(call, least, most);
  }
  return std::nullopt;
}

Outcome<const Json*> Evaluator::parameter(std::string_view name) {
  const std::string key = to_lower(name);
  if (arguments_ != nullptr) {
    const auto found = arguments_->find(key);
    if (found == arguments_->end()) return not_found("parameter", name);
    return &found->second;
  }
  if (context.unknown.contains(key)) return not_yet_known(name);
  if (const auto found = context.parameters.find(key); found != context.parameters.end()) {
    return &found->second;
  }
  const JsonObject* declared = context.section("parameters");
  const Json* declaration = declared == nullptr ? nullptr : find_ci(*declared, name);
  // In a nested template an unknown name may be one of the parent's, which its preview left.
  if (declaration == nullptr && context.surroundings.preview == Preview::kNested) {
    return not_yet_known(name);
  }
  if (declaration == nullptr || phase != Phase::kDefault) return not_found("parameter", name);
  if (std::ranges::find(resolving_, "p:" + key) != resolving_.end()) {
    return invalid_template("The default value of the template parameter '" + std::string(name) +
                            "' refers to itself.");
  }
  resolving_.push_back("p:" + key);
  auto value = parameter_value(*this, std::string(name), *declaration);
  resolving_.pop_back();
  if (auto stand_in = stand_in_for(*this, std::string(name), *declaration, value)) {
    context.unknown[key] = std::move(stand_in);
    return not_yet_known(name);
  }
  if (!value) return value.error();
  return &context.parameters.insert_or_assign(key, *std::move(value)).first->second;
}

Outcome<const Json*> Evaluator::variable(std::string_view name) {
  if (arguments_ != nullptr) return not_found("variable", name);
  const std::string key = to_lower(name);
  {
    const std::lock_guard lock(context.mutex);
    const auto found = context.variables.find(key);
    if (found != context.variables.end()) return found->second.get();
  }
  if (std::ranges::find(resolving_, "v:" + key) != resolving_.end()) {
    return invalid_template("The template variable '" + std::string(name) +
                            "' refers to itself: circular references are not allowed.");
  }
  resolving_.push_back("v:" + key);
  auto value = fresh_variable(key, name);
  resolving_.pop_back();
  if (!value) return within(within(value.error(), name), "variables");
  auto shared = std::make_shared<const Json>(*std::move(value));
  const std::lock_guard lock(context.mutex);
  return context.variables.emplace(key, std::move(shared)).first->second.get();
}

Outcome<Json> Evaluator::fresh_variable(const std::string& key, std::string_view name) {
  const JsonObject* declared = context.section("variables");
  if (declared == nullptr) return not_found("variable", name);
  const Frame frame(*this, nullptr);
  const Phase outside = phase;
  if (phase == Phase::kRun) phase = Phase::kStart;
  auto result = [&]() -> Outcome<Json> {
    const Json* loops_written = find_ci(*declared, "copy");
    if (loops_written != nullptr && loops_written->is_array()) {
      for (const Json& loop : loops_written->get_array()) {
        if (to_lower(text_at(loop, "name")) == key) {
          return copied(loop, text_at(loop, "name"), false);
        }
      }
    }
    const Json* written = find_ci(*declared, name);
    if (written == nullptr) return not_found("variable", name);
    return value(*written);
  }();
  phase = outside;
  return result;
}

Outcome<const Json*> Evaluator::lambda_variable(std::string_view name) const {
  for (auto it = lambdas_.rbegin(); it != lambdas_.rend(); ++it) {
    if (equal_ci(it->first, name)) return &it->second;
  }
  return invalid_template("The lambda variable '" + std::string(name) +
                          "' is not found. Please see https://aka.ms/arm-functions for usage "
                          "details.");
}

Outcome<std::int64_t> Evaluator::copy_index(std::string_view loop) const {
  for (auto it = loops.rbegin(); it != loops.rend(); ++it) {
    if (loop.empty() ? !it->of_property : equal_ci(it->name, loop)) return it->index;
  }
  if (loop.empty() && !loops.empty()) return loops.back().index;
  return invalid_template(
      "The template function 'copyIndex' is not expected at this location. The function can only "
      "be used in a resource, property, variable or output with copy specified" +
      (loop.empty() ? std::string() : " under the name '" + std::string(loop) + "'") +
      ". Please see https://aka.ms/arm-copy for usage details.");
}

Outcome<Json> Evaluator::call_lambda(const Node& lambda, std::vector<Json> arguments) {
  if (lambda.kind != NodeKind::kCall || !equal_ci(lambda.text, "lambda") ||
      lambda.children.empty()) {
    return invalid_template("The template function expects a lambda expression as an argument.");
  }
  const std::size_t declared = lambda.children.size() - 1;
  if (declared > arguments.size()) {
    return invalid_template("The lambda expression declares " + std::to_string(declared) +
                            " variables while " + std::to_string(arguments.size()) +
                            " are provided.");
  }
  const std::size_t before = lambdas_.size();
  for (std::size_t i = 0; i < declared; ++i) {
    lambdas_.emplace_back(lambda.children[i].text, std::move(arguments[i]));
  }
  auto result = node(lambda.children.back());
  lambdas_.resize(before);
  return result;
}

Outcome<Json> Evaluator::user_function(const Node& call) {
  const JsonObject& member = *find_user_function(context, call);
  std::map<std::string, Json> arguments;
  for (std::size_t i = 0; i < call.children.size(); ++i) {
    ARMATURE_TRY(Json argument, node(call.children[i]));
    arguments[to_lower(text_at(formal_parameters(member)[i], "name"))] = std::move(argument);
  }
  const Json* output = find_ci(member, "output");
  const Json* written = output == nullptr ? nullptr : find(*output, "value");
  if (written == nullptr) {
    return invalid_template("The template function '" + call.name_space + "." + call.text +
                            "' has no output value.");
  }
  const Frame frame(*this, &arguments);
  return value(*written);
}

}  // namespace armature::sandbox::tmpl
