#pragma once
// From the body of a deployment request to what the engine runs: checked, expanded, its secure
// values set apart.
#include <optional>
#include <string>
#include <vector>

#include "sandbox/cloud.h"
#include "sandbox/template/template.h"

namespace armature::sandbox {

struct Prepared {
  Deployment deployment;
  std::optional<tmpl::Plan> plan;
  std::vector<std::string> secrets;
  std::optional<ArmAnswer> refusal;  // then nothing else holds
};

// A new deployment out of a PUT or validate. Of the deployment it is nested in: `parent_secrets`,
// and `parent_link`, which its relative links continue.
Prepared prepare(Cloud& cloud, const ArmCall& call, const std::vector<std::string>& parent_secrets,
                 const Json& parent_link = nullptr);
// The plan of a deployment that was started before, the same as then.
tmpl::Outcome<tmpl::Plan> expand_again(Cloud& cloud, const Deployment& deployment,
                                       const Json& parameters);
// The text values of the template's secure parameters.
std::vector<std::string> secret_values(const Json& document, const Json& parameters);
Json without_secrets(const Json& document, const Json& parameters);
ArmAnswer refuse_template(const tmpl::TemplateError& error);

}  // namespace armature::sandbox
