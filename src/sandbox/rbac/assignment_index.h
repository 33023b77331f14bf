#pragma once
// AssignmentIndex: role assignments by principal and scope, so that a decision asks for a handful
// of keys instead of reading every assignment. Part of State, which keeps it true to its table.
//
//   Lifetime  points into the table's own items: an item is removed before it goes or changes
//   Threads   under the store's lock
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sandbox/items.h"

namespace armature::sandbox {

class AssignmentIndex {
 public:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  template <class T>
  using Map = std::unordered_map<std::string, T, Hash, std::equal_to<>>;
  using Scopes = Map<std::vector<const Assignment*>>;  // by scope in lower case

  void add(const Assignment& item);
  void remove(const Assignment& item);
  // Null: the principal has none. The id in lower case.
  const Scopes* of(std::string_view principal_id) const;
  static std::span<const Assignment* const> at(const Scopes& scopes, std::string_view scope);

 private:
  Map<Scopes> principals_;
};

}  // namespace armature::sandbox
