#pragma once
// A template in place of a linked one that is not in the folder: it takes the parameters that its
// parent passes and has the outputs that its parent reads.
//
//   In        the parent's document and the file name of the link
//   Out       null when no deployment of the parent seems to link to it
//   Threads   pure
#include <string>

#include "base/json.h"

namespace armature::corpus {

Json stand_in(const Json& parent, const std::string& file_name);

}  // namespace armature::corpus
