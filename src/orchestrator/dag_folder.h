#pragma once
// DagFolder: the DAG files below one folder, read again when they change.
//
//   Changed   by modification time and size first, then by content hash
//   Broken    a file with an error keeps the last good version of its DAGs and shows what is wrong;
//             a file that is gone takes its DAGs out of the list
//   Names     one DAG id belongs to one file: the first in path order; the other file shows an
//   error Threads   scan() and adopt() from one thread; entries() and errors() from any
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dag/load.h"

namespace armature::orchestrator {

class DagFolder {
 public:
  struct Entry {
    std::shared_ptr<const dag::DagDef> def;
    std::vector<dag::Diagnostic> errors;  // of its file as it is now
  };
  using Entries = std::map<std::string, Entry>;  // by DAG id

  DagFolder(std::filesystem::path folder, std::vector<dag::OperatorSpec> operators);

  // A last good version that an earlier process kept, before the first scan.
  void adopt(dag::DagDef dag);
  bool scan();  // true: entries or errors may have changed

  std::shared_ptr<const Entries> entries() const;
  std::vector<dag::Diagnostic> errors() const;
  // One DAG of a document kept earlier, for a run that goes on with the version it began with.
  Result<std::shared_ptr<const dag::DagDef>> load(const std::string& source,
                                                  const std::string& file,
                                                  const std::string& dag_id) const;

 private:
  struct File {
    std::filesystem::file_time_type modified{};
    std::uintmax_t size = 0;
    std::string hash;
    std::vector<std::shared_ptr<const dag::DagDef>> dags;
    std::vector<dag::Diagnostic> errors;
  };
  bool read(const std::filesystem::path& path, File& file) const;
  void publish();

  const std::filesystem::path folder_;
  const std::vector<dag::OperatorSpec> operators_;
  std::map<std::string, File> files_;  // by path
  mutable std::mutex mutex_;           // guards the two below
  std::shared_ptr<const Entries> entries_ = std::make_shared<Entries>();
  std::vector<dag::Diagnostic> errors_;
};

}  // namespace armature::orchestrator
