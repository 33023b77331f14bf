#include "dag/jinja_lexer.h"

#include <array>
#include <charconv>
#include <optional>

#include "dag/jinja_ast.h"

namespace armature::dag {
namespace {

using Kind = Token::Kind;

constexpr std::string_view kBlanks = " \t\r\n\f\v";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

void append_utf8(std::string& out, unsigned code) {
  const auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    while (at_ < text_.size()) {
      ARMATURE_CHECK(text_until_tag());
      if (at_ >= text_.size()) break;
      const char kind = text_[at_ + 1];
      if (kind == '#') {
        ARMATURE_CHECK(comment());
      } else if (kind == '%' && raw_follows()) {
        ARMATURE_CHECK(raw());
      } else {
        ARMATURE_CHECK(tag(kind == '{'));
      }
    }
    push(Kind::kEnd);
    return std::move(tokens_);
  }

 private:
  void move(std::size_t count) {
    for (; count > 0 && at_ < text_.size(); --count, ++at_) {
      if (text_[at_] == '\n') {
        ++line_;
        column_ = 1;
      } else if ((static_cast<unsigned char>(text_[at_]) & 0xC0) != 0x80) {
        ++column_;
      }
    }
  }
  Token& push(Kind kind, std::string text = {}) {
    Token token;
    token.kind = kind;
    token.text = std::move(text);
    token.line = line_;
    token.column = column_;
    return tokens_.emplace_back(std::move(token));
  }
  Error error(const std::string& what) const { return template_error(line_, column_, what); }

  std::size_t next_tag() const {
    for (std::size_t i = at_; i + 1 < text_.size(); ++i) {
      if (text_[i] == '{' && (text_[i + 1] == '{' || text_[i + 1] == '%' || text_[i + 1] == '#')) {
        return i;
      }
    }
    return text_.size();
  }

  // Emits the text before the next tag; a "-" on either side takes the blanks next to it away.
  void emit(std::string_view piece, bool trim_right) {
    if (trim_next_) {
      const auto first = piece.find_first_not_of(kBlanks);
      piece.remove_prefix(first == std::string_view::npos ? piece.size() : first);
    }
    if (trim_right) {
      const auto last = piece.find_last_not_of(kBlanks);
      piece = piece.substr(0, last == std::string_view::npos ? 0 : last + 1);
    }
    trim_next_ = false;
    if (!piece.empty()) push(Kind::kText, std::string(piece));
  }
  Status text_until_tag() {
    const std::size_t stop = next_tag();
    const bool trim_right = stop + 2 < text_.size() && text_[stop + 2] == '-';
    emit(text_.substr(at_, stop - at_), trim_right);
    move(stop - at_);
    return Ok{};
  }

  Status comment() {
    const auto end = text_.find("#}", at_ + 2);
    if (end == std::string_view::npos) return error("this comment has no end: write #}");
    trim_next_ = text_[end - 1] == '-' && end > at_ + 2;
    move(end + 2 - at_);
    return Ok{};
  }

  // The length of "{% word %}" at `from`, with its dashes; 0 when something else stands there.
  std::size_t bare_tag(std::size_t from, std::string_view word) const {
    std::size_t i = from + 2;
    if (i < text_.size() && (text_[i] == '-' || text_[i] == '+')) ++i;
    i = std::min(text_.find_first_not_of(kBlanks, i), text_.size());
    if (text_.substr(i, word.size()) != word) return 0;
    i = std::min(text_.find_first_not_of(kBlanks, i + word.size()), text_.size());
    if (i < text_.size() && (text_[i] == '-' || text_[i] == '+')) ++i;
    return text_.substr(i, 2) == "%}" ? i + 2 - from : 0;
  }
  bool raw_follows() const { return bare_tag(at_, "raw") > 0; }
  Status raw() {
    const std::size_t length = bare_tag(at_, "raw");
    const std::size_t body = at_ + length;
    trim_next_ = text_[body - 3] == '-';
    for (auto end = text_.find("{%", body); end != std::string_view::npos;
         end = text_.find("{%", end + 2)) {
      const std::size_t closing = bare_tag(end, "endraw");
      if (closing == 0) continue;
      emit(text_.substr(body, end - body), text_[end + 2] == '-');
      trim_next_ = text_[end + closing - 3] == '-';
      move(end + closing - at_);
      return Ok{};
    }
    return error("{% raw %} has no {% endraw %}");
  }

