#include "sandbox/record_index.h"

#include "base/bytes.h"

namespace armature::sandbox {
namespace {

std::string_view last_name(std::string_view key) { return key.substr(key.rfind('/') + 1); }

bool before(std::string_view a, std::string_view b) {
  const int names = last_name(a).compare(last_name(b));
  return names != 0 ? names < 0 : a < b;
}

}  // namespace

std::string_view collection_of(std::string_view key) { return key.substr(0, key.rfind('/') + 1); }

bool RecordIndex::Order::operator()(const Entry* a, const Entry* b) const {
  return before(a->first, b->first);
}
bool RecordIndex::Order::operator()(const Entry* a, const Key& key) const {
  return before(a->first, key.id);
}
bool RecordIndex::Order::operator()(const Key& key, const Entry* b) const {
  return before(key.id, b->first);
}
bool RecordIndex::Order::operator()(const Entry* a, std::string_view name) const {
  return last_name(a->first) < name;
}
bool RecordIndex::Order::operator()(std::string_view name, const Entry* b) const {
  return name < last_name(b->first);
}

void RecordIndex::add(const Entry& entry) {
  if (by_type_[to_lower(entry.second.type)].insert(&entry).second) {
    ++counts_[std::string(collection_of(entry.first))];
  }
}

void RecordIndex::remove(const Entry& entry) {
  const auto type = by_type_.find(to_lower(entry.second.type));
  if (type == by_type_.end() || type->second.erase(&entry) == 0) return;
  if (type->second.empty()) by_type_.erase(type);
  const auto count = counts_.find(collection_of(entry.first));
  if (count != counts_.end() && --count->second == 0) counts_.erase(count);
}

void RecordIndex::clear() {
  by_type_.clear();
  counts_.clear();
}

const RecordIndex::Entries& RecordIndex::of_type(std::string_view type) const {
  static const Entries kNone;
  const auto found = by_type_.find(to_lower(type));
  return found == by_type_.end() ? kNone : found->second;
}

std::string_view RecordIndex::named(std::string_view type, std::string_view name) const {
  const Entries& all = of_type(type);
  const std::string wanted = to_lower(name);
  const auto found = all.lower_bound(std::string_view(wanted));
  return found == all.end() || last_name((*found)->first) != wanted
             ? std::string_view()
             : std::string_view((*found)->first);
}

std::size_t RecordIndex::in_collection(std::string_view collection) const {
  const auto found = counts_.find(collection);
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace armature::sandbox
