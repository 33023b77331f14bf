#include "dag/jinja_machine.h"

namespace armature::dag {

using Node = Template::Node;
using Kind = Node::Kind;

Status Machine::run(const Node& node) {
  switch (node.kind) {
    case Kind::kBlock:
      for (const auto& kid : node.kids) ARMATURE_CHECK(run(*kid));
      return Ok{};
    case Kind::kText:
      return write(Value(Json(node.text)), node);
    case Kind::kOutput: {
      ARMATURE_TRY(const Value value, eval(*node.kids[0]));
      return write(value, *node.kids[0]);
    }
    case Kind::kIf: {
      std::size_t i = 0;
      for (; i + 1 < node.kids.size(); i += 2) {
        ARMATURE_TRY(const Value condition, eval(*node.kids[i]));
        if (condition.is_undefined()) {
          return template_error(node.line, node.column, condition.why());
        }
        if (is_true(condition.get())) return run(*node.kids[i + 1]);
      }
      return i < node.kids.size() ? run(*node.kids[i]) : Status(Ok{});
    }
    case Kind::kFor:
      return run_for(node);
    case Kind::kSet: {
      ARMATURE_TRY(Value value, eval(*node.kids[0]));
      if (value.is_undefined()) return template_error(node.line, node.column, value.why());
      auto counted = admit(std::move(value).take());
      if (!counted) return template_error(node.line, node.column, counted.error().message);
      return assign(node.names, std::move(*counted).take());
    }
    default:
      return fail(Code::kInternal, "not a statement");
  }
}

Status Machine::write(const Value& value, const Node& node) {
  if (value.is_undefined()) return template_error(node.line, node.column, value.why());
  const std::string text = as_string(value.get());
  if (out_.size() + text.size() > kMaxOutputBytes) {
    return template_error(node.line, node.column, "the output is larger than 1 MiB");
  }
  if (auto status = charge(1 + text.size() / 16); !status) {
    return template_error(node.line, node.column, status.error().message);
  }
  out_ += text;
  return Ok{};
}

Status Machine::assign(const std::vector<std::string>& names, Json value) {
  auto& scope = scopes_.back();
  if (names.size() == 1) {
    scope.insert_or_assign(names[0], Value(std::move(value)));
    return Ok{};
  }
  if (!value.is_array() || value.get_array().size() != names.size()) {
    return fail(Code::kInvalid, "cannot give the parts of " + type_name(value) + " to " +
                                    std::to_string(names.size()) + " names");
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    scope.insert_or_assign(names[i], Value(std::move(value.get_array()[i])));
  }
  return Ok{};
}

Status Machine::run_for(const Node& node) {
  ARMATURE_TRY(const Value iterable, eval(*node.kids[0]));
  const auto wrong = [&](const std::string& why) {
    return template_error(node.line, node.column, why);
  };
  if (iterable.is_undefined()) return wrong(iterable.why());
  auto items = items_of(iterable.get());
  if (!items) return wrong(items.error().message);
  if (node.kids[1]) {
    JsonArray kept;
    for (Json& item : *items) {
      if (auto status = loop_step(); !status) return wrong(status.error().message);
      scopes_.emplace_back();
      if (auto status = assign(node.names, item); !status) return wrong(status.error().message);
      ARMATURE_TRY(const Value keep, eval(*node.kids[1]));
      if (keep.is_undefined()) return wrong(keep.why());
      const bool wanted = is_true(keep.get());
      scopes_.pop_back();
      if (wanted) kept.push_back(std::move(item));
    }
    *items = std::move(kept);
  }
  if (items->empty()) return node.kids[3] ? run(*node.kids[3]) : Status(Ok{});
  return run_body(node, *items);
}

Status Machine::run_body(const Node& node, const JsonArray& items) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto step = loop_step();
    scopes_.emplace_back();
    if (step) step = assign(node.names, items[i]);
    if (!step) return template_error(node.line, node.column, step.error().message);
    JsonObject loop;
    loop["index"] = i + 1;
    loop["index0"] = i;
    loop["revindex"] = items.size() - i;
    loop["revindex0"] = items.size() - i - 1;
    loop["first"] = i == 0;
    loop["last"] = i + 1 == items.size();
    loop["length"] = items.size();
    scopes_.back().insert_or_assign("loop", Value(Json(std::move(loop))));
    ARMATURE_CHECK(run(*node.kids[2]));
    scopes_.pop_back();
  }
  return Ok{};
}

}  // namespace armature::dag
