#include <algorithm>

#include "base/bytes.h"
#include "dag/jinja_machine.h"

namespace armature::dag {

using Node = Template::Node;
using Kind = Node::Kind;

namespace {

constexpr std::size_t kMaxWork = 2'000'000;
constexpr std::size_t kNamesShown = 30;

Error at(const Node& node, const Error& error) {
  if (error.message.starts_with("line ")) return error;
  return template_error(node.line, node.column, error.message);
}

std::string known_names(std::vector<std::string> names, std::string_view word) {
  const std::string near = nearest(word, names);
  std::string out;
  if (!near.empty()) out = "; did you mean '" + near + "'?";
  if (names.size() > kNamesShown) names.resize(kNamesShown);
  return out + " (known here: " + (names.empty() ? "nothing" : join(names, ", ")) + ")";
}

std::vector<std::string> keys_of(const JsonObject& object) {
  std::vector<std::string> out;
  for (const auto& member : object) out.emplace_back(member.key());
  return out;
}

struct Size {
  std::size_t work = 0;
  int depth = 0;
};
// Stops looking once the value is certainly too deep.
void measure(const Json& value, int depth, Size& size) {
  size.depth = std::max(size.depth, depth);
  ++size.work;
  if (depth > kMaxTemplateDepth) return;
  if (const auto* text = value.if_string()) size.work += text->size() / 16;
  if (const auto* list = value.if_array()) {
    for (const Json& item : *list) measure(item, depth + 1, size);
  }
  if (const auto* dict = value.if_object()) {
    for (const auto& member : *dict) measure(member.value(), depth + 1, size);
  }
}

// A part of a borrowed value is borrowed too; a part of a temporary must be copied.
Value below(const Value& object, const Json& part) {
  return object.borrowed() ? Value::look_at(part) : Value(part);
}

std::size_t clamp_index(std::int64_t index, std::size_t size) {
  const auto length = static_cast<std::int64_t>(size);
  if (index < 0) index += length;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(index, 0, length));
}

}  // namespace

Status Machine::charge(std::size_t work) {
  work_ += work;
  if (work_ > kMaxWork) return fail(Code::kInvalid, "the template does too much work");
  return Ok{};
}

Status Machine::loop_step() {
  if (++steps_ > kMaxLoopSteps) return fail(Code::kInvalid, "more than 100,000 loop steps");
  return Ok{};
}

Result<Value> Machine::admit(Json made) {
  if (made.is_string() && made.get_string().size() > kMaxOutputBytes) {
    return fail(Code::kInvalid, "the result is larger than 1 MiB");
  }
  Size size;
  measure(made, 0, size);
  if (size.depth > kMaxTemplateDepth) {
    return fail(Code::kInvalid, "the result is nested more than 64 deep");
  }
  ARMATURE_CHECK(charge(size.work));
  return Value(std::move(made));
}

Result<JsonArray> Machine::items_of(const Json& value) {
  JsonArray out;
  if (const auto* list = value.if_array()) {
    Size size;
    measure(value, 0, size);
    ARMATURE_CHECK(charge(2 * size.work));  // copied here, and once more into the loop's name
    out = *list;
  } else if (const auto* dict = value.if_object()) {
    for (const auto& member : *dict) out.emplace_back(member.key());
  } else if (value.is_string()) {
    for (const auto piece : code_points(as_text(value))) out.emplace_back(piece);
  } else {
    return fail(Code::kInvalid, type_name(value) + " is not a list");
  }
  ARMATURE_CHECK(charge(out.size()));
  return out;
}

Result<Value> Machine::eval(const Node& node) {
  if (auto status = charge(1); !status) return at(node, status.error());
  auto value = evaluate(node);
  if (!value) return at(node, value.error());
  return value;
}

Result<Value> Machine::eval_defined(const Node& node) {
  ARMATURE_TRY(Value value, eval(node));
  if (value.is_undefined()) return template_error(node.line, node.column, value.why());
  return value;
}

