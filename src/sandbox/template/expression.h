#pragma once
// The expression language inside "[...]": text to tree and back. Evaluation is in evaluator.h.
//
//   Grammar   expr := primary { "." ident | "[" expr "]" } ; primary := call | 'string' | integer
//             call := ident [ "." ident ] "(" [ expr { "," expr } ] ")"
//   Errors    ARM's own texts, positions counted from 0 in the text between the brackets
//   Limits    24,576 characters and 100 levels
//   Threads   pure
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/template/template.h"

namespace armature::sandbox::tmpl {

enum class NodeKind { kString, kInteger, kCall, kMember, kIndex };

// kCall: children are the arguments. kMember: child 0 is the object. kIndex: object, index.
struct Node {
  NodeKind kind = NodeKind::kString;
  std::string text;        // string value, function name as written, member name
  std::string name_space;  // of a user function, else ""
  std::int64_t number = 0;
  std::size_t at = 0;  // where it begins in the expression
  std::vector<Node> children;
};

// An expression starts with one "[" and ends with "]"; "[[…]" is an escaped literal.
bool is_expression(std::string_view text);
std::string unescape(std::string_view text);   // "[[x]" to "[x]"; other text unchanged
std::string escape_literal(std::string text);  // the other way, for text that goes back in
Outcome<Node> parse_expression(std::string_view inside);  // without the outer brackets
std::string print_expression(const Node& node);           // without the outer brackets
Node literal_node(const Json& value);                     // a tree that evaluates to `value`

TemplateError invalid_template(std::string message);

}  // namespace armature::sandbox::tmpl
