// Verbs that read DAG files and ask no server: what editors, pre-commit hooks and CI jobs call.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/bytes.h"
#include "base/files.h"
#include "cli/examples.h"
#include "cli/session.h"
#include "dag/format.h"
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

Status print_example(Session& session, const std::string& name) {
  std::vector<std::string> names;
  JsonArray list;
  for (const Example& one : examples()) {
    if (one.name == name) {
      session.print(one.text);
      return Ok{};
    }
    names.emplace_back(one.name);
    JsonObject row;
    row["name"] = one.name;
    row["description"] = description_of(one);
    list.push_back(std::move(row));
  }
  if (!name.empty()) {
    const std::string near = nearest(name, names);
    return fail(Code::kNotFound,
                "there is no example '" + name + "'" +
                    (near.empty() ? ": " + join(names, ", ") : "; did you mean '" + near + "'?"));
  }
  JsonObject out;
  out["examples"] = std::move(list);
  session.print_list(out, "examples",
                     {
                         {"NAME",        "name"       },
                         {"DESCRIPTION", "description"}
  });
  return Ok{};
}

unsigned mode_of(const std::string& file) {
  std::error_code ignored;
  return static_cast<unsigned>(std::filesystem::status(file, ignored).permissions()) & 0777;
}

// Files that are not in canonical form are written anew, or with `check` only named.
Status format_files(Session& session, const std::vector<std::string>& files, bool check) {
  JsonArray findings, changed;
  for (const std::string& file : files) {
    ARMATURE_TRY(const std::string text, read_file(file));
    const dag::Formatted formatted = dag::format(text, file);
    for (const dag::Diagnostic& one : formatted.problems) {
      if (session.is_table()) session.note(dag::to_text(one) + "\n");
      findings.push_back(dag::to_json(one));
      session.set_status(1);
    }
    if (formatted.text == text) continue;
    changed.emplace_back(file);
    if (session.is_table()) session.print((check ? "would format " : "formatted ") + file + "\n");
    if (check) {
      session.set_status(1);
    } else {
      // Through a link the file itself is replaced, not the link.
      std::error_code error;
      const auto target = std::filesystem::canonical(file, error);
      ARMATURE_CHECK(
          write_file(error ? std::filesystem::path(file) : target, formatted.text, mode_of(file)));
    }
  }
  if (session.is_table()) return Ok{};
  JsonObject out;
  out["changed"] = std::move(changed);
  out["diagnostics"] = std::move(findings);
  session.print_object(out, {});
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

  auto name = std::make_shared<std::string>();
  auto* example = dags.add_subcommand("example", "A DAG file to begin with, or the list of them");
  example->footer("Example:\n  armature dags example hello > dags/hello.yaml");
  example->add_option("name", *name, "Which (default: list them)");
  session.run_on(*example, [&session, name] { return print_example(session, *name); });

  auto formatted = std::make_shared<std::vector<std::string>>();
  auto check_only = std::make_shared<bool>(false);
  auto* fmt = dags.add_subcommand("fmt", "Write DAG files in canonical order and indentation");
  fmt->footer(
      "Example:\n  armature dags fmt --check dags/*.yaml\n"
      "Comments stay with what they stand before. A file whose meaning could change is refused.");
  fmt->add_option("files", *formatted, "DAG files")->required();
  fmt->add_flag("--check", *check_only, "Change nothing; exit status 1 when a file would change");
  session.run_on(*fmt, [&session, formatted, check_only] {
    return format_files(session, *formatted, *check_only);
  });
}

}  // namespace armature::cli
