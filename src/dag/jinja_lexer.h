#pragma once
// lex: template text to tokens, whitespace control and raw blocks already applied. Pure.
//   Errors  kInvalid with line and column: unclosed tag or string, a character no token starts with
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace armature::dag {

struct Token {
  enum class Kind {
    kText,
    kOutputBegin,
    kOutputEnd,
    kTagBegin,
    kTagEnd,
    kName,
    kNumber,
    kString,
    kOperator,
    kEnd
  };
  Kind kind = Kind::kEnd;
  std::string text;  // text, name or operator
  Json value;        // number or string
  int line = 1;
  int column = 1;
};

Result<std::vector<Token>> lex(std::string_view text);

}  // namespace armature::dag
