#include "dag/format.h"

#include <algorithm>

#include "base/bytes.h"
#include "dag/format_tree.h"
#include "dag/load_yaml.h"

namespace armature::dag {
namespace {

struct Part {           // a document with the line that opens it
  std::string opening;  // "---", with its comment; empty: none
  std::string text;
  int first_line = 1;  // of the text
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::vector<Part> parts_of(std::string_view text) {
  std::vector<Part> out(1);
  int line = 1;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view whole = text.substr(0, end == std::string_view::npos ? end : end + 1);
    const bool marker = whole.starts_with("---") || whole.starts_with("...");
    const bool opens = marker && (whole.size() == 3 || is_blank(whole[3]));
    if (opens) out.push_back({std::string(trim(whole)), "", line + 1});
    if (!opens) out.back().text += whole;
    text.remove_prefix(whole.size());
    ++line;
  }
  return out;
}

// Equal values; where the shape does not set the order of keys, equal order too.
bool same(const YamlNode& a, const YamlNode& b, const TextShape* shape) {
  if (a.kind != b.kind || a.scalar != b.scalar) return false;
  if (a.items.size() != b.items.size() || a.entries.size() != b.entries.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same(a.items[i], b.items[i], shape)) return false;
  }
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    const auto& entry = a.entries[i];
    const auto* other = shape != nullptr ? b.find(entry.key) : &b.entries[i];
    if (other == nullptr || other->key != entry.key) return false;
    const std::string* below = shape_below(shape, entry.key);
    if (!same(entry.value, other->value, below ? shape_of(*below) : nullptr)) return false;
  }
  return true;
}

// Each line without indent and dashes, in any order.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string& line : split(text, '\n')) {
    std::string_view rest = trim(line);
    while (is_item(rest)) rest = trim(rest.substr(1));
    if (!rest.empty()) out.emplace_back(rest);
  }
  std::ranges::sort(out);
  return out;
}

class Formatter {
 public:
  explicit Formatter(const std::string& file) : file_(file) {}

  std::string part(const Part& part) {
    const auto documents = split_documents(part.text);
    if (documents.empty()) return join_lines(comments_of(part));
    const DocumentText document{part.text, part.first_line};
    const auto before = read_yaml(document, file_, problems);
    if (!before || !problems.empty()) return "";
    for (const bool ordered : {true, false}) {
      auto tree = read_tree(source_lines(part.text, part.first_line));
      if (const TreeError* line = std::get_if<TreeError>(&tree)) return refuse(*line);
      auto& read = std::get<TextDocument>(tree);
      if (ordered) put_in_order(read.root, shape_of("dag"));
      std::string after = join_lines(write_tree(read));
      if (holds(*before, part.text, after)) return after;
    }
    return refuse(part.first_line);
  }

  std::vector<Diagnostic> problems;

 private:
  static std::string join_lines(const std::vector<std::string>& lines) {
    return lines.empty() ? "" : join(lines, "\n") + "\n";
  }

  static std::vector<std::string> comments_of(const Part& part) {
    std::vector<std::string> out;
    for (const std::string& line : split(part.text, '\n')) {
      if (!trim(line).empty()) out.emplace_back(trim(line));
    }
    return out;
  }

  bool holds(const YamlNode& before, const std::string& from, const std::string& to) const {
    std::vector<Diagnostic> found;
    const auto after = read_yaml({to, 1}, file_, found);
    return after && found.empty() && same(before, *after, shape_of("dag")) &&
           words_of(from) == words_of(to);
  }

  std::string refuse(int line) {
    Diagnostic out;
    out.file = file_;
    out.line = line;
    out.column = 1;
    out.code = "not_formatted";
    out.message = "this cannot be formatted without a doubt about its meaning";
    out.suggestion = "write keys and items on lines of their own, without '? '";
    problems.push_back(std::move(out));
    return "";
  }

  const std::string& file_;
};

}  // namespace

Formatted format(std::string_view text, const std::string& file) {
  Formatted out;
  Formatter formatter(file);
  for (const Part& part : parts_of(text)) {
    std::string written = formatter.part(part);
    if (!part.opening.empty()) {
      if (!out.text.empty() && !out.text.ends_with("\n")) out.text += '\n';
      out.text += part.opening + "\n";
    }
    out.text += written;
  }
  out.problems = std::move(formatter.problems);
  if (!out.problems.empty()) out.text = text;
  return out;
}

}  // namespace armature::dag
