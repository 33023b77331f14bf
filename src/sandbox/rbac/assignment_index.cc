#include "sandbox/rbac/assignment_index.h"

#include "base/bytes.h"

namespace armature::sandbox {

void AssignmentIndex::add(const Assignment& item) {
  principals_[to_lower(item.principal_id)][to_lower(item.scope)].push_back(&item);
}

void AssignmentIndex::remove(const Assignment& item) {
  const auto principal = principals_.find(to_lower(item.principal_id));
  if (principal == principals_.end()) return;
  const auto scope = principal->second.find(to_lower(item.scope));
  if (scope == principal->second.end()) return;
  std::erase(scope->second, &item);
  if (scope->second.empty()) principal->second.erase(scope);
  if (principal->second.empty()) principals_.erase(principal);
}

const AssignmentIndex::Scopes* AssignmentIndex::of(std::string_view principal_id) const {
  const auto found = principals_.find(principal_id);
  return found == principals_.end() ? nullptr : &found->second;
}

std::span<const Assignment* const> AssignmentIndex::at(const Scopes& scopes,
                                                       std::string_view scope) {
  const auto found = scopes.find(scope);
  if (found == scopes.end()) return {};
  return found->second;
}

}  // namespace armature::sandbox
