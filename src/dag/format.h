#pragma once
// format: a DAG file in its canonical form: order of keys, two blanks a level, lists one level
// below their key, no blanks at line ends, one empty line where there were more. Pure.
//
//   Kept      every line's own text, comments among them, each with the key it stands before or
//             beside; order in lists, in params, in macros and in operators' mappings; flow
//             collections ({…}, […]) and scalars as they are written
//   Proof     before and after are parsed and compared, and every line is found again; what cannot
//             be shown to mean the same is refused, and nothing of the text is changed
//   Anchors   where a new order would put an alias before its anchor the document keeps its order
#include <string>
#include <string_view>
#include <vector>

#include "dag/load.h"

namespace armature::dag {

struct Formatted {
  std::string text;                  // the input when there are problems
  std::vector<Diagnostic> problems;  // codes: those of YAML itself, and not_formatted
};
Formatted format(std::string_view text, const std::string& file);

}  // namespace armature::dag
