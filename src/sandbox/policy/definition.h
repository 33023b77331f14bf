#pragma once
// Policy definitions, initiatives, assignments and exemptions: ARM's JSON to values, checked.
//
//   In       a resource's "properties" and its name
//   Errors   TemplateError with ARM's codes: InvalidRequestContent, InvalidPolicyDefinitionMode,
//            InvalidPolicyRule, InvalidPolicyParameters, UnusedPolicyParameters
//   Not here the state, scopes and ids: catalog.h
//   Source   Azure Policy definition, initiative, assignment and exemption structure
//   Threads  values, shared once made
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/policy/effect.h"
#include "sandbox/policy/rule.h"

namespace armature::sandbox::policy {

tmpl::TemplateError content_error(const std::string& detail);
// The member of an object, by name without regard to case; nullptr for anything else.
const Json* member(const Json& object, std::string_view key);

struct Parameter {
  std::string name;
  std::string type;  // lower case
  std::optional<Json> default_value;
  std::vector<Json> allowed;
};
using Parameters = std::vector<Parameter>;
tmpl::Outcome<Parameters> read_parameters(const Json& properties);
const Parameter* find_parameter(const Parameters& parameters, std::string_view name);

struct Definition {
  std::string id;
  std::string name;
  std::string display_name;
  std::string version;
  std::string mode;  // lower case: "all", "indexed", "microsoft.kubernetes.data"
  Parameters parameters;
  Condition condition;
  bool inspects_tags = false;  // a PATCH of nothing but tags asks no other
  Written effect;
  Details details;
  std::vector<std::string> unused;  // parameters: a custom definition may have none

  bool by_resource_manager() const { return mode == "all" || mode == "indexed"; }
};
tmpl::Outcome<Definition> read_definition(const std::string& name, const Json& properties);

// One policy of an initiative.
struct Reference {
  std::string definition_id;
  std::string reference_id;
  std::map<std::string, Written> parameters;  // by lower-case name
  std::vector<std::string> groups;
};
struct SetDefinition {
  std::string id;
  std::string name;
  std::string display_name;
  Parameters parameters;
  std::vector<Reference> references;
  std::vector<std::string> unused;
};
tmpl::Outcome<SetDefinition> read_set(const std::string& name, const Json& properties);
tmpl::TemplateError unused_parameters(const std::string& name,
                                      const std::vector<std::string>& unused);

struct Selector {
  std::string kind;                 // lower case: "resourcelocation", "resourcetype" …
  std::optional<bool> inverted;     // notIn
  std::vector<std::string> values;  // lower case
  bool admits(std::string_view value) const;
};
struct Override {
  std::string value;  // the effect
  std::vector<Selector> selectors;
};
struct AssignmentFacts {
  std::string name;
  std::string display_name;
  std::string definition_id;
  std::map<std::string, Json> parameters;  // by lower-case name
  Json shown_parameters;
  std::vector<std::string> not_scopes;
  bool enforced = true;
  std::map<std::string, std::string> messages;            // by lower-case reference id; "": for all
  std::vector<std::vector<Selector>> resource_selectors;  // any of them, each whole
  std::vector<Override> overrides;
};
tmpl::Outcome<AssignmentFacts> read_assignment(const std::string& name, const Json& properties);

struct Exemption {
  std::string id;
  std::string scope;
  std::string assignment_id;
  std::vector<std::string> references;  // empty: all
  std::string category;                 // "Waiver", "Mitigated"
  std::optional<Instant> expires;
  std::vector<std::vector<Selector>> resource_selectors;
};
tmpl::Outcome<Exemption> read_exemption(const std::string& id, const Json& properties);

// Values for the parameters: the given ones, then defaults. Codes UndefinedPolicyParameter,
// MissingPolicyParameter, InvalidPolicyParameterType, PolicyParameterValueNotAllowed.
tmpl::Outcome<std::map<std::string, Json>> fill_parameters(const Parameters& declared,
                                                           const std::map<std::string, Json>& given,
                                                           const std::string& assignment,
                                                           const std::string& definition);

}  // namespace armature::sandbox::policy
