#pragma once
// KnownValues: what expressions of a template come to, as far as that follows from its text and the
// parameters that come with it. For who must know before it runs where a template will act.
//
//   fold      the value, or nothing when it takes more to know: live state (reference, list*,
//             resourceGroup().tags), time, chance, or a function that is not followed here. What is
//             folded is what Azure will evaluate, whatever it looks up
//   kUnknown  in a folded text stands for letters that are not known but hold no slash: hashes,
//             guids, loop indices. kAnything: a name of an id that may be any text
//   place_of  where a folded id points: the resource, or when its name is not known all of the
//   scope
//             that it lives in
//   Limits    10,000 steps and texts of 64 KiB per template, 64 levels; beyond, nothing is known
//   Threads   a value; one thread at a time
//   Lifetime  the template and the parent outlive it
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace armature::arm {

struct ExpressionNode {
  enum class Kind { kText, kNumber, kCall, kMember, kIndex };
  Kind kind = Kind::kText;
  std::string text;  // value, function name (with its namespace), member name
  std::int64_t number = 0;
  std::vector<ExpressionNode> children;
};
// "[…]", brackets included. Nothing: no expression, or none that can be read.
std::optional<ExpressionNode> read_expression(std::string_view text);

class KnownValues {
 public:
  static constexpr char kUnknown = '\x01';
  static constexpr char kAnything = '\x02';
  // Holds neither of them.
  static bool is_whole(std::string_view text) {
    return text.find_first_of("\x01\x02") == std::string_view::npos;
  }

  // `given` are the deployment's parameters, folded by the parent where there is one.
  KnownValues(const JsonObject& document, JsonObject given, std::string scope);

  // A literal is itself. Objects and lists keep what cannot be folded as the expression it is, and
  // loops over properties become a list of one.
  std::optional<Json> fold(const Json& value) const;
  std::optional<Json> fold_node(const ExpressionNode& node) const { return node_value(node, 0); }
  Json fold_all(const Json& value) const { return all(value, 0); }
  const std::string& scope() const { return scope_; }

 private:
  std::optional<Json> text_value(std::string_view text, int depth) const;
  std::optional<Json> node_value(const ExpressionNode& node, int depth) const;
  std::optional<Json> call_value(const ExpressionNode& node, int depth) const;
  std::optional<Json> named(const JsonObject& values, const ExpressionNode& call, int depth) const;
  std::optional<std::string> id_of(const std::string& name,
                                   const std::vector<std::string>& words) const;
  std::optional<std::vector<std::string>> words_of(const ExpressionNode& call, int depth) const;
  std::optional<Json> id_call(const ExpressionNode& call, int depth) const;
  std::optional<Json> logic_call(const ExpressionNode& call, int depth) const;
  Json all(const Json& value, int depth) const;

  const JsonObject& document_;
  JsonObject given_;
  std::string scope_;
  mutable int steps_ = 10'000;
};

// The parameters of a nested template that evaluates its own expressions, as its parent gives them.
JsonObject given_to_nested(const Json* parameters, const KnownValues& parent);

struct KnownPlace {
  std::string type;
  std::string scope;
};
std::optional<KnownPlace> place_of(std::string_view folded_id);

}  // namespace armature::arm
