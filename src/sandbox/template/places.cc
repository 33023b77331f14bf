#include "sandbox/template/places.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace armature::sandbox::tmpl {
namespace {

// Walks over JSON text without building anything.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  void go(std::size_t to) { at_ = to; }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  // Comments are blanks, as ARM's reader has it.
  void blanks() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (std::string_view(" \t\r\n").find(rest[0]) != std::string_view::npos) {
        ++at_;
      } else if (rest.starts_with("//")) {
        at_ += std::min(rest.find('\n'), rest.size());
      } else if (rest.starts_with("/*")) {
        const auto end = rest.find("*/", 2);
        at_ += end == std::string_view::npos ? rest.size() : end + 2;
      } else {
        return;
      }
    }
  }
  bool take(char c) {
    blanks();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  // The inside of a string, escapes as they are written.
  std::string_view string() {
    const char quote = text_[at_++];
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != quote) at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_, text_.size());
    const std::string_view inside = text_.substr(start, at_ - start);
    if (at_ < text_.size()) ++at_;
    return inside;
  }
  // A member's name, with quotes or without.
  std::string_view name() {
    if (at_quote()) return string();
    const std::size_t start = at_;
    scalar();
    return text_.substr(start, at_ - start);
  }
  bool at_quote() const { return peek() == '"' || peek() == '\''; }
  void value() {
    int depth = 0;
    do {
      blanks();
      const char c = peek();
      if (at_quote()) {
        string();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        --depth;
        ++at_;
      } else if (c == ',' || c == ':') {
        ++at_;
      } else {
        scalar();
      }
    } while (depth > 0 && at_ < text_.size());
  }

 private:
  void scalar() {
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           std::string_view(",:{}[]\"' \t\r\n").find(text_[at_]) == std::string_view::npos) {
      ++at_;
    }
    if (at_ == start) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_end(std::string_view rest) {
  return rest.empty() || rest.front() == '.' || rest.front() == '[';
}

// The member whose name begins the path, the longest where several do: names may hold dots.
bool enter_member(Scanner& scanner, std::string_view& path) {
  if (path.starts_with('.')) path.remove_prefix(1);
  scanner.take('{');
  std::size_t found = 0;
  std::size_t length = 0;
  bool any = false;
  scanner.blanks();
  while (scanner.peek() != '}' && scanner.peek() != '\0') {
    const std::string_view name = scanner.name();
    if (!scanner.take(':')) break;
    scanner.blanks();
    const bool fits = starts_with_ci(path, name) && is_end(path.substr(name.size()));
    if (fits && (!any || name.size() > length)) {
      any = true;
      found = scanner.at();
      length = name.size();
    }
    scanner.value();
    if (!scanner.take(',')) break;
    scanner.blanks();
  }
  if (!any) return false;
  path.remove_prefix(length);
  scanner.go(found);
  return true;
}

bool enter_element(Scanner& scanner, std::string_view& path) {
  const auto close = path.find(']');
  std::size_t index = 0;
  if (close == std::string_view::npos ||
      std::from_chars(path.data() + 1, path.data() + close, index).ec != std::errc()) {
    return false;
  }
  scanner.take('[');
  for (std::size_t i = 0; i < index; ++i) {
    scanner.value();
    if (!scanner.take(',')) return false;
  }
  scanner.blanks();
  if (scanner.peek() == ']' || scanner.peek() == '\0') return false;
  path.remove_prefix(close + 1);
  return true;
}

struct Span {
  std::size_t start = 0;
  std::size_t end = 0;
  bool whole = false;  // the path led to its end
};

Span span_of(std::string_view text, std::string_view path) {
  Scanner scanner(text);
  scanner.blanks();
  Span out{scanner.at(), 0, path.empty()};
  while (!path.empty()) {
    const bool entered = scanner.peek() == '{'   ? enter_member(scanner, path)
                         : scanner.peek() == '[' ? enter_element(scanner, path)
                                                 : false;
    if (!entered) break;
    out.start = scanner.at();
    out.whole = path.empty();
  }
  scanner.go(out.start);
  scanner.value();
  out.end = scanner.at();
  return out;
}

Place place_at(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const auto line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  Place out;
  out.line = 1 + static_cast<int>(std::ranges::count(before, '\n'));
  // Characters, not bytes.
  out.column = 1 + static_cast<int>(std::ranges::count_if(before.substr(line_start), [](char c) {
                 return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
               }));
  return out;
}

}  // namespace

Place place_of(std::string_view text, std::string_view path) {
  if (text.empty()) return {};
  const Span span = span_of(text, path);
  const char first = span.start < text.size() ? text[span.start] : '\0';
  const bool container = first == '{' || first == '[';
  return place_at(text, container || span.end == 0 ? span.start : span.end - 1);
}

Place in_text(std::string_view text, std::string_view path, std::size_t offset) {
  if (text.empty()) return {};
  const Span span = span_of(text, path);
  const bool quoted =
      span.start < text.size() && (text[span.start] == '"' || text[span.start] == '\'');
  if (!span.whole || !quoted) {
    return place_of(text, path);
  }
  std::size_t at = span.start + 1;
  for (std::size_t i = 0; i < offset && at + 1 < span.end; ++i) {
    const bool escaped = text[at] == '\\';
    at += !escaped ? 1 : text[at + 1] == 'u' ? 6 : 2;
  }
  return place_at(text, std::min(at, span.end));
}

std::string_view value_text(std::string_view text, std::string_view path) {
  const Span span = span_of(text, path);
  return span.whole ? text.substr(span.start, span.end - span.start) : std::string_view();
}

}  // namespace armature::sandbox::tmpl
