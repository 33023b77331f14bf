#include <algorithm>

#include "base/files.h"
#include "tests/corpus/corpus.h"

namespace armature::corpus {

Json read_json(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return nullptr;
  std::string_view bytes = *text;
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  auto parsed = parse_json(bytes, 128);
  return parsed ? *std::move(parsed) : Json(nullptr);
}

std::vector<Document> discover(const std::filesystem::path& root) {
  std::vector<Document> out;
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator it(root, failed), end; !failed && it != end;
       it.increment(failed)) {
    if (!it->is_regular_file() || it->path().extension() != ".json") continue;
    out.push_back(
        {it->path(), it->path().lexically_relative(root).generic_string(), read_json(it->path())});
  }
  std::ranges::sort(out, {}, &Document::name);
  return out;
}

}  // namespace armature::corpus
