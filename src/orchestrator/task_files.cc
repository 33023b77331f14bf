#include "orchestrator/task_files.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/files.h"

namespace armature::orchestrator {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestFile = 8u << 20;

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [end, ignored] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

}  // namespace

Result<fs::path> TaskFiles::locate(const std::string& dag_file, const std::string& name) const {
  std::error_code error;
  const fs::path home = fs::weakly_canonical(
      fs::path(dag_file).parent_path().empty() ? fs::path(".") : fs::path(dag_file).parent_path(),
      error);
  const fs::path wanted = fs::path(name).is_absolute() ? fs::path(name) : home / name;
  const fs::path path = fs::canonical(wanted, error);
  if (error) return fail(Code::kNotFound, "no file '" + name + "' beside " + dag_file);
  std::vector<std::string> allowed = {home.string()};
  bool inside = is_below(path, home);
  for (const std::string& root : roots_) {
    const fs::path folder = fs::weakly_canonical(root, error);
    inside = inside || (!error && is_below(path, folder));
    allowed.push_back(folder.string());
  }
  if (!inside) {
    return fail(Code::kDenied, "file '" + name + "' lies outside what DAGs may read (" +
                                   join(allowed, ", ") + "); the key dags.file_roots adds folders");
  }
  return path;
}

Result<Json> TaskFiles::read_json(const std::string& dag_file, const std::string& name) const {
  ARMATURE_TRY(const fs::path path, locate(dag_file, name));
  ARMATURE_TRY(std::string text, read_file(path, kLargestFile));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  auto json = parse_json(text, 128);
  if (!json) return std::move(json).error().in(path.filename().string());
  return std::move(*json);
}

}  // namespace armature::orchestrator
