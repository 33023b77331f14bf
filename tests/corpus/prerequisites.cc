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

// "ns/type/name" and "ns/type/name/child/name" below a group.
std::string id_below(const std::string& group, const std::string& typed_name) {
  return group + "/providers/" + typed_name;
}

}  // namespace

std::vector<std::string> missing_resources(const arm::ErrorBody& error,
                                           const std::string& subscription,
                                           const std::string& home) {
  static const std::regex kGroup("Resource group '([^']+)' could not be found");
  static const std::regex kResource(
      "The Resource '([^']+)' under resource group '([^']+)' was not");
  static const std::regex kVault("The specified KeyVault '([^']+)' could not be found");
  static const std::regex kSecret("the vault '([^']+)' has no secret '([^']+)'");
  std::smatch match;
  if (std::regex_search(error.message, match, kVault)) return with_parents(match[1].str());
  if (std::regex_search(error.message, match, kSecret)) {
    return {id_below(home,
                     "Microsoft.KeyVault/vaults/" + match[1].str() + "/secrets/" + match[2].str())};
  }
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
