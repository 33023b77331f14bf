#include "arm/resource_id.h"

#include "arm/path.h"
#include "base/bytes.h"

namespace armature::arm {
namespace {

void describe_root(const Path& path, ResourceId& id) {
  if (!path.resource_group.empty()) {
    id.kind = ScopeKind::kResourceGroup;
    id.type = "Microsoft.Resources/resourceGroups";
    id.name = path.resource_group;
    id.scope = "/subscriptions/" + path.subscription_id;
  } else if (!path.subscription_id.empty()) {
    id.kind = ScopeKind::kSubscription;
    id.type = "Microsoft.Resources/subscriptions";
    id.name = path.subscription_id;
    id.scope = "/";
  } else {
    id.kind = ScopeKind::kTenant;
    id.scope = "/";
  }
  id.parent = id.scope;
}

void describe_resource(const Path& path, ResourceId& id) {
  const ProviderBlock& block = path.blocks.back();
  const std::size_t above = path.blocks.size() - 1;
  id.provider = block.provider;
  id.type = full_type(block, block.types.size());
  id.name = join(block.names, "/");
  id.scope = above == 0 ? path.root_text() : path.text(above, path.blocks[above - 1].names.size());
  id.parent =
      block.names.size() > 1 ? path.text(path.blocks.size(), block.names.size() - 1) : id.scope;
  const bool is_group = above == 0 && !path.management_group.empty() && block.names.size() == 1;
  id.kind = is_group ? ScopeKind::kManagementGroup : ScopeKind::kResource;
}

// Segments compared without splitting: this runs once per grant in every decision.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view without_trailing_slash(std::string_view text) {
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  return text;
}

bool has_prefix(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  // Ids differ near their end: comparing backwards finds a mismatch soonest.
  for (std::size_t i = prefix.size(); i-- > 0;) {
    if (text[i] != prefix[i] && lower(text[i]) != lower(prefix[i])) return false;
  }
  return true;
}

}  // namespace

Result<ResourceId> ResourceId::parse(std::string_view path) {
  ARMATURE_TRY(const auto segments, split_path(path, Encoding::kDecoded));
  ARMATURE_TRY(const Path parts, parse_path(segments));
  if (!parts.rest.empty()) {
    return fail(Code::kInvalid, "'" + parts.rest.front() + "' does not belong in a resource id");
  }
  if (!parts.is_id()) {
    const auto& last = segments.back();
    return fail(Code::kInvalid, "resource id ends in '" + last + "', which has no name after it");
  }
  ResourceId id;
  id.text = parts.text();
  id.management_group = parts.management_group;
  id.subscription_id = parts.subscription_id;
  id.resource_group = parts.resource_group;
  if (parts.blocks.empty()) {
    describe_root(parts, id);
  } else {
    describe_resource(parts, id);
  }
  return id;
}

bool same_id(std::string_view a, std::string_view b) {
  a = without_trailing_slash(a);
  b = without_trailing_slash(b);
  return a.size() == b.size() && has_prefix(a, b);
}

bool at_or_above(std::string_view scope, std::string_view target) {
  if (scope.empty()) return false;  // nothing was named: not the same as everything
  scope = without_trailing_slash(scope);
  target = without_trailing_slash(target);
  if (!has_prefix(target, scope)) return false;
  return target.size() == scope.size() || target[scope.size()] == '/';
}

}  // namespace armature::arm
