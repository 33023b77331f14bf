#pragma once
// The tree of a parsed template: private to the renderer. Immutable once parsed, shared by threads.
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "dag/render.h"

namespace armature::dag {

inline constexpr int kMaxTemplateDepth = 64;
inline constexpr std::size_t kMaxTemplateBytes = 256 * 1024;
inline constexpr std::size_t kMaxOutputBytes = 1024 * 1024;
inline constexpr std::size_t kMaxLoopSteps = 100'000;

using NodePtr = std::shared_ptr<const Template::Node>;

struct Template::Node {
  enum class Kind {
    // Statements
    kBlock,   // kids: statements in order
    kText,    // text
    kOutput,  // kids: expression
    kIf,      // kids: condition, block, condition, block, … and a last block for else
    kFor,     // names: targets; kids: iterable, filter or null, body, else or null
    kSet,     // names: targets; kids: expression
    // Expressions
    kLiteral,  // value
    kList,     // kids
    kDict,     // kids: key, value, key, value, …
    kName,     // text
    kAttr,     // text; kids: object
    kItem,     // kids: object, key
    kSlice,    // kids: object, start or null, stop or null, step or null
    kCall,     // kids: callee, arguments; names: keyword of each argument or ""
    kFilter,   // text; kids: subject, arguments; names as in kCall
    kTest,     // as kFilter
    kUnary,    // text: "not", "-", "+"; kids: operand
    kBinary,   // text: + - * / // % ** ~ and or; kids: left, right
    kCompare,  // names: operators; kids: operands, one more
    kCond,     // kids: value, condition, otherwise or null
  };
  Kind kind = Kind::kBlock;
  std::string text;
  Json value;
  std::vector<NodePtr> kids;
  std::vector<std::string> names;
  int line = 1;
  int column = 1;
  int depth = 1;
};

inline Error template_error(int line, int column, const std::string& what) {
  return fail(Code::kInvalid,
              "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + what);
}

}  // namespace armature::dag
