#pragma once
// The steps of load(), each on one Draft: a DAG in the making, with what only the later checks
// need.
#include <string>
#include <vector>

#include "dag/load_reader.h"

namespace armature::dag {

// A string that will be evaluated, and who may be named in it.
struct TemplateSite {
  enum class Kind {
    kTask,    // when the task runs: every name
    kAnswer,  // after the operator's call: `response` too
    kMacro,   // params and earlier macros
    kAccess,  // params and macros; what they may hold must be bounded
  };
  Kind kind = Kind::kTask;
  Position at;
  std::string path;
  std::string text;
  std::size_t index = 0;   // of the task or macro
  bool shell = false;      // its text becomes shell code
  bool condition = false;  // must be one {{ expression }}
};

struct Dependency {
  std::string name;
  Position at;
  std::string path;
};

// What a group's file entry says beside GroupDef.
struct GroupDraft {
  std::string name;                        // as written, without those around it
  std::vector<Fields::Defaults> defaults;  // its own and those of the groups around it
  std::vector<Dependency> dependencies;
  std::string path;
};

struct Draft {
  Draft(DagId id, std::string file) : dag(std::move(id)), report(std::move(file)) {}
  DagDef dag;
  Report report;
  std::vector<TemplateSite> sites;
  std::vector<std::vector<Dependency>> dependencies;  // of each task
  std::vector<bool> needs_azure;                      // of each task
  std::vector<GroupDraft> groups;                     // of each group
};

const std::vector<std::string>& template_names();  // what every task's templates may read
bool has_template(std::string_view text);
bool is_airflow_key(std::string_view text);  // 1 to 250 of [A-Za-z0-9_.-]

// Every string below `node` that holds a template becomes a site like `like`.
void add_sites(const YamlNode& node, const std::string& path, const TemplateSite& like,
               std::vector<TemplateSite>& out);

void read_dag_fields(Fields& fields, Draft& draft);
void read_params(const YamlNode* node, Draft& draft);
void read_macros(const YamlNode* node, Draft& draft);
void read_groups(const YamlNode* node, Draft& draft);
std::vector<Dependency> read_dependencies(Fields& fields, const std::string& key);
// The group that `name` means, by full id or, where only one has it, as written; else told.
std::optional<std::size_t> find_group(const std::string& name, Position at, const std::string& path,
                                      Draft& draft);
const std::vector<std::string>& common_task_fields();
void read_tasks(const YamlNode& list, const YamlNode* defaults,
                const std::vector<OperatorSpec>& operators, Draft& draft);
void read_access(const YamlNode* node, Draft& draft);
void link_tasks(Draft& draft);             // dependencies to indexes; cycles; empty groups
void check_access_coverage(Draft& draft);  // every azure task has a role entry
void check_templates(Draft& draft);        // syntax, names, tasks that are upstream, open scopes

}  // namespace armature::dag
