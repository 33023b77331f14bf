#include "sandbox/template/evaluator.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/parameters.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

constexpr std::size_t kMaxSteps = 2'000'000;
constexpr int kMaxDepth = 600;
constexpr int kMaxValueDepth = 100;
constexpr std::int64_t kMaxCopies = 800;

bool is_copy_loops(std::string_view key, const Json& value) {
  const auto* loops = value.if_array();
  if (!equal_ci(key, "copy") || loops == nullptr || loops->empty()) return false;
  return std::ranges::all_of(*loops, [](const Json& loop) {
    const auto* object = loop.if_object();
    return object != nullptr && find_ci(*object, "name") != nullptr &&
           find_ci(*object, "count") != nullptr;
  });
}

}  // namespace

class Evaluator::Level {
 public:
  explicit Level(int& depth) : depth_(depth) { ++depth_; }
  ~Level() { --depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  int& depth_;
};

const JsonObject* Context::section(std::string_view name) const {
  const auto* root = document.if_object();
  const Json* found = root == nullptr ? nullptr : find_ci(*root, name);
  return found == nullptr ? nullptr : found->if_object();
}

Evaluator::Evaluator(Context& shared, Phase when, Lookup* run_time_lookup,
                     const Directory* known_resources, std::vector<Loop> around)
    : context(shared),
      phase(when),
      lookup(run_time_lookup),
      directory(known_resources),
      loops(std::move(around)) {}

TemplateError within(TemplateError error, std::string_view key) {
  const bool joined = error.path.empty() || error.path.front() == '[';
  error.path = std::string(key) + (joined ? "" : ".") + error.path;
  return error;
}

TemplateError within(TemplateError error, std::size_t index) {
  return within(std::move(error), "[" + std::to_string(index) + "]");
}

std::optional<TemplateError> Evaluator::spend(std::size_t steps) {
  steps_ += steps;
  if (steps_ > kMaxSteps) {
    return invalid_template("The evaluation of the template takes too many steps.");
  }
  if (depth_ > kMaxDepth) {
    return invalid_template("The evaluation of the template is nested too deeply.");
  }
  return std::nullopt;
}

// Values are paid for by size, so doubling a value again and again ends early.
std::optional<TemplateError> Evaluator::weigh(const Json& result, int depth) {
  if (depth > kMaxValueDepth) {
    return invalid_template("A template expression gave a value that is nested too deeply.");
  }
  if (const auto* text = result.if_string()) return spend(1 + text->size() / 16);
  if (const auto* array = result.if_array()) {
    for (const Json& element : *array) {
      if (auto error = weigh(element, depth + 1)) return error;
    }
  } else if (const auto* object = result.if_object()) {
    for (const auto& [key, member] : *object) {
      if (auto error = weigh(member, depth + 1)) return error;
    }
  }
  return spend(1);
}

Outcome<Json> Evaluator::value(const Json& written) {
  const Level level(depth_);
  if (auto error = spend(1)) return *std::move(error);
  if (written.is_string()) return text(as_text(written));
  if (const auto* members = written.if_object()) return object(*members);
  const auto* elements = written.if_array();
  if (elements == nullptr) return written;
  JsonArray out;
  out.reserve(elements->size());
  for (std::size_t i = 0; i < elements->size(); ++i) {
    auto element = value((*elements)[i]);
    if (!element) return within(element.error(), i);
    out.push_back(*std::move(element));
  }
  return Json(std::move(out));
}

Outcome<Json> Evaluator::object(const JsonObject& written) {
  JsonObject out;
  for (const auto& [key, member] : written) {
    if (is_copy_loops(key, member)) {
      const auto& array = member.get_array();
      for (std::size_t i = 0; i < array.size(); ++i) {
        auto name = string(*find_ci(array[i].get_object(), "name"), "copy name");
        if (!name) return within(within(name.error(), i), "copy");
        auto elements = copied(array[i], *name, true);
        if (!elements) return within(within(elements.error(), i), "copy");
        out[*name] = *std::move(elements);
      }
      continue;
    }
    std::string name(key);
    if (is_expression(key)) {
      auto evaluated = text(key);
      if (!evaluated) return within(evaluated.error(), key);
      if (!evaluated->is_string()) {
        return within(invalid_template("The property name '" + name +
                                       "' must evaluate to a string, not to a value of type '" +
                                       type_name(*evaluated) + "'."),
                      key);
      }
      name = plain_text(*evaluated);
    } else {
      name = unescape(key);
    }
    auto evaluated = value(member);
    if (!evaluated) return within(evaluated.error(), key);
    out[name] = *std::move(evaluated);
  }
  return Json(std::move(out));
}

Outcome<std::int64_t> Evaluator::copy_count(const Json& loop) {
  const auto* object = loop.if_object();
  const Json* written = object == nullptr ? nullptr : find_ci(*object, "count");
  if (written == nullptr) {
    return invalid_template(
        "The copy definition has no 'count'. Please see "
        "https://aka.ms/arm-copy for usage details.");
  }
  const bool keep = std::exchange(keep_unknown, false);
  auto count = value(*written);
  keep_unknown = keep;
  if (!count) return within(count.error(), "count");
  const auto* number = count->if_int64();
  if (number == nullptr || *number < 0 || *number > kMaxCopies) {
    return invalid_template("The template copy count '" + plain_text(*count) +
                            "' is not valid: it must be an integer from '0' to '" +
                            std::to_string(kMaxCopies) +
                            "'. Please see https://aka.ms/arm-copy for usage details.");
  }
  return *number;
}

Outcome<Json> Evaluator::copied(const Json& loop, const std::string& name, bool of_property) {
  ARMATURE_TRY(const std::int64_t count, copy_count(loop));
  const Json* input = find_ci(loop.get_object(), "input");
  JsonArray out;
  for (std::int64_t i = 0; i < count; ++i) {
    loops.push_back({name, i, of_property});
    auto element = input == nullptr ? Outcome<Json>(Json(i)) : value(*input);
    loops.pop_back();
    if (!element) return within(element.error(), "input");
    out.push_back(*std::move(element));
  }
  return Json(std::move(out));
}

Outcome<Json> Evaluator::text(std::string_view written) {
  if (!is_expression(written)) return Json(unescape(written));
  ARMATURE_TRY(const auto parsed, tree(written.substr(1, written.size() - 2)));
  if (!keep_unknown) return node(*parsed);
  // Inside the expression a value must be known: an expression is no argument.
  keep_unknown = false;
  auto result = node(*parsed);
  keep_unknown = true;
  return result || result.error().code != kNotYetKnown ? std::move(result) : unresolved(*parsed);
}

Outcome<std::string> Evaluator::string(const Json& written, std::string_view what) {
  ARMATURE_TRY(const Json result, value(written));
  if (result.is_string()) return std::string(as_text(result));
  return invalid_template("The " + std::string(what) +
                          " must be a string; it is a value of type '" + type_name(result) + "'.");
}

Outcome<std::shared_ptr<const Node>> Evaluator::tree(std::string_view inside) {
  {
    const std::lock_guard lock(context.mutex);
    if (const auto found = context.trees.find(inside); found != context.trees.end()) {
      return found->second;
    }
  }
  ARMATURE_TRY(Node parsed, parse_expression(inside));
  auto shared = std::make_shared<const Node>(std::move(parsed));
  const std::lock_guard lock(context.mutex);
  context.trees.emplace(inside, shared);
  return shared;
}

Outcome<Json> Evaluator::node(const Node& tree) {
  const Level level(depth_);
  if (auto error = spend(1)) return *std::move(error);
  switch (tree.kind) {
    case NodeKind::kString:
      return Json(tree.text);
    case NodeKind::kInteger:
      return Json(tree.number);
    case NodeKind::kCall:
      return call(tree);
    case NodeKind::kMember:
    case NodeKind::kIndex:
      break;
  }
  Json room;
  ARMATURE_TRY(const Json* found, peek(tree, room));
  if (auto error = weigh(*found, 0)) return *std::move(error);
  return *found;
}

Outcome<const Json*> Evaluator::peek(const Node& tree, Json& room) {
  const Level level(depth_);
  if (auto error = spend(1)) return *std::move(error);
  if (tree.kind == NodeKind::kMember || tree.kind == NodeKind::kIndex) {
    ARMATURE_TRY(const Json* base, peek(tree.children[0], room));
    if (tree.kind == NodeKind::kMember) return part(*base, Json(tree.text));
    ARMATURE_TRY(const Json key, node(tree.children[1]));
    return part(*base, key);
  }
  const bool stored = tree.kind == NodeKind::kCall && tree.name_space.empty() &&
                      tree.children.size() == 1 && tree.children[0].kind == NodeKind::kString;
  if (stored && equal_ci(tree.text, "parameters")) return parameter(tree.children[0].text);
  if (stored && equal_ci(tree.text, "variables")) return variable(tree.children[0].text);
  if (stored && equal_ci(tree.text, "lambdaVariables")) {
    return lambda_variable(tree.children[0].text);
  }
  ARMATURE_TRY(room, node(tree));
  return &room;
}

Outcome<const Json*> Evaluator::part(const Json& base, const Json& key) const {
  static const Json kNull;
  if (context.dialect != nullptr && context.dialect->missing_is_null && key.is_string()) {
    const auto* object = base.if_object();
    const bool missing = object != nullptr && find_ci(*object, as_text(key)) == nullptr;
    if (missing || base.is_null()) return &kNull;
  }
  return access(base, key);
}

Outcome<const Json*> Evaluator::access(const Json& base, const Json& key) {
  const auto* array = base.if_array();
  if (array != nullptr && key.is_int64()) {
    const auto index = key.get_int64();
    if (index >= 0 && static_cast<std::size_t>(index) < array->size()) {
      return &(*array)[static_cast<std::size_t>(index)];
    }
    return invalid_template("The language expression property array index '" +
                            std::to_string(index) + "' is out of bounds.");
  }
  const auto* object = base.if_object();
  if (object == nullptr || !key.is_string()) {
    return invalid_template("The language expression property '" + plain_text(key) +
                            "' can't be evaluated.");
  }
  if (const Json* found = find_ci(*object, as_text(key))) return found;
  std::vector<std::string> names;
  for (const auto& [name, member] : *object) names.emplace_back(name);
  return invalid_template("The language expression property '" + plain_text(key) +
                          "' doesn't exist, available properties are '" + join(names, ", ") + "'.");
}

Outcome<Json> Evaluator::call(const Node& call) {
  if (auto error = check_call(context, call)) return *std::move(error);
  if (!call.name_space.empty()) return user_function(call);
  const Function& function = *context.function(call.text);
  if (function.run_time && context.surroundings.preview == Preview::kNested) {
    return not_yet_known(call.text);
  }
  if (function.run_time && phase != Phase::kRun) {
    return invalid_template("The template function '" + call.text +
                            "' is not expected at this location. Please see "
                            "https://aka.ms/arm-functions for usage details.");
  }
  if (function.special != nullptr) {
    auto result = function.special(*this, call);
    if (result) {
      if (auto error = weigh(*result, 0)) return *std::move(error);
    }
    return result;
  }
  Arguments arguments;
  arguments.reserve(call.children.size());
  for (const Node& child : call.children) {
    ARMATURE_TRY(Json argument, node(child));
    arguments.push_back(std::move(argument));
  }
  return apply(function, call, arguments);
}

Outcome<Json> Evaluator::apply(const Function& function, const Node&, const Arguments& arguments) {
  auto result = function.eager(*this, arguments);
  if (result) {
    if (auto error = weigh(*result, 0)) return *std::move(error);
  }
  return result;
}

}  // namespace armature::sandbox::tmpl
