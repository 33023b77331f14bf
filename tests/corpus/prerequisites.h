#pragma once
// What a template expects to be there already, read from the error of a deployment that missed it.
//
//   In        the innermost error
//   Out       ids to make, the outermost first; none when the error speaks of nothing that is
//   absent Threads   pure
#include <string>
#include <vector>

#include "arm/error_body.h"

namespace armature::corpus {

// `subscription`: "/subscriptions/…"; `home`: the scope that the template is deployed to.
std::vector<std::string> missing_resources(const arm::ErrorBody& error,
                                           const std::string& subscription,
                                           const std::string& home);

}  // namespace armature::corpus
