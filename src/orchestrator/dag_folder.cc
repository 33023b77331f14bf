#include "orchestrator/dag_folder.h"

#include <algorithm>
#include <set>

#include "base/crypto.h"
#include "base/files.h"

namespace armature::orchestrator {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMaxFileBytes = 256u << 10;

dag::Diagnostic problem(const std::string& file, std::string code, std::string message) {
  dag::Diagnostic out;
  out.file = file;
  out.code = std::move(code);
  out.message = std::move(message);
  return out;
}

// *.yaml and *.yml, hidden ones and hidden folders left out. False: the folder cannot be listed.
bool list(const fs::path& folder, std::set<std::string>& out) {
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const fs::path& path = at->path();
    if (path.filename().string().starts_with('.')) {
      at.disable_recursion_pending();
      continue;
    }
    std::error_code ignored;
    const auto extension = path.extension();
    if ((extension == ".yaml" || extension == ".yml") && at->is_regular_file(ignored)) {
      out.insert(path.string());
    }
  }
  return !error;
}

}  // namespace

DagFolder::DagFolder(fs::path folder, std::vector<dag::OperatorSpec> operators)
    : folder_(std::move(folder)), operators_(std::move(operators)) {}

void DagFolder::adopt(dag::DagDef dag) {
  std::string file = dag.file;
  files_[std::move(file)].dags.push_back(std::make_shared<const dag::DagDef>(std::move(dag)));
}

bool DagFolder::scan() {
  std::set<std::string> paths;
  // A folder that cannot be listed for a moment takes no DAG away.
  if (!list(folder_, paths) && fs::exists(folder_)) return false;
  bool changed =
      std::erase_if(files_, [&](const auto& entry) { return !paths.contains(entry.first); }) > 0;
  for (const std::string& path : paths) changed |= read(path, files_[path]);
  if (changed) publish();
  return changed;
}

bool DagFolder::read(const fs::path& path, File& file) const {
  std::error_code error;
  const auto modified = fs::last_write_time(path, error);
  const auto size = error ? 0 : fs::file_size(path, error);
  const bool seen = !file.hash.empty();
  if (!error && seen && modified == file.modified && size == file.size) return false;
  file.modified = modified;
  file.size = size;
  const std::string name = path.string();
  const auto text = read_file(path, kMaxFileBytes);
  if (!text) {
    const bool known = file.hash == "unreadable";
    file.hash = "unreadable";
    file.errors = {problem(name, "unreadable", text.error().message)};
    return !known;
  }
  std::string hash = sha256_hex(*text);
  if (hash == file.hash) return false;
  file.hash = std::move(hash);

  dag::Loaded loaded = dag::load(*text, name, operators_);
  file.errors.clear();
  for (dag::Diagnostic& diagnostic : loaded.diagnostics) {
    if (!diagnostic.warning) file.errors.push_back(std::move(diagnostic));
  }
  std::vector<std::shared_ptr<const dag::DagDef>> dags;
  for (dag::DagDef& dag : loaded.dags) {
    if (dag.version.empty()) dag.version = sha256_hex(dag.source);
    dags.push_back(std::make_shared<const dag::DagDef>(std::move(dag)));
  }
  if (!file.errors.empty()) {
    for (const auto& old : file.dags) {
      const bool replaced = std::any_of(dags.begin(), dags.end(),
                                        [&](const auto& now) { return now->id == old->id; });
      if (!replaced) dags.push_back(old);
    }
  }
  file.dags = std::move(dags);
  return true;
}

void DagFolder::publish() {
  auto entries = std::make_shared<Entries>();
  std::vector<dag::Diagnostic> errors;
  for (const auto& [path, file] : files_) {
    errors.insert(errors.end(), file.errors.begin(), file.errors.end());
    for (const auto& dag : file.dags) {
      const auto [at, fresh] = entries->try_emplace(dag->id.str(), Entry{dag, file.errors});
      if (!fresh) {
        errors.push_back(
            problem(path, "duplicate_dag",
                    "DAG '" + dag->id.str() + "' is in " + at->second.def->file + " already"));
      }
    }
  }
  const std::lock_guard lock(mutex_);
  entries_ = std::move(entries);
  errors_ = std::move(errors);
}

std::shared_ptr<const DagFolder::Entries> DagFolder::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

std::vector<dag::Diagnostic> DagFolder::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

Result<std::shared_ptr<const dag::DagDef>> DagFolder::load(const std::string& source,
                                                           const std::string& file,
                                                           const std::string& dag_id) const {
  dag::Loaded loaded = dag::load(source, file, operators_);
  for (dag::DagDef& dag : loaded.dags) {
    if (dag.id.str() != dag_id) continue;
    if (dag.version.empty()) dag.version = sha256_hex(dag.source);
    return std::make_shared<const dag::DagDef>(std::move(dag));
  }
  std::string why = "the text holds no DAG '" + dag_id + "'";
  for (const dag::Diagnostic& diagnostic : loaded.diagnostics) {
    if (!diagnostic.warning) why = dag::to_text(diagnostic);
  }
  return fail(Code::kInvalid, why);
}

}  // namespace armature::orchestrator
