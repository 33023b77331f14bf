#pragma once
// The DAG files of examples/, as the program carries them. A test holds that each is there and
// valid.
#include <span>
#include <string>
#include <string_view>

namespace armature::cli {

struct Example {
  std::string_view name;  // of the file, without .yaml
  std::string_view text;
};
std::span<const Example> examples();
std::string description_of(const Example& example);  // as its file says it

}  // namespace armature::cli
