#pragma once
// From the body of a deployment request to what the engine runs: checked, expanded, its secure
// values set apart.
#include <optional>
#include <string>
#include <vector>

#include "sandbox/cloud.h"
#include "sandbox/template/template.h"

namespace armature::sandbox {

// How far a request's resources and the caller's rights are checked before anything runs.
enum class ValidationLevel { kProvider, kProviderNoRbac, kTemplate };

struct PrepareOptions {
  std::vector<std::string> secrets;  // of the deployment that this one is nested in
  tmpl::Preview preview = tmpl::Preview::kNo;
  Json planned_group;  // the scope's resource group when the same deployment makes it, else null
  Json parent_link;    // of the deployment that this one is nested in: relative links continue it
};

struct Prepared {
  Deployment deployment;
  ValidationLevel level = ValidationLevel::kProvider;
  std::optional<tmpl::Plan> plan;
  std::vector<std::string> secrets;
  std::optional<ArmAnswer> refusal;  // then nothing else holds
};

// A new deployment out of a PUT, validate or whatIf.
Prepared prepare(Cloud& cloud, const ArmCall& call, const PrepareOptions& options = {});
// The plan of a deployment that was started before, the same as then.
tmpl::Outcome<tmpl::Plan> expand_again(Cloud& cloud, const Deployment& deployment,
                                       const Json& parameters);
// The text values of the template's secure parameters.
std::vector<std::string> secret_values(const Json& document, const Json& parameters);
Json without_secrets(const Json& document, const Json& parameters);
// The request target of a resource named in a template: ids may hold blanks, targets may not.
std::string deployment_target(const std::string& id, const std::string& api_version = "");
ArmAnswer refuse_template(const tmpl::TemplateError& error);

}  // namespace armature::sandbox
