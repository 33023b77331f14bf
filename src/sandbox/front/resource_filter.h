#pragma once
// ResourceFilter: the $filter of ARM's own lists, of resources and of resource groups.
//
//   Grammar   or, and, parentheses; FIELD eq|ne 'text'; substringof('text', name|resourceGroup);
//             startswith(tagName, 'text'). FIELD: location, resourceType, name, resourceGroup,
//             identity, identity/principalId, plan, plan/publisher|product|name|version|
//             promotionCode, tagName, tagValue. For groups: tagName and tagValue alone
//   Compare   without regard to case, tag values with it; two quotes in a text stand for one
//   Errors    parse: nothing for what is not of this grammar, deeper than 16 or longer than 4 KiB
//   Source    resources.json of Azure's published definitions, "Resources_List"
//   Threads   a value; holds() is pure
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/items.h"

namespace armature::sandbox {

class ResourceFilter {
 public:
  static std::optional<ResourceFilter> parse(std::string_view text, bool for_groups = false);

  bool holds(const std::string& key, const Record& record) const;  // key: the id in lower case
  // The one type or group that whatever holds must be of; "" when the filter does not say.
  std::string only_type() const { return text_or_empty(demanded("resourcetype")); }
  std::string only_group() const { return text_or_empty(demanded("resourcegroup")); }
  // Likewise the name of the one tag, null for none, and its value, null for any.
  struct Tag {
    const std::string* name = nullptr;
    const std::string* value = nullptr;
  };
  Tag only_tag() const { return {demanded("tagname"), demanded("tagvalue")}; }

  struct Node {
    enum Kind { kAll, kAny, kEquals, kDiffers, kContains, kStartsWith } kind = kAll;
    std::string field;  // lower case
    std::string value;
    std::vector<Node> parts;  // of kAll and kAny
  };

 private:
  static std::string text_or_empty(const std::string* text) { return text ? *text : ""; }
  const std::string* demanded(std::string_view field) const;
  Node root_;
};

// "a/b" of a child's id or key, in its case; the group in a key, "" outside a group.
std::string full_name(std::string_view key);
std::string_view group_in(std::string_view key);

}  // namespace armature::sandbox
