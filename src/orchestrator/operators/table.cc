// The operators of this build: one line each.
#include "base/bytes.h"
#include "orchestrator/operators/operator.h"
#include "orchestrator/orchestrator.h"

namespace armature::orchestrator {
namespace {

dag::ArgumentSpec required(std::string name, std::string type) {
  return {std::move(name), std::move(type), true, true};
}
dag::ArgumentSpec optional(std::string name, std::string type) {
  return {std::move(name), std::move(type), false, true};
}
// Evaluated when the answer is there, not before.
dag::ArgumentSpec afterwards(std::string name) { return {std::move(name), "string", false, false}; }

const std::vector<std::string> kAnyFailure = {"task_failed", "timeout", "network"};
const std::vector<std::string> kCallFailures = {"throttled", "timeout", "server_error", "network"};
const std::vector<std::string> kAzureFailures = {"throttled", "timeout", "server_error",
                                                 "conflict_in_progress", "network"};

Operator local(std::string name, std::string airflow_path, std::vector<dag::ArgumentSpec> arguments,
               std::vector<std::string> retry_on, RunOperator run) {
  return {
      {std::move(name),
       {std::move(airflow_path)},
       std::move(arguments),
       false, std::move(retry_on)},
      run,
      false
  };
}

Operator nothing(std::string name, std::string airflow_path) {
  Operator out = local(std::move(name), std::move(airflow_path), {}, kAnyFailure, run_empty);
  out.spec.instant = true;
  return out;
}

Operator azure(std::string name, std::vector<dag::ArgumentSpec> arguments, RunOperator run) {
  return {
      {std::move(name), {}, std::move(arguments), true, kAzureFailures},
      run, true
  };
}

std::vector<Operator> make_table() {
  return {
      nothing("empty", "airflow.providers.standard.operators.empty.EmptyOperator"),
      local(
          "bash", "airflow.providers.standard.operators.bash.BashOperator",
          {required("bash_command", "string"), optional("env", "object"), optional("cwd", "string"),
           optional("skip_on_exit_code", "any"), optional("output_processor", "string")},
          kAnyFailure, run_bash),
      local("http", "airflow.providers.http.operators.http.HttpOperator",
            {required("endpoint", "string"), optional("method", "string"),
             optional("headers", "object"), optional("data", "any"), afterwards("response_check"),
             afterwards("response_filter")},
            kCallFailures, run_http),
      azure("azure.resource_group",
            {required("name", "string"), required("location", "string"),
             optional("subscription_id", "string"), optional("resource_tags", "object")},
            run_resource_group),
      azure(
          "azure.resource",
          {required("resource_id", "string"), required("api_version", "string"),
           optional("method", "string"), optional("body", "object"), afterwards("response_check")},
          run_resource),
      azure("azure.action",
            {required("resource_id", "string"), required("action", "string"),
             required("api_version", "string"), optional("body", "any")},
            run_action),
      azure("azure.arm_deployment",
            {optional("resource_group", "string"), optional("subscription_id", "string"),
             optional("location", "string"), optional("template_file", "string"),
             optional("template", "object"), optional("parameters_file", "string"),
             optional("parameters", "object"), optional("mode", "string"),
             optional("deployment_name", "string")},
            run_arm_deployment),
      azure("azure.role_assignment",
            {required("scope", "string"), required("principal_id", "string"),
             required("role_definition", "string"), optional("principal_type", "string"),
             optional("description", "string")},
            run_role_assignment),
  };
}

}  // namespace

const std::vector<Operator>& operators() {
  static const std::vector<Operator> kTable = make_table();
  return kTable;
}

const Operator* find_operator(std::string_view name) {
  for (const Operator& one : operators()) {
    if (one.spec.name == name) return &one;
  }
  return nullptr;
}

const std::vector<dag::OperatorSpec>& operator_specs() {
  static const std::vector<dag::OperatorSpec> kSpecs = [] {
    std::vector<dag::OperatorSpec> specs;
    for (const Operator& one : operators()) specs.push_back(one.spec);
    return specs;
  }();
  return kSpecs;
}

}  // namespace armature::orchestrator
