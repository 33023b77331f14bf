#pragma once
// The rules of linked access checks (links.h), as data.
//
//   type     "*" for all; without regard to case
//   path     from the body's root; "[]" takes each item of a list, "{}" each key of an object
//   action   "read" stands for reading, whatever type the id names
#include <span>
#include <string_view>

namespace armature::arm {

struct LinkRule {
  std::string_view type;
  std::string_view path;
  std::string_view action;
};
std::span<const LinkRule> link_rules();

}  // namespace armature::arm
