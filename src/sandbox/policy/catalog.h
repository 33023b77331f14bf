#pragma once
// Catalog: the policies that the state and the built-in table hold, ready to be asked.
//
//   Kept      definitions, initiatives, assignments and exemptions are Records under their ids; an
//             assignment is found by the scopes above a resource, so a write looks at nothing else
//   Cache     what was parsed, until something in the state's policies changes: touch() writes a
//             mark beside the change, in the same transaction
//   Threads   any; `state` is read under the store's lock
//   Lifetime  what it gives is shared and never changes
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/cloud.h"
#include "sandbox/policy/ruling.h"
#include "sandbox/store.h"

namespace armature::sandbox::policy {

inline constexpr const char* kDefinitions = "policyDefinitions";
inline constexpr const char* kSets = "policySetDefinitions";
inline constexpr const char* kAssignments = "policyAssignments";
inline constexpr const char* kExemptions = "policyExemptions";

// A definition or an initiative that comes with Azure: {"name", "properties"}.
const std::vector<Json>& builtin_definitions();
std::string builtin_id(const Json& builtin);

// The "properties" of the definition or initiative of that id; null when there is none.
const Json* find_properties(const State& state, std::string_view id);
// Records of a kind (kAssignments …) right at the scope.
std::vector<const Record*> records_at(const State& state, std::string_view scope,
                                      std::string_view kind);
// Records of a kind at the scope and anywhere below it.
std::vector<const Record*> records_below(const State& state, std::string_view scope,
                                         std::string_view kind);
// "/subscriptions/…" of ".../providers/Microsoft.Authorization/policyAssignments/x".
std::string scope_of(std::string_view policy_id);
void touch(Change& change, Cloud& cloud);

class Catalog {
 public:
  // Was a policy ever put? Asked first by everything on the way of a write.
  static bool any(const State& state);
  // Assignments at the scopes, in the order of the scopes from the top down.
  AssignedList assigned(const Cloud& cloud, const State& state,
                        const std::vector<std::string>& scopes);
  static std::vector<Exemption> exemptions(const State& state,
                                           const std::vector<std::string>& scopes);
  std::shared_ptr<const Assigned> assigned(const Cloud& cloud, const State& state,
                                           const Record& record);
  std::shared_ptr<const Definition> definition(const State& state, const std::string& id);
  std::shared_ptr<const SetDefinition> set(const State& state, const std::string& id);

 private:
  void refresh(const State& state);
  std::shared_ptr<const Assigned> compile(const Cloud& cloud, const State& state,
                                          const Record& record);
  std::vector<Binding> bind(const State& state, const Assigned& assigned);

  std::recursive_mutex mutex_;
  std::string mark_;
  std::map<std::string, std::shared_ptr<const Definition>> definitions_;
  std::map<std::string, std::shared_ptr<const SetDefinition>> sets_;
  std::map<std::string, std::shared_ptr<const Assigned>> assigned_;
};

// One policy of an assignment with its parameters: what bind() makes, and what a PUT checks.
tmpl::Outcome<Binding> bind_one(const AssignmentFacts& facts, std::string assignment_id,
                                std::shared_ptr<const Definition> definition,
                                std::map<std::string, Json> given, std::string reference_id);
// The parameters that an initiative hands to one of its policies.
tmpl::Outcome<std::map<std::string, Json>> handed_on(const Reference& reference,
                                                     const std::map<std::string, Json>& values);

}  // namespace armature::sandbox::policy
