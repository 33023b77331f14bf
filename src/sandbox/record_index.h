#pragma once
// RecordIndex: finds records by their type and name and by their tags without walking the table,
// and counts what a group holds of a type.
//
//   Order     of one type by last name, then by id; of one tag by id; all in lower case
//   Entries   point into the table, whose nodes do not move: add() after an insert, remove()
//             before an erase, and assign() for a change in place, which never is one of the type
//   Tags      names without regard to case, values with it; of values that are no text the name
//             alone
//   Cost      O(log n) each; some 60 bytes per record and 100 per tag of one
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
  struct ById {
    using is_transparent = void;
    bool operator()(const Entry* a, const Entry* b) const { return a->first < b->first; }
    bool operator()(const Entry* a, const Key& key) const { return a->first < key.id; }
    bool operator()(const Key& key, const Entry* b) const { return key.id < b->first; }
  };
  using Tagged = std::set<const Entry*, ById>;

  void add(const Entry& entry);
  void remove(const Entry& entry);
  void assign(Entry& entry, Record next);

  // All of a type, without regard to case; empty when there are none.
  const Entries& of_type(std::string_view type) const;
  // The id (lower case) of the first of that type and last name; "" when there is none.
  std::string_view named(std::string_view type, std::string_view name) const;
  // How many there are in a collection: "/subscriptions/…/providers/ns/type/" in lower case.
  std::size_t in_collection(std::string_view collection) const;
  // All that have a tag of that name, and of that value when one is given.
  const Tagged& tagged(std::string_view name, const std::string* value) const;

 private:
  void add_tags(const Entry& entry);
  void remove_tags(const Entry& entry);

  std::map<std::string, Entries, std::less<>> by_type_;
  std::map<std::string, std::size_t, std::less<>> counts_;
  std::map<std::string, Tagged, std::less<>> by_tag_;  // key: a name, or a name, NUL and a value
};

// "/…/providers/ns/type/" of "/…/providers/ns/type/name".
std::string_view collection_of(std::string_view key);

}  // namespace armature::sandbox
