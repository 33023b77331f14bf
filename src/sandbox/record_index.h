#pragma once
// RecordIndex: finds records by their type and name without walking the table, and counts what a
// group holds of a type.
//
//   Order     of one type by last name, then by id, both in lower case
//   Entries   point into the table, whose nodes do not move: add() after an insert, remove()
//             before an erase; a change of a record in place needs neither
//   Cost      O(log n) each; some 60 bytes per record
//   Threads   under the store's lock, like the table
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "sandbox/items.h"

namespace armature::sandbox {

class RecordIndex {
 public:
  using Entry = std::pair<const std::string, Record>;
  struct Key {
    std::string_view id;  // in lower case, of an entry that need not be there any more
  };
  struct Order {
    using is_transparent = void;
    bool operator()(const Entry* a, const Entry* b) const;
    bool operator()(const Entry* a, std::string_view name) const;
    bool operator()(std::string_view name, const Entry* b) const;
    bool operator()(const Entry* a, const Key& key) const;
    bool operator()(const Key& key, const Entry* b) const;
  };
  using Entries = std::set<const Entry*, Order>;

  void add(const Entry& entry);
  void remove(const Entry& entry);
  void clear();

  // All of a type, without regard to case; empty when there are none.
  const Entries& of_type(std::string_view type) const;
  // The id (lower case) of the first of that type and last name; "" when there is none.
  std::string_view named(std::string_view type, std::string_view name) const;
  // How many there are in a collection: "/subscriptions/…/providers/ns/type/" in lower case.
  std::size_t in_collection(std::string_view collection) const;

 private:
  std::map<std::string, Entries, std::less<>> by_type_;
  std::map<std::string, std::size_t, std::less<>> counts_;
};

// "/…/providers/ns/type/" of "/…/providers/ns/type/name".
std::string_view collection_of(std::string_view key);

}  // namespace armature::sandbox
