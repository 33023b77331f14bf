#pragma once
// load: DAG files (YAML) to DagDefs, or diagnostics that say where and what to write instead. Pure.
//
//   Unknown and duplicate keys, wrong types, unknown operators and their unknown arguments, missing
//   dependencies, cycles, templates that do not parse, names that no template can know, azure tasks
//   without a role entry: each is an error with file, line, column, path, code and a suggestion.
//   One document is one DAG; several per file with "---". A document with an error gives no DAG;
//   the others of the file are still read.
//   Limits    256 KiB a file, depth 64, 10,000 tasks; YAML aliases are bounded
//   Source    docs/formats/dag.md
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "dag/dag.h"

namespace armature::dag {

struct Diagnostic {
  std::string file;
  int line = 0;
  int column = 0;
  std::string path;  // "tasks[2].retries"
  std::string code;  // "unknown_key", "wrong_type", "unknown_task", "cycle", …
  std::string message;
  std::string expected;    // may be empty
  std::string suggestion;  // may be empty: "did you mean 'retries'?"
  bool warning = false;
};
std::string to_text(const Diagnostic& diagnostic);  // file:line:column: error: message (suggestion)
Json to_json(const Diagnostic& diagnostic);

// What the loader must know of an operator to check its arguments. The table is the orchestrator's.
struct ArgumentSpec {
  std::string name;
  std::string type;  // "string", "int", "bool", "object", "array", "duration", "any"
  bool required = false;
  bool is_template = true;
};
struct OperatorSpec {
  std::string name;                  // "bash"
  std::vector<std::string> aliases;  // Airflow's dotted paths
  std::vector<ArgumentSpec> arguments;
  bool needs_azure = false;           // must be covered by access.azure.roles
  std::vector<std::string> retry_on;  // default classes
  bool instant = false;               // does nothing: done when its turn comes, without an attempt
};

struct Loaded {
  std::vector<DagDef> dags;
  std::vector<Diagnostic> diagnostics;
  bool ok() const;
};
Loaded load(std::string_view text, const std::string& file,
            const std::vector<OperatorSpec>& operators);

}  // namespace armature::dag