  Status tag(bool output) {
    push(output ? Kind::kOutputBegin : Kind::kTagBegin);
    const int line = line_, column = column_;
    move(2);
    if (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+')) move(1);
    const std::string_view closing = output ? "}}" : "%}";
    std::vector<char> open;
    for (;;) {
      const auto next = text_.find_first_not_of(kBlanks, at_);
      if (next == std::string_view::npos) {
        return template_error(line, column, "this tag has no end: write " + std::string(closing));
      }
      move(next - at_);
      const char c = text_[at_];
      if (open.empty() && ends_here(closing)) {
        push(output ? Kind::kOutputEnd : Kind::kTagEnd);
        move(c == '-' || c == '+' ? 3 : 2);
        return Ok{};
      }
      if (c == '(' || c == '[' || c == '{') open.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
      if (c == ')' || c == ']' || c == '}') {
        if (open.empty() || open.back() != c) {
          return error(std::string("unexpected '") + c + "'");
        }
        open.pop_back();
      }
      ARMATURE_CHECK(token());
    }
  }
  bool ends_here(std::string_view closing) {
    if (text_.substr(at_, 2) == closing) return true;
    if ((text_[at_] == '-' || text_[at_] == '+') && text_.substr(at_ + 1, 2) == closing) {
      trim_next_ = text_[at_] == '-';
      return true;
    }
    return false;
  }

  Status token() {
    const char c = text_[at_];
    if (is_name_start(c)) {
      std::size_t end = at_ + 1;
      while (end < text_.size() && (is_name_start(text_[end]) || is_digit(text_[end]))) ++end;
      push(Kind::kName, std::string(text_.substr(at_, end - at_)));
      move(end - at_);
      return Ok{};
    }
    if (is_digit(c)) return number();
    if (c == '\'' || c == '"') return string(c);
    static constexpr std::array<std::string_view, 6> kTwo = {"**", "//", "==", "!=", "<=", ">="};
    for (const auto op : kTwo) {
      if (text_.substr(at_, 2) != op) continue;
      push(Kind::kOperator, std::string(op));
      move(2);
      return Ok{};
    }
    if (std::string_view("+-*/%~()[]{}.,:|<>=").find(c) == std::string_view::npos) {
      return error(std::string("unexpected character '") + c + "'");
    }
    push(Kind::kOperator, std::string(1, c));
    move(1);
    return Ok{};
  }

  Status number() {
    std::size_t end = at_;
    const auto digits = [&] {
      while (end < text_.size() &&
             (is_digit(text_[end]) ||
              (text_[end] == '_' && end + 1 < text_.size() && is_digit(text_[end + 1])))) {
        ++end;
      }
    };
    digits();
    bool real = false;
    if (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1])) {
      real = true;
      ++end;
      digits();
    }
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      std::size_t sign = end + 1;
      if (sign < text_.size() && (text_[sign] == '+' || text_[sign] == '-')) ++sign;
      if (sign < text_.size() && is_digit(text_[sign])) {
        real = true;
        end = sign;
        digits();
      }
    }
    std::string plain;
    for (const char c : text_.substr(at_, end - at_)) {
      if (c != '_') plain += c;
    }
    if (end < text_.size() && is_name_start(text_[end])) {
      return error("'" + plain + text_[end] + "…' is neither a number nor a name");
    }
    Token& token = push(Kind::kNumber, plain);
    const char* stop = plain.data() + plain.size();
    std::int64_t whole = 0;
    double broken = 0;
    const auto result = real ? std::from_chars(plain.data(), stop, broken)
                             : std::from_chars(plain.data(), stop, whole);
    if (result.ec != std::errc()) return error("the number " + plain + " is too large");
    token.value = real ? Json(broken) : Json(whole);
    move(end - at_);
    return Ok{};
  }

  Status string(char quote) {
    std::string out;
    Token& token = push(Kind::kString);
    std::size_t i = at_ + 1;
    for (; i < text_.size() && text_[i] != quote; ++i) {
      if (text_[i] != '\\') {
        out += text_[i];
        continue;
      }
      if (++i >= text_.size()) break;
      i = escape(i, out);
    }
    if (i >= text_.size()) return error("this string has no closing quote");
    token.value = Json(out);
    move(i + 1 - at_);
    return Ok{};
  }
  // Python's escapes; an unknown one keeps its backslash. Answers the index of its last character.
  std::size_t escape(std::size_t i, std::string& out) const {
    static constexpr std::string_view kFrom = "ntrbfav0\\'\"";
    static constexpr std::string_view kTo("\n\t\r\b\f\a\v\0\\'\"", 11);
    const char c = text_[i];
    if (const auto at = kFrom.find(c); at != std::string_view::npos) {
      out += kTo[at];
      return i;
    }
    if (c == '\n') return i;
    const std::size_t width = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    unsigned code = 0;
    const std::string_view hex = text_.substr(i + 1, width);
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    if (width > 0 && hex.size() == width && end == hex.data() + width && error == std::errc() &&
        code < 0x110000 && (code < 0xD800 || code > 0xDFFF)) {
      append_utf8(out, code);
      return i + width;
    }
    out += '\\';
    out += c;
    return i;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
  bool trim_next_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> lex(std::string_view text) {
  if (text.size() > kMaxTemplateBytes) {
    return fail(Code::kInvalid, "the template is longer than 256 KiB");
  }
  return Lexer(text).run();
}

}  // namespace armature::dag
