#include "base/relaxed_json.h"

namespace armature {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || c == '-' || c == '.' || c == '+';
}

// Goes over the text once and writes each piece as strict JSON has it.
class Rewriter {
 public:
  explicit Rewriter(std::string_view text) : text_(text) { out_.reserve(text.size() + 16); }

  std::string run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        string(c);
      } else if (c == '/' && (peek(1) == '/' || peek(1) == '*')) {
        comment(peek(1) == '*');
      } else if (is_name(c)) {
        word();
      } else {
        if (!is_blank(c)) sign(c);
        out_ += c;
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  char peek(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  // A comma may stand before an end, but not behind a beginning or another comma.
  void sign(char c) {
    if ((c == '}' || c == ']') && comma_ != std::string::npos) out_[comma_] = ' ';
    comma_ = c == ',' && after_value_ ? out_.size() : std::string::npos;
    after_value_ = c == '}' || c == ']';
  }

  void value() {
    comma_ = std::string::npos;
    after_value_ = true;
  }

  // Its lines stay, so that a message about what follows names the right one.
  void comment(bool block) {
    const std::string_view end = block ? "*/" : "\n";
    std::size_t stop = text_.find(end, at_ + 2);
    stop = stop == std::string_view::npos ? text_.size() : stop + (block ? 2 : 0);
    for (; at_ < stop; ++at_) {
      if (text_[at_] == '\n') out_ += '\n';
    }
  }

  void string(char quote) {
    value();
    out_ += '"';
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) character(quote);
    if (at_ == text_.size()) return;  // no end: the parser says so
    out_ += '"';
    ++at_;
  }

  void character(char quote) {
    const char c = text_[at_];
    if (c == '\\' && at_ + 1 < text_.size()) {
      ++at_;
      if (text_[at_] != '\'') out_ += '\\';
      out_ += text_[at_];
    } else if (c == '\n') {
      out_ += "\\n";
    } else if (c == '\r') {
      out_ += "\\r";
    } else if (c == '\t') {
      out_ += "\\t";
    } else if (c == '"' && quote == '\'') {
      out_ += "\\\"";
    } else {
      out_ += c;
    }
  }

  // A name if a colon follows, else a number or a literal.
  void word() {
    value();
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    std::size_t next = at_;
    while (next < text_.size() && is_blank(text_[next])) ++next;
    const bool name = next < text_.size() && text_[next] == ':';
    if (name) out_ += '"';
    out_ += text_.substr(start, at_ - start);
    if (name) out_ += '"';
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  std::size_t comma_ = std::string::npos;  // of a comma after which nothing but blanks came
  bool after_value_ = false;
};

}  // namespace

std::string strict_json(std::string_view relaxed) { return Rewriter(relaxed).run(); }

Result<Json> parse_relaxed_json(std::string_view text, std::size_t max_depth) {
  auto strict = parse_json(text, max_depth);
  if (strict) return strict;
  return parse_json(strict_json(text), max_depth);
}

}  // namespace armature
