// The truth of a rule's conditions for one resource.
#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/policy/functions.h"
#include "sandbox/policy/rule.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::policy {
namespace {

using tmpl::Outcome;

constexpr std::size_t kMaxEvaluated = 64;

std::string path_text(const Field& field) {
  switch (field.kind) {
    case Field::Kind::kTag:
      return "tags[" + field.tag + "]";
    case Field::Kind::kPath:
    case Field::Kind::kAlias:
      break;
    default:
      return field.text;
  }
  std::string out = field.kind == Field::Kind::kAlias ? "properties" : "";
  for (const Segment& segment : field.path) {
    if (!segment.name.empty()) out += (out.empty() ? "" : ".") + segment.name;
    if (segment.each) out += "[*]";
  }
  return out;
}

std::string source_text(const Written& written) {
  if (written.tree) return "[" + tmpl::print_expression(*written.tree) + "]";
  return written.value.is_string() ? std::string(as_text(written.value)) : dump(written.value);
}

std::size_t stars_of(const Field& field) {
  return static_cast<std::size_t>(std::ranges::count(field.path, true, &Segment::each));
}

// The field up to and with its n-th [*], counted from 1.
Field up_to_star(const Field& field, std::size_t n) {
  Field out = field;
  for (std::size_t i = 0; i < out.path.size(); ++i) {
    if (out.path[i].each && --n == 0) {
      out.path.resize(i + 1);
      break;
    }
  }
  return out;
}

}  // namespace

struct Judgement::Scope {
  RuleContext context;
};

Judgement::Judgement(const Subject& subject, const Facts& facts)
    : subject_(subject),
      action_(facts.action),
      scope_(std::make_unique<Scope>()),
      evaluator_(scope_->context, tmpl::Phase::kStart) {
  RuleContext& context = scope_->context;
  context.dialect = &rule_dialect();
  context.subject = &subject;
  context.policy = facts.policy;
  context.request = facts.request;
  if (facts.parameters) context.parameters = *facts.parameters;
  context.surroundings.now = facts.now;
  if (facts.subscription) context.surroundings.subscription = *facts.subscription;
  if (facts.resource_group) context.surroundings.resource_group = *facts.resource_group;
}

Judgement::~Judgement() = default;

Outcome<Json> Judgement::value(const Written& written) {
  if (written.tree) return evaluator_.node(*written.tree);
  if (written.composite) return evaluator_.value(written.value);
  return written.value;
}

Outcome<Json> Judgement::value(const Json& written) { return evaluator_.value(written); }

Outcome<std::string> Judgement::text(const Written& written) {
  ARMATURE_TRY(const Json result, value(written));
  if (result.is_string()) return std::string(as_text(result));
  return invalid_rule("A string is expected, not a value of type '" + tmpl::type_name(result) +
                      "'.");
}

Outcome<Field> Judgement::field(const Written& written) {
  ARMATURE_TRY(const std::string name, text(written));
  if (auto field = read_field(name)) return *std::move(field);
  return invalid_rule("The 'field' property '" + name + "' of the policy rule is no field.");
}

Outcome<bool> Judgement::leaf(const Condition& condition, std::string_view kind,
                              std::string_view expression, const Json& left) {
  ARMATURE_TRY(const Json right, value(condition.right));
  ARMATURE_TRY(const bool result, policy::holds(condition.op, left, right));
  if (evaluated_.size() < kMaxEvaluated) {
    evaluated_.push_back(
        {std::string(kind), std::string(expression), "", left, right, condition.op, result});
  }
  return result;
}

Outcome<bool> Judgement::field_holds(const Condition& condition) {
  std::optional<Field> computed;
  if (!condition.field) {
    ARMATURE_TRY(computed, field(condition.left));
  }
  const Field& field = condition.field ? *condition.field : *computed;
  const Selection found = select(subject_, field, scope_->context.members);
  for (const Json* one : found.values) {
    if (auto error = evaluator_.spend(1)) return *std::move(error);
    ARMATURE_TRY(const bool result, leaf(condition, "Field", field.text, *one));
    if (evaluated_.size() < kMaxEvaluated) evaluated_.back().path = path_text(field);
    if (!result) return false;
  }
  return true;
}