Result<Value> Machine::evaluate(const Node& node) {
  switch (node.kind) {
    case Kind::kLiteral:
      return Value::look_at(node.value);
    case Kind::kName:
      return name(node);
    case Kind::kList:
    case Kind::kDict:
      return collection(node);
    case Kind::kAttr:
    case Kind::kItem: {
      ARMATURE_TRY(const Value object, eval_defined(*node.kids[0]));
      if (node.kind == Kind::kAttr) return member_of(object, Json(node.text));
      ARMATURE_TRY(const Value key, eval_defined(*node.kids[1]));
      return member_of(object, key.get());
    }
    case Kind::kSlice:
      return slice(node);
    case Kind::kCall:
      return call(node);
    case Kind::kFilter:
    case Kind::kTest: {
      ARMATURE_TRY(const Value subject, eval(*node.kids[0]));
      ARMATURE_TRY(const Arguments args, arguments(node));
      if (node.kind == Kind::kFilter) return apply_filter(node.text, subject, args);
      ARMATURE_TRY(const bool holds, apply_test(node.text, subject, args));
      return Value(Json(holds));
    }
    case Kind::kUnary:
      return unary(node);
    case Kind::kBinary:
      return binary(node);
    case Kind::kCompare:
      return compare(node);
    case Kind::kCond: {
      ARMATURE_TRY(const Value condition, eval_defined(*node.kids[1]));
      if (is_true(condition.get())) return eval(*node.kids[0]);
      if (node.kids[2]) return eval(*node.kids[2]);
      return Value::undefined("the condition is false and there is no else");
    }
    default:
      return fail(Code::kInternal, "not an expression");
  }
}

Result<Value> Machine::name(const Node& node) {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    if (const auto it = scope->find(node.text); it != scope->end()) {
      return Value::look_at(it->second.get());
    }
  }
  if (const Json* value = context_.if_contains(node.text)) return Value::look_at(*value);
  std::vector<std::string> names = keys_of(context_);
  for (const auto& scope : scopes_) {
    for (const auto& entry : scope) names.push_back(entry.first);
  }
  return Value::undefined("'" + node.text + "' is undefined" +
                          known_names(std::move(names), node.text));
}

Result<Value> Machine::collection(const Node& node) {
  JsonArray list;
  JsonObject dict;
  for (std::size_t i = 0; i < node.kids.size(); ++i) {
    ARMATURE_TRY(Value item, eval_defined(*node.kids[i]));
    if (node.kind == Kind::kList) {
      ARMATURE_TRY(Value counted, admit(std::move(item).take()));
      list.push_back(std::move(counted).take());
      continue;
    }
    if (!item.get().is_string()) return fail(Code::kInvalid, "the key of a dict must be a string");
    ARMATURE_TRY(Value member, eval_defined(*node.kids[++i]));
    ARMATURE_TRY(Value counted, admit(std::move(member).take()));
    dict.insert_or_assign(as_text(item.get()), std::move(counted).take());
  }
  if (node.kind == Kind::kList) return admit(Json(std::move(list)));
  return admit(Json(std::move(dict)));
}

Value member_of(const Value& object, const Json& key) {
  const Json& in = object.get();
  if (const auto* dict = in.if_object(); dict != nullptr && key.is_string()) {
    if (const Json* found = dict->if_contains(as_text(key))) return below(object, *found);
    const std::string word(as_text(key));
    return Value::undefined("'" + word + "' is undefined" + known_names(keys_of(*dict), word));
  }
  if ((in.is_array() || in.is_string()) && is_int(key)) {
    const auto pieces = in.is_string() ? code_points(as_text(in)) : std::vector<std::string_view>();
    const std::size_t count = in.is_string() ? pieces.size() : in.get_array().size();
    const std::int64_t index =
        as_int(key) < 0 ? as_int(key) + static_cast<std::int64_t>(count) : as_int(key);
    if (index >= 0 && static_cast<std::size_t>(index) < count) {
      const auto i = static_cast<std::size_t>(index);
      return in.is_string() ? Value(Json(pieces[i])) : below(object, in.get_array()[i]);
    }
    return Value::undefined("index " + as_string(key) + " is outside of " + type_name(in) + " of " +
                            std::to_string(count));
  }
  return Value::undefined(type_name(in) + " has no '" + as_string(key) + "'");
}

Value attribute_of(const Json& value, const Json& path) {
  if (!path.is_string()) return member_of(Value::look_at(value), path);
  Value out = Value::look_at(value);
  for (const std::string& part : split(as_text(path), '.')) {
    if (out.is_undefined()) return out;
    const bool index = !part.empty() && part.size() < 10 &&
                       part.find_first_not_of("0123456789") == std::string::npos;
    out = member_of(out, index ? Json(std::stoll(part)) : Json(part));
  }
  return out;
}

