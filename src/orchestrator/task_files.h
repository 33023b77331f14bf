#pragma once
// TaskFiles: which files of the server a DAG may read: those beside its own file, and those below
// the folders that the server's operator listed. Whoever may trigger a DAG must not read the
// server's keys.
//
//   Errors    kDenied: outside, naming the folders that are allowed; kNotFound; links are resolved
//             before the check
//   Threads   any; immutable
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace armature::orchestrator {

class TaskFiles {
 public:
  explicit TaskFiles(std::vector<std::string> roots) : roots_(std::move(roots)) {}
  // `name` is absolute or relative to the DAG file's folder.
  Result<std::filesystem::path> locate(const std::string& dag_file, const std::string& name) const;
  Result<Json> read_json(const std::string& dag_file, const std::string& name) const;

 private:
  std::vector<std::string> roots_;
};

}  // namespace armature::orchestrator
