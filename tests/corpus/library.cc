#include "tests/corpus/library.h"

#include <algorithm>
#include <regex>

#include "base/files.h"
#include "tests/corpus/stand_in.h"

namespace armature::corpus {
namespace {

// "[Application_Insights_Key]" is no expression but a place where its user writes a value.
std::string with_marks_filled(const std::string& text) {
  static const std::regex kMark("\"\\[([A-Za-z_][A-Za-z_0-9]*)\\]\"");
  return std::regex_replace(text, kMark, "\"$1\"");
}

}  // namespace

void Library::open(const Document& document) {
  document_ = &document;
  stand_ins_.clear();
}

Result<std::string> Library::read(const std::string& uri) {
  const std::string plain = uri.substr(0, uri.find_first_of("?#"));
  const std::filesystem::path& self = document_->path;
  if (plain == std::string(kHost) + document_->name) {
    ARMATURE_TRY(const std::string text, read_file(self));
    return with_marks_filled(text);
  }
  const std::filesystem::path folder = self.parent_path();
  std::size_t at = plain.find("://");
  at = at == std::string::npos ? 0 : at + 3;
  for (at = plain.find('/', at); at != std::string::npos; at = plain.find('/', at + 1)) {
    const std::filesystem::path file = (folder / plain.substr(at + 1)).lexically_normal();
    const bool inside = *file.lexically_relative(folder).begin() != "..";
    if (inside && file != self && std::filesystem::is_regular_file(file)) return read_file(file);
  }
  const Json made = stand_in(document_->json, plain.substr(plain.rfind('/') + 1));
  if (made.is_null()) return fail(Code::kNotFound, "not beside the template: " + plain);
  if (std::ranges::find(stand_ins_, plain) == stand_ins_.end()) stand_ins_.push_back(plain);
  return dump(made);
}

}  // namespace armature::corpus
