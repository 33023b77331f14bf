#pragma once
// Inside arm: a request path taken apart once, for ids and for operations alike.
//
//   split_path   decoded segments; every ambiguous form is kInvalid (see resource_id.h)
//   parse_path   segments → scope root and provider blocks; what follows the grammar of ids but is
//                no id (a collection, an action) ends in a type without a name
//   Threads      pure
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace armature::arm {

// One "/providers/Ns/type/name/type/name…": types may be one longer than names.
struct ProviderBlock {
  std::string provider;
  std::vector<std::string> types;
  std::vector<std::string> names;
};

struct Path {
  std::string management_group;
  std::string subscription_id;
  std::string resource_group;
  std::vector<ProviderBlock> blocks;
  std::vector<std::string> rest;  // segments after the scope that name no provider: "/locations"
  bool bare_providers = false;    // ends in "/providers"

  bool is_id() const;  // no rest, and every block ends in a name
  // The text up to and with `block_count` blocks, the last of them cut to `pairs` type/name pairs.
  std::string text(std::size_t block_count, std::size_t pairs) const;
  std::string root_text() const;
  std::string text() const;  // all of it, also what is no id
};

enum class Encoding { kDecoded, kPercent };
Result<std::vector<std::string>> split_path(std::string_view path, Encoding encoding);
Result<Path> parse_path(const std::vector<std::string>& segments);

std::string full_type(const ProviderBlock& block, std::size_t type_count);

}  // namespace armature::arm
