#pragma once
// What a deployment request gives its template beside plain values: external inputs, which make
// parameters, and the configurations of extensions.
//
//   read_external_inputs     parameters {"expression": "[…externalInputs('x')…]"} become {"value"},
//                            out of properties.externalInputs {name: {value}};
//                            externalInput(kind, config) finds its name in externalInputDefinitions
//   read_extension_configs   properties.extensionConfigs {alias: {key: {value | keyVaultReference
//                            {keyVault {id}, secretName, secretVersion?}}}}: secrets read from
//                            their vaults in the caller's name; in a preview they stay unknown
//   Secrets                  configurations are never kept in clear: sealed with the secure
//                            parameters, or lost with the process
//   Errors                   the 400, 403, 404 or 409 as ARM words it
//   Threads                  any
//   Source                   Deployments API 2025-04-01
#include <optional>
#include <string>
#include <vector>

#include "sandbox/deployments/key_vault_parameters.h"
#include "sandbox/template/template.h"

namespace armature::sandbox {

struct Inputs {
  Json parameters;         // {name: {"value"}}
  Json extension_configs;  // {alias: {key: {"value"}}}; null: none were given

  bool has_configs() const {
    return extension_configs.is_object() && !extension_configs.get_object().empty();
  }
};
// As they are sealed.
Json to_json(const Inputs& inputs);
// Those of a deployment that was started before; kInvalid when its secrets cannot be read again.
Result<Inputs> open_inputs(const Cloud& cloud, const Deployment& deployment);

std::optional<ArmAnswer> read_external_inputs(const Json& properties, Json& parameters);
std::optional<ArmAnswer> read_extension_configs(Cloud& cloud, const Caller& caller,
                                                const SecretSource& source, const Json& properties,
                                                tmpl::Preview preview, Inputs& inputs);
// The text values of configurations that must not be kept or shown.
std::vector<std::string> secret_configs(const Json& document, const Inputs& inputs);
void collect_text(const Json& value, std::vector<std::string>& out);
// Where the template's functions look for configurations: among what deployment() answers.
void tell(const Inputs& inputs, tmpl::Surroundings& around);

}  // namespace armature::sandbox
