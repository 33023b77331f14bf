#pragma once
// Parameters for a template: from the file beside it where that says something, else made up from
// the declared types. The same template always gets the same ones, and no other one gets them.
#include <filesystem>
#include <string>

#include "base/json.h"

namespace armature::corpus {

// What a made up value may name because it is there.
struct Givens {
  std::string subscription_id;
  std::string principal_id;
  std::string management_group;
  std::string base_uri;     // of an _artifactsLocation that has no default
  bool in_group = true;     // deployed to a resource group
  bool fill_empty = false;  // make up also what is "" by default
};

Json parameters_for(const std::filesystem::path& file, const Json& document, const Givens& givens);
// The configurations of extensions that the template reads and has no default for.
Json extension_configs_for(const Json& document);

}  // namespace armature::corpus
