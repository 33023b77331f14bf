#pragma once
// Where linked templates and parameter files come from: a list of URL prefixes and the folders
// that stand for them. Nothing is asked over the network.
//
//   In        an absolute URI; its query is not part of a file's name
//   Out       the bytes of the file below the folder of the longest prefix that fits
//   Errors    kNotFound: no prefix fits, or no such file, or one that is outside of its folder
//   Threads   any
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace armature::sandbox {

using ContentSource = std::function<Result<std::string>(const std::string& uri)>;

struct ContentRoot {
  std::string prefix;  // "https://raw.githubusercontent.com/contoso/templates/main/"
  std::filesystem::path folder;
};

// "PREFIX=FOLDER", several with blanks between.
Result<std::vector<ContentRoot>> read_content_roots(const std::string& text);
ContentSource folder_content(std::vector<ContentRoot> roots);

}  // namespace armature::sandbox
