#include "sandbox/record_index.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"

namespace armature::sandbox {
namespace {

std::string_view last_name(std::string_view key) { return key.substr(key.rfind('/') + 1); }

bool before(std::string_view a, std::string_view b) {
  const int names = last_name(a).compare(last_name(b));
  return names != 0 ? names < 0 : a < b;
}

std::string with_value(std::string name, std::string_view value) {
  name += '\0';
  name += value;
  return name;
}

// The keys of by_tag_ for a record, sorted: the name of each tag, and the name with its value.
std::vector<std::string> tags_of(const Record& record) {
  std::vector<std::string> out;
  const Json* tags = find(record.body, "tags");
  if (!tags || !tags->is_object()) return out;
  for (const auto& tag : tags->get_object()) {
    out.push_back(to_lower(tag.key()));
    if (tag.value().is_string()) out.push_back(with_value(out.back(), as_text(tag.value())));
  }
  std::ranges::sort(out);
  return out;
}

template <class Tags>
void drop(Tags& tags, const std::string& tag, const RecordIndex::Entry* entry) {
  const auto found = tags.find(tag);
  if (found == tags.end()) return;
  found->second.erase(entry);
  if (found->second.empty()) tags.erase(found);
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
  add_tags(entry);
}

void RecordIndex::remove(const Entry& entry) {
  remove_tags(entry);
  const auto type = by_type_.find(to_lower(entry.second.type));
  if (type == by_type_.end() || type->second.erase(&entry) == 0) return;
  if (type->second.empty()) by_type_.erase(type);
  const auto count = counts_.find(collection_of(entry.first));
  if (count != counts_.end() && --count->second == 0) counts_.erase(count);
}

// A tag that stays is not touched: the sets of common ones are large.
void RecordIndex::assign(Entry& entry, Record next) {
  const auto before = tags_of(entry.second);
  const auto after = tags_of(next);
  entry.second = std::move(next);
  for (const std::string& tag : before) {
    if (!std::ranges::binary_search(after, tag)) drop(by_tag_, tag, &entry);
  }
  for (const std::string& tag : after) {
    if (!std::ranges::binary_search(before, tag)) by_tag_[tag].insert(&entry);
  }
}

void RecordIndex::add_tags(const Entry& entry) {
  for (const std::string& tag : tags_of(entry.second)) by_tag_[tag].insert(&entry);
}

void RecordIndex::remove_tags(const Entry& entry) {
  for (const std::string& tag : tags_of(entry.second)) drop(by_tag_, tag, &entry);
}

const RecordIndex::Tagged& RecordIndex::tagged(std::string_view name,
                                               const std::string* value) const {
  static const Tagged kNone;
  std::string tag = to_lower(name);
  if (value) tag = with_value(std::move(tag), *value);
  const auto found = by_tag_.find(tag);
  return found == by_tag_.end() ? kNone : found->second;
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
