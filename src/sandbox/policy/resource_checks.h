#pragma once
// What a policy resource must satisfy before it is kept. The refusal, or nothing.
//
//   Threads   under the store's lock
#include <optional>
#include <string>

#include "sandbox/cloud.h"
#include "sandbox/policy/catalog.h"

namespace armature::sandbox::policy {

ArmAnswer refuse_with(int status, const tmpl::TemplateError& error);
std::optional<ArmAnswer> check_definition(const State& state, const std::string& scope,
                                          const std::string& name, const Json& properties);
std::optional<ArmAnswer> check_set(Catalog& catalog, const State& state, const std::string& scope,
                                   const std::string& name, const Json& properties);
std::optional<ArmAnswer> check_assignment(Catalog& catalog, const State& state,
                                          const std::string& scope, const std::string& name,
                                          const Json& body);
std::optional<ArmAnswer> check_exemption(const State& state, const std::string& scope,
                                         const Json& properties);
// Is a definition or an initiative still used?
std::optional<ArmAnswer> check_unused(const State& state, const Record& record);

}  // namespace armature::sandbox::policy