Result<Value> Machine::slice(const Node& node) {
  ARMATURE_TRY(const Value object, eval_defined(*node.kids[0]));
  if (!object.get().is_array() && !object.get().is_string()) {
    return fail(Code::kInvalid, type_name(object.get()) + " cannot be sliced");
  }
  std::optional<std::int64_t> parts[3];
  for (std::size_t i = 0; i < 3; ++i) {
    if (!node.kids[i + 1]) continue;
    ARMATURE_TRY(const Value part, eval_defined(*node.kids[i + 1]));
    if (part.get().is_null()) continue;
    if (!is_int(part.get())) return fail(Code::kInvalid, "the parts of a slice must be integers");
    parts[i] = as_int(part.get());
  }
  const std::int64_t step = parts[2].value_or(1);
  if (step == 0) return fail(Code::kInvalid, "the step of a slice must not be 0");
  ARMATURE_TRY(JsonArray items, items_of(object.get()));
  JsonArray out;
  const auto size = static_cast<std::int64_t>(items.size());
  const auto bound = [&](std::int64_t index) {
    return static_cast<std::int64_t>(clamp_index(index, items.size()));
  };
  if (step > 0) {
    const std::int64_t stop = parts[1] ? bound(*parts[1]) : size;
    for (std::int64_t i = parts[0] ? bound(*parts[0]) : 0; i < stop;) {
      out.push_back(items[static_cast<std::size_t>(i)]);
      if (step > size) break;
      i += step;
    }
  } else {
    const auto from = [&](std::int64_t index) {  // a start beyond the end begins at the last
      return std::clamp<std::int64_t>(index < 0 ? index + size : index, -1, size - 1);
    };
    const std::int64_t stop = parts[1] ? from(*parts[1]) : -1;
    for (std::int64_t i = parts[0] ? from(*parts[0]) : size - 1; i > stop;) {
      out.push_back(items[static_cast<std::size_t>(i)]);
      if (step < -size) break;
      i += step;
    }
  }
  if (object.get().is_array()) return admit(Json(std::move(out)));
  std::string text;
  for (const Json& piece : out) text += as_text(piece);
  return admit(Json(text));
}

Result<Value> Machine::unary(const Node& node) {
  ARMATURE_TRY(const Value operand, eval_defined(*node.kids[0]));
  const Json& value = operand.get();
  if (node.text == "not") return Value(Json(!is_true(value)));
  if (!is_number(value)) {
    return fail(Code::kInvalid, "'" + node.text + "' does not work on " + type_name(value));
  }
  if (node.text == "+") return Value(is_int(value) ? Json(as_int(value)) : value);
  if (value.is_double()) return Value(Json(-value.get_double()));
  ARMATURE_TRY(Json negative, arithmetic("-", Json(0), value));
  return Value(std::move(negative));
}

Result<Value> Machine::binary(const Node& node) {
  ARMATURE_TRY(Value left, eval_defined(*node.kids[0]));
  if (node.text == "and" || node.text == "or") {
    if (is_true(left.get()) == (node.text == "or")) return left;
    return eval(*node.kids[1]);
  }
  ARMATURE_TRY(const Value right, eval_defined(*node.kids[1]));
  ARMATURE_TRY(Json made, arithmetic(node.text, left.get(), right.get()));
  return admit(std::move(made));
}

Result<Value> Machine::compare(const Node& node) {
  ARMATURE_TRY(Value left, eval_defined(*node.kids[0]));
  for (std::size_t i = 0; i < node.names.size(); ++i) {
    ARMATURE_TRY(Value right, eval_defined(*node.kids[i + 1]));
    const std::string& op = node.names[i];
    bool holds = false;
    if (op == "==" || op == "!=") {
      holds = equals(left.get(), right.get()) == (op == "==");
    } else if (op == "in" || op == "not in") {
      ARMATURE_TRY(const bool inside, contains(right.get(), left.get()));
      holds = inside == (op == "in");
    } else {
      ARMATURE_TRY(const auto sign, order(left.get(), right.get()));
      holds = op == "<" ? sign < 0 : op == "<=" ? sign <= 0 : op == ">" ? sign > 0 : sign >= 0;
    }
    if (!holds) return Value(Json(false));
    left = std::move(right);
  }
  return Value(Json(true));
}

Result<Arguments> Machine::arguments(const Node& node) {
  Arguments out;
  for (std::size_t i = 1; i < node.kids.size(); ++i) {
    ARMATURE_TRY(Value value, eval_defined(*node.kids[i]));
    if (node.names[i - 1].empty()) {
      out.positional.push_back(std::move(value));
    } else {
      out.named.emplace_back(node.names[i - 1], std::move(value));
    }
  }
  return out;
}

Result<Value> Machine::call(const Node& node) {
  const Node& callee = *node.kids[0];
  ARMATURE_TRY(const Arguments args, arguments(node));
  if (callee.kind == Kind::kName) {
    ARMATURE_TRY(Json made, call_function(*this, callee.text, args));
    return admit(std::move(made));
  }
  const Node& object = *callee.kids[0];
  if (object.kind == Kind::kName && object.text == "macros") {
    ARMATURE_TRY(Json made, call_macro(callee.text, args));
    return admit(std::move(made));
  }
  ARMATURE_TRY(const Value subject, eval_defined(object));
  ARMATURE_TRY(Json made, call_method(subject.get(), callee.text, args));
  return admit(std::move(made));
}

}  // namespace armature::dag
