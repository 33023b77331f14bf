#include "tests/corpus/prerequisites.h"

#include <algorithm>
#include <regex>

#include "arm/resource_id.h"
#include "base/bytes.h"

namespace armature::corpus {
namespace {

// The resource itself, what it is a child or an extension of, and their group.
std::vector<std::string> with_parents(const std::string& id) {
  std::vector<std::string> out;
  for (auto at = arm::ResourceId::parse(id); at && !at->provider.empty();
       at = arm::ResourceId::parse(at->parent)) {
    out.push_back(at->text);
    if (at->parent == at->text) break;
  }
  if (const auto group = arm::ResourceId::parse(id); group && !group->resource_group.empty()) {
    out.push_back("/subscriptions/" + group->subscription_id + "/resourceGroups/" +
                  group->resource_group);
  }
  std::ranges::reverse(out);
  return out;
}

// "ns/type/child", "name/child" as they stand in one text: type/name or type/child/name/child.
std::string id_below(const std::string& group, const std::string& typed_name) {
  const std::vector<std::string> parts = split(typed_name, '/');
  if (parts.size() < 3 || parts.size() % 2 == 0) return "";
  const std::size_t depth = (parts.size() - 1) / 2;
  std::string out = group + "/providers/" + parts[0];
  for (std::size_t i = 1; i <= depth; ++i) out += "/" + parts[i] + "/" + parts[depth + i];
  return out;
}

}  // namespace

std::vector<std::string> missing_resources(const arm::ErrorBody& error,
                                           const std::string& subscription) {
  static const std::regex kGroup("Resource group '([^']+)' could not be found");
  static const std::regex kResource(
      "The Resource '([^']+)' under resource group '([^']+)' was not");
  std::smatch match;
  if (error.code == "ResourceGroupNotFound" && std::regex_search(error.message, match, kGroup)) {
    return {subscription + "/resourceGroups/" + match[1].str()};
  }
  if (error.code == "ResourceNotFound" && std::regex_search(error.message, match, kResource)) {
    return with_parents(
        id_below(subscription + "/resourceGroups/" + match[2].str(), match[1].str()));
  }
  if (error.code == "ParentResourceNotFound") {
    const auto target = arm::ResourceId::parse(error.target);
    if (target && target->parent != target->text) return with_parents(target->parent);
  }
  return {};
}

}  // namespace armature::corpus
