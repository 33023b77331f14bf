#include "dag/format_lines.h"

#include "base/bytes.h"

namespace armature::dag {
namespace {

using Kind = SourceLine::Kind;

bool ends_word(std::string_view text, std::size_t at) {
  return at >= text.size() || text[at] == ' ' || text[at] == '\t';
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

std::size_t skip_word(std::string_view text, std::size_t at) {
  while (!ends_word(text, at)) ++at;
  return at;
}

// Past the quote that closes what is open at `at`; npos: it stays open.
std::size_t past_quote(std::string_view text, std::size_t at, char quote) {
  for (; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 >= text.size() || text[at + 1] != '\'') return at + 1;
      ++at;
    }
  }
  return std::string_view::npos;
}

bool is_comment(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] == '#' &&
         (at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t');
}

// Past anchors and tags.
std::size_t skip_properties(std::string_view text, std::size_t at) {
  at = skip_blanks(text, at);
  while (at < text.size() && (text[at] == '&' || text[at] == '!')) {
    at = skip_blanks(text, skip_word(text, at));
  }
  return at;
}

// What goes on in the lines below.
class Scanner {
 public:
  // A line that nothing above holds; `indent` is that of `text`.
  void begin(std::string_view text, std::size_t indent) {
    std::size_t at = 0;
    parent_ = indent;
    while (is_item(text.substr(at))) {
      parent_ = indent + at;
      at = skip_blanks(text, at + 1);
    }
    if (const auto key = key_of(text.substr(at))) {
      parent_ = indent + at;
      at += key->value;
    }
    at = skip_properties(text, at);
    plain_ = block_ = keeps_ = false;
    if (at >= text.size() || is_comment(text, at)) return;
    const char first = text[at];
    if (first == '|' || first == '>') {
      block_ = true;
      keeps_ = text.substr(at, 3).find('+') != std::string_view::npos;
    } else if (first == '"' || first == '\'' || first == '[' || first == '{') {
      go_on(text.substr(at));
    } else {
      plain_ = first != '*';
    }
  }
  // A line inside quotes or brackets.
  void go_on(std::string_view text) {
    std::size_t at = 0;
    if (quote_ != 0) {
      at = past_quote(text, 0, quote_);
      if (at == std::string_view::npos) return;
      quote_ = 0;
    }
    bool fresh = at == 0;  // a quote here would begin a scalar
    while (at < text.size()) {
      const char c = text[at];
      if (is_comment(text, at)) return;
      if (fresh && (c == '"' || c == '\'')) {
        at = past_quote(text, at + 1, c);
        fresh = false;
        if (at != std::string_view::npos) continue;
        quote_ = c;
        return;
      }
      if (c == '[' || c == '{') ++depth_;
      if ((c == ']' || c == '}') && depth_ > 0) --depth_;
      if (c != ' ' && c != '\t') fresh = c == '[' || c == '{' || c == ',' || c == ':';
      ++at;
    }
  }
  bool is_open() const { return quote_ != 0 || depth_ > 0; }
  // Whether a line with this indent still belongs to the scalar that began above.
  bool holds(std::size_t indent) const { return (block_ || plain_) && indent > parent_; }
  bool is_block() const { return block_; }
  bool keeps_empty_lines() const { return keeps_; }  // |+
  void end() { block_ = plain_ = false; }

 private:
  std::size_t parent_ = 0;  // what belongs to the value is indented more
  bool block_ = false;      // | or >
  bool keeps_ = false;
  bool plain_ = false;
  char quote_ = 0;
  int depth_ = 0;
};

// Empty lines after a scalar are between things, but where it keeps them.
void free_empty_lines(std::vector<SourceLine>& lines) {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (line->kind != Kind::kHeld || !trim(line->text).empty()) return;
    line->kind = Kind::kBlank;
  }
}

}  // namespace

bool is_item(std::string_view text) { return text.starts_with('-') && ends_word(text, 1); }

std::optional<KeyText> key_of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text[0] == '"' || text[0] == '\'') {
    const std::size_t end = past_quote(text, 1, text[0]);
    if (end == std::string_view::npos) return std::nullopt;
    const std::size_t colon = skip_blanks(text, end);
    if (colon >= text.size() || text[colon] != ':') return std::nullopt;
    return KeyText{std::string(text.substr(1, end - 2)), colon + 1};
  }
  if (std::string_view("[{&*!|>%@`#?").find(text[0]) != std::string_view::npos) return std::nullopt;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_comment(text, at)) return std::nullopt;
    if (text[at] == ':' && ends_word(text, at + 1)) {
      return KeyText{std::string(trim(text.substr(0, at))), at + 1};
    }
  }
  return std::nullopt;
}

bool has_value(std::string_view text) {
  const std::size_t at = skip_properties(text, 0);
  return at < text.size() && !is_comment(text, at);
}

std::vector<SourceLine> source_lines(std::string_view document, int first_line) {
  std::vector<SourceLine> out;
  Scanner scanner;
  for (std::string& whole : split(document, '\n')) {
    if (whole.ends_with('\r')) whole.pop_back();
    SourceLine line;
    line.number = first_line + static_cast<int>(out.size());
    const std::size_t begin = whole.find_first_not_of(' ');
    line.indent = begin == std::string::npos ? whole.size() : begin;
    line.text = whole.substr(line.indent);
    const bool blank = trim(line.text).empty();
    if (scanner.is_open()) {
      line.kind = Kind::kHeld;
      scanner.go_on(line.text);
    } else if (scanner.holds(blank ? std::string::npos : line.indent) &&
               (scanner.is_block() || blank || !line.text.starts_with('#'))) {
      line.kind = Kind::kHeld;
    } else if (!blank) {
      if (!scanner.keeps_empty_lines()) free_empty_lines(out);
      const bool comment = line.text.starts_with('#');
      line.kind = comment ? Kind::kComment : Kind::kContent;
      if (comment) scanner.end();
      if (!comment) scanner.begin(line.text, line.indent);
    }
    out.push_back(std::move(line));
  }
  if (!scanner.keeps_empty_lines()) free_empty_lines(out);
  return out;
}

}  // namespace armature::dag