Outcome<bool> Judgement::holds(const Condition& condition) {
  if (auto error = evaluator_.spend(1)) return *std::move(error);
  switch (condition.kind) {
    case Condition::Kind::kAllOf:
    case Condition::Kind::kAnyOf: {
      const bool all = condition.kind == Condition::Kind::kAllOf;
      for (const Condition& part : condition.parts) {
        ARMATURE_TRY(const bool result, holds(part));
        if (result != all) return result;
      }
      return all;
    }
    case Condition::Kind::kNot: {
      ARMATURE_TRY(const bool result, holds(condition.parts[0]));
      return !result;
    }
    case Condition::Kind::kField:
      return field_holds(condition);
    case Condition::Kind::kAction:
      return leaf(condition, "Field", "action", Json(action_));
    case Condition::Kind::kValue: {
      ARMATURE_TRY(const Json left, value(condition.left));
      return leaf(condition, "Value", source_text(condition.left), left);
    }
    case Condition::Kind::kCount:
      break;
  }
  ARMATURE_TRY(const std::int64_t number, count(*condition.count));
  return leaf(condition, "Count", source_text(condition.count->value), Json(number));
}

bool Judgement::applies(const Condition& condition) { return known(condition).value_or(true); }

// Three values: conditions on anything but type, name and kind are not known.
std::optional<bool> Judgement::known(const Condition& condition) {
  if (condition.kind == Condition::Kind::kNot) {
    const auto part = known(condition.parts[0]);
    return part ? std::optional(!*part) : std::nullopt;
  }
  if (condition.kind == Condition::Kind::kAllOf || condition.kind == Condition::Kind::kAnyOf) {
    const bool all = condition.kind == Condition::Kind::kAllOf;
    std::optional<bool> out = all;
    for (const Condition& part : condition.parts) {
      const auto one = known(part);
      if (one && *one != all) return *one;
      if (!one) out = std::nullopt;
    }
    return out;
  }
  if (condition.kind != Condition::Kind::kField || !condition.field) return std::nullopt;
  const Field& field = *condition.field;
  const bool kind = field.kind == Field::Kind::kPath && equal_ci(field.text, "kind");
  if (field.kind != Field::Kind::kType && field.kind != Field::Kind::kName && !kind) {
    return std::nullopt;
  }
  const auto holds = field_holds(condition);
  return holds ? std::optional(*holds) : std::nullopt;
}

Outcome<std::int64_t> Judgement::count(const Count& count) {
  if (count.field) return count_members(count, *count.field, 1);
  return count.of_field ? count_field(count) : count_values(count);
}

// The field of a count may be an expression that names it.
Outcome<std::int64_t> Judgement::count_field(const Count& count) {
  ARMATURE_TRY(const Field named, field(count.value));
  if (named.many()) return count_members(count, named, 1);
  return invalid_rule("The field of a 'count' must be an array alias with '[*]', not '" +
                      named.text + "'.");
}

Outcome<std::int64_t> Judgement::count_one(const Count& count) {
  if (count.where.empty()) return 1;
  ARMATURE_TRY(const bool result, holds(count.where[0]));
  return result ? 1 : 0;
}

// One [*] after the other, each at one member while what is below it is counted.
Outcome<std::int64_t> Judgement::count_members(const Count& count, const Field& field,
                                               std::size_t star) {
  const Field array = up_to_star(field, star);
  const bool last = star == stars_of(field);
  auto& members = scope_->context.members;
  const Selection found = select(subject_, array, members);
  if (!found.many) {  // a count around this one is at its member
    return last ? count_one(count) : count_members(count, field, star + 1);
  }
  std::int64_t total = 0;
  for (const Json* one : found.values) {
    if (auto error = evaluator_.spend(1)) return *std::move(error);
    members.push_back({array, one});
    scope_->context.order.push_back(false);
    auto part = last ? count_one(count) : count_members(count, field, star + 1);
    scope_->context.order.pop_back();
    members.pop_back();
    if (!part) return part;
    total += *part;
  }
  return total;
}

Outcome<std::int64_t> Judgement::count_values(const Count& count) {
  ARMATURE_TRY(const Json values, value(count.value));
  if (values.is_null()) return 0;
  const auto* array = values.if_array();
  if (!array) {
    return invalid_rule("The value of a 'count' must be an array, not a value of type '" +
                        tmpl::type_name(values) + "'.");
  }
  std::int64_t total = 0;
  for (const Json& one : *array) {
    if (auto error = evaluator_.spend(1)) return *std::move(error);
    scope_->context.values.emplace_back(count.name, &one);
    scope_->context.order.push_back(true);
    auto part = count_one(count);
    scope_->context.order.pop_back();
    scope_->context.values.pop_back();
    if (!part) return part;
    total += *part;
  }
  return total;
}

}  // namespace armature::sandbox::policy
