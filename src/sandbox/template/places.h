#pragma once
// Where the values of a JSON document stand in its text: lines and columns count from 1, as ARM
// shows them.
//
//   place_of   of the value at a path such as "resources[2].properties.subnets"; names are found
//              without regard to case. A path that leads nowhere gives the last place it reached
//              An object or array stands where its bracket opens, any other value where it ends
//   in_text    of the character at `offset` inside of the string value at the path
//   value_text the text of the value at the path; empty when there is none
//   In         text that has been parsed, comments and names without quotes too; other text gives
//   places without meaning, never a crash Threads    pure
#include <cstddef>
#include <string_view>

namespace armature::sandbox::tmpl {

struct Place {
  int line = 0;  // 0: not known
  int column = 0;
};

Place place_of(std::string_view text, std::string_view path);
Place in_text(std::string_view text, std::string_view path, std::size_t offset);
std::string_view value_text(std::string_view text, std::string_view path);

}  // namespace armature::sandbox::tmpl
