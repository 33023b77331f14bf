// Ids from scopes, types and names, and the search among a template's resources.
#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/resources.h"

namespace armature::sandbox::tmpl {
namespace {

// The first `count` segments of a path that begins with "/".
std::string leading(std::string_view path, std::size_t count) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (at >= path.size()) return "";
    at = std::min(path.find('/', at + 1), path.size());
  }
  return std::string(path.substr(0, at));
}

std::string last_segment(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

const std::vector<std::size_t>* found(
    const std::map<std::string, std::vector<std::size_t>, std::less<>>& index,
    const std::string& key) {
  const auto it = index.find(key);
  return it == index.end() ? nullptr : &it->second;
}

}  // namespace

std::string subscription_scope(std::string_view scope) {
  return starts_with_ci(scope, "/subscriptions/") ? leading(scope, 2) : "";
}

std::string group_scope(std::string_view scope) {
  const std::string subscription = subscription_scope(scope);
  if (subscription.empty()) return "";
  const std::string_view rest = scope.substr(subscription.size());
  return starts_with_ci(rest, "/resourceGroups/") ? leading(scope, 4) : "";
}

std::string resource_id(std::string_view scope, std::string_view type, std::string_view name) {
  if (scope == "/") scope = "";
  if (equal_ci(type, "Microsoft.Resources/resourceGroups")) {
    return subscription_scope(scope) + "/resourceGroups/" + std::string(name);
  }
  // Management groups are tenant resources wherever they are named.
  if (starts_with_ci(type, "Microsoft.Management/managementGroups")) scope = "";
  const std::vector<std::string> types = split(type, '/');
  const std::vector<std::string> names = split(name, '/');
  std::string id = std::string(scope) + "/providers/" + types[0];
  for (std::size_t i = 1; i < types.size(); ++i) {
    id += "/" + types[i];
    if (i - 1 < names.size()) id += "/" + names[i - 1];
  }
  return id;
}

void Directory::add(Source source) {
  const std::size_t index = sources_.size();
  const Resource& resource = source.resource;
  const std::string id = to_lower(resource.id);
  const std::string name = to_lower(resource.name);
  if (!resource.symbol.empty()) symbols_[to_lower(resource.symbol)].push_back(index);
  if (!resource.copy_loop.empty()) loops_[to_lower(resource.copy_loop)].push_back(index);
  // Without an id it is left out and known by its symbol or loop alone.
  if (id.empty()) {
    sources_.push_back(std::move(source));
    return;
  }
  ids_[id].push_back(index);
  plain_ids_[to_lower(source.plain_id)].push_back(index);
  names_[name].push_back(index);
  typed_[to_lower(resource.type) + "/" + name].push_back(index);
  const auto tail = to_lower(source.plain_id).find("/providers/");
  if (tail != std::string::npos) {
    tails_[to_lower(source.plain_id).substr(tail + 11)].push_back(index);
  }
  last_segments_[last_segment(name)].push_back(index);
  sources_.push_back(std::move(source));
}

void Directory::declare(std::string_view name) { declared_.insert(to_lower(name)); }

bool Directory::declares(std::string_view name) const { return declared_.contains(to_lower(name)); }

std::vector<std::size_t> Directory::find_symbol(std::string_view symbol) const {
  const std::string key = to_lower(symbol);
  if (const auto* hits = found(symbols_, key)) return *hits;
  // One iteration of a loop: name[3].
  const auto bracket = key.find('[');
  if (bracket == std::string::npos || !key.ends_with(']')) return {};
  const auto* hits = found(symbols_, key.substr(0, bracket));
  if (hits == nullptr) return {};
  const std::string number = key.substr(bracket + 1, key.size() - bracket - 2);
  std::vector<std::size_t> out;
  for (const std::size_t hit : *hits) {
    if (std::to_string(sources_[hit].iteration) == number) out.push_back(hit);
  }
  return out;
}

std::vector<std::size_t> Directory::find(std::string_view text) const {
  if (auto hits = find_symbol(text); !hits.empty()) return hits;
  std::string key = to_lower(text);
  while (key.size() > 1 && key.ends_with('/')) key.pop_back();
  for (const Index* index :
       {&loops_, &ids_, &plain_ids_, &names_, &typed_, &tails_, &last_segments_}) {
    if (const auto* hits = found(*index, key)) return *hits;
  }
  return {};
}

}  // namespace armature::sandbox::tmpl
