#include "sandbox/deployments/delta.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "sandbox/resource_kinds.h"

namespace armature::sandbox {
namespace {

bool is_nothing(const Json* value) {
  return value == nullptr || value->is_null() ||
         (value->is_object() && value->get_object().empty());
}

// A name with a dot or a blank needs brackets.
std::string below(const std::string& path, std::string_view name) {
  const bool plain = name.find_first_of(".[]' /") == std::string_view::npos;
  if (!plain) return path + "['" + std::string(name) + "']";
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

Json change_of(const std::string& path, const char* type, const Json* before, const Json* after) {
  JsonObject out{
      {"path",               path},
      {"propertyChangeType", type}
  };
  if (before != nullptr) out["before"] = in_name_order(*before);
  if (after != nullptr) out["after"] = in_name_order(*after);
  return out;
}

// By what an element of an array is known: its name, else its id.
std::string key_of(const Json& element) {
  if (!element.is_object()) return "";
  const std::string name = text_at(element, "name");
  return to_lower(name.empty() ? text_at(element, "id") : name);
}

using Indexes = std::vector<std::size_t>;

JsonArray element_changes(const JsonArray& before, const JsonArray& after) {
  std::vector<bool> taken(after.size(), false);
  const auto pair_off = [&](const auto& key, const Indexes& wanted, auto matched) {
    std::map<std::string, Indexes> known;
    for (std::size_t j = after.size(); j-- > 0;) {
      if (!taken[j]) known[key(after[j])].push_back(j);
    }
    Indexes rest;
    for (const std::size_t i : wanted) {
      const std::string text = key(before[i]);
      const auto found = text.empty() ? known.end() : known.find(text);
      if (found == known.end() || found->second.empty()) {
        rest.push_back(i);
        continue;
      }
      taken[found->second.back()] = true;
      matched(i, found->second.back());
      found->second.pop_back();
    }
    return rest;
  };
  Indexes all(before.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  std::map<std::pair<std::size_t, int>, Json> changes;  // by index; what goes before what comes
  const Indexes unequal = pair_off([](const Json& one) { return canonical(one); }, all,
                                   [](std::size_t, std::size_t) {});
  const Indexes gone = pair_off(key_of, unequal, [&](std::size_t i, std::size_t j) {
    JsonArray children = property_changes(before[i], after[j]);
    if (children.empty()) return;
    Json change = change_of(std::to_string(i), "Modify", nullptr, nullptr);
    change.get_object()["children"] = std::move(children);
    changes[{i, 0}] = std::move(change);
  });
  for (const std::size_t i : gone) {
    changes[{i, 1}] = change_of(std::to_string(i), "Delete", &before[i], nullptr);
  }
  for (std::size_t j = 0; j < after.size(); ++j) {
    if (!taken[j]) changes[{j, 2}] = change_of(std::to_string(j), "Create", nullptr, &after[j]);
  }
  JsonArray out;
  for (auto& [place, change] : changes) out.push_back(std::move(change));
  return out;
}

class Difference {
 public:
  void objects(const JsonObject& before, const JsonObject& after, const std::string& path) {
    std::map<std::string, std::string> names;  // lower case → as written
    for (const auto& [name, value] : after) names.emplace(to_lower(name), name);
    for (const auto& [name, value] : before) names.insert_or_assign(to_lower(name), name);
    for (const auto& [lower, name] : names) {
      values(find_ci(before, name), find_ci(after, name), below(path, name));
    }
  }
  JsonArray take() { return std::move(out_); }

 private:
  void values(const Json* before, const Json* after, const std::string& path) {
    if (is_nothing(before) && is_nothing(after)) return;
    if (before == nullptr || before->is_null()) {
      out_.push_back(change_of(path, "Create", nullptr, after));
    } else if (after == nullptr || after->is_null()) {
      out_.push_back(change_of(path, "Delete", before, nullptr));
    } else if (before->is_object() && after->is_object()) {
      objects(before->get_object(), after->get_object(), path);
    } else if (before->is_array() && after->is_array()) {
      JsonArray children = element_changes(before->get_array(), after->get_array());
      if (children.empty()) return;
      Json change = change_of(path, "Array", nullptr, nullptr);
      change.get_object()["children"] = std::move(children);
      out_.push_back(std::move(change));
    } else if (canonical(*before) != canonical(*after) && !is_kept_out(*before)) {
      out_.push_back(change_of(path, "Modify", before, after));
    }
  }

  JsonArray out_;
};

}  // namespace

JsonArray property_changes(const Json& before, const Json& after) {
  Difference difference;
  if (before.is_object() && after.is_object()) {
    difference.objects(before.get_object(), after.get_object(), "");
  }
  return difference.take();
}

Json in_name_order(const Json& value) {
  if (const auto* array = value.if_array()) {
    JsonArray out;
    for (const Json& element : *array) out.push_back(in_name_order(element));
    return out;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return value;
  std::vector<const JsonObject::value_type*> members;
  for (const auto& member : *object) members.push_back(&member);
  std::ranges::stable_sort(members, {}, [](const auto* member) { return to_lower(member->key()); });
  JsonObject out;
  for (const auto* member : members) out[member->key()] = in_name_order(member->value());
  return out;
}

}  // namespace armature::sandbox
