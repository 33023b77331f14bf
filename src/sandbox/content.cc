#include "sandbox/content.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/files.h"
#include "http/message.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMaxContent = 4u << 20;  // ARM's limit of a template

// The file stays below `folder`, also when the path climbs or a link leads out.
Result<std::string> read_below(const std::filesystem::path& folder, const std::string& path) {
  std::error_code failed;
  const auto root = std::filesystem::canonical(folder, failed);
  if (failed) return fail(Code::kNotFound, "the folder is not there");
  const auto file = std::filesystem::canonical(root / path, failed);
  if (failed || !std::filesystem::is_regular_file(file, failed)) {
    return fail(Code::kNotFound, "no such file");
  }
  const auto inside = file.lexically_relative(root);
  if (inside.empty() || *inside.begin() == "..") return fail(Code::kNotFound, "no such file");
  return read_file(file, kMaxContent);
}

}  // namespace

Result<std::vector<ContentRoot>> read_content_roots(const std::string& text) {
  std::vector<ContentRoot> out;
  for (const std::string& word : split(text, ' ')) {
    if (word.empty()) continue;
    const auto equals = word.find('=');
    ContentRoot root{word.substr(0, equals),
                     equals == std::string::npos ? "" : word.substr(equals + 1)};
    const bool is_url =
        starts_with_ci(root.prefix, "https://") || starts_with_ci(root.prefix, "http://");
    if (!is_url || root.folder.empty()) {
      return fail(Code::kInvalid, "'" + word + "' is not of the form https://host/path/=/a/folder");
    }
    if (!root.prefix.ends_with('/')) root.prefix += '/';
    out.push_back(std::move(root));
  }
  return out;
}

ContentSource folder_content(std::vector<ContentRoot> roots) {
  std::ranges::sort(roots, std::ranges::greater{},
                    [](const ContentRoot& root) { return root.prefix.size(); });
  return [roots = std::move(roots)](const std::string& uri) -> Result<std::string> {
    const std::string plain = uri.substr(0, uri.find_first_of("?#"));
    for (const ContentRoot& root : roots) {
      if (!starts_with_ci(plain, root.prefix)) continue;
      const auto path = http::percent_decode(std::string_view(plain).substr(root.prefix.size()));
      if (!path || path->find('\0') != std::string::npos) break;
      // An absolute path would replace the folder instead of continuing it.
      return read_below(root.folder, std::filesystem::path(*path).relative_path().string());
    }
    return fail(Code::kNotFound, "no content root of the sandbox serves it");
  };
}

}  // namespace armature::sandbox
