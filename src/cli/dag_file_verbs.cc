// Verbs that read DAG files and ask no server: what editors, pre-commit hooks and CI jobs call.
#include <CLI/CLI.hpp>

#include "base/files.h"
#include "cli/session.h"
#include "dag/schema.h"

namespace armature::cli {
namespace {

Status validate(Session& session, const std::vector<std::string>& files) {
  JsonArray findings;
  std::size_t dags = 0;
  bool ok = true;
  for (const std::string& file : files) {
    ARMATURE_TRY(const std::string text, read_file(file));
    const dag::Loaded loaded = dag::load(text, file, session.environment().operators);
    dags += loaded.dags.size();
    ok = ok && loaded.ok();
    for (const dag::Diagnostic& one : loaded.diagnostics) {
      if (session.is_table()) session.note(dag::to_text(one) + "\n");
      findings.push_back(dag::to_json(one));
    }
  }
  if (session.is_table()) {
    session.print(std::to_string(dags) + (dags == 1 ? " DAG is valid" : " DAGs are valid") + "\n");
  } else {
    JsonObject out;
    out["diagnostics"] = std::move(findings);
    session.print_list(out, "diagnostics", {});
  }
  if (!ok) session.set_status(1);
  return Ok{};
}

}  // namespace

void add_dag_file_verbs(CLI::App& dags, Session& session) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto* check = dags.add_subcommand("validate", "Check DAG files, without a server");
  check->footer("Example:\n  armature dags validate examples/azure_provision.yaml");
  check->add_option("files", *files, "DAG files")->required();
  session.run_on(*check, [&session, files] { return validate(session, *files); });

  auto* schema =
      dags.add_subcommand("schema", "The JSON Schema of DAG files, for editors; without a server");
  schema->footer("Example:\n  armature dags schema > dag.schema.json");
  session.run_on(*schema, [&session] {
    session.print(dump(dag::json_schema(session.environment().operators)) + "\n");
    return Status(Ok{});
  });
}

}  // namespace armature::cli
