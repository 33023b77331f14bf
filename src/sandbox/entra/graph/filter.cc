#include "sandbox/entra/graph/filter.h"

#include <algorithm>

#include "base/bytes.h"

namespace armature::sandbox::graph {
namespace {

constexpr int kMostDepth = 32;
constexpr std::size_t kMostText = 8192;

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<Filter> read() {
    ARMATURE_TRY(Filter filter, either(0));
    blanks();
    if (!rest_.empty()) return wrong();
    return filter;
  }

 private:
  static Error wrong() { return fail(Code::kInvalid, "Invalid filter clause"); }

  void blanks() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }
  bool take(char c) {
    blanks();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '/' || c == '-' || c == '.' || c == ':' || c == '$';
  }
  std::string word() {
    blanks();
    const auto end = std::ranges::find_if_not(rest_, is_word);
    std::string out(rest_.begin(), end);
    rest_.remove_prefix(out.size());
    return out;
  }
  // The word, when it is the next one.
  bool take(std::string_view expected) {
    const std::string_view before = rest_;
    if (equal_ci(word(), expected)) return true;
    rest_ = before;
    return false;
  }

  Result<Filter> either(int depth) { return several(depth, "or", Filter::Kind::kOr); }

  Result<Filter> several(int depth, std::string_view join, Filter::Kind kind) {
    if (depth > kMostDepth) return wrong();
    const auto part = [&] {
      return kind == Filter::Kind::kOr ? several(depth, "and", Filter::Kind::kAnd) : term(depth);
    };
    ARMATURE_TRY(Filter first, part());
    Filter out;
    out.kind = kind;
    out.parts.push_back(std::move(first));
    while (take(join)) {
      ARMATURE_TRY(Filter next, part());
      out.parts.push_back(std::move(next));
    }
    return out;
  }

  Result<Filter> term(int depth) {
    if (take('(')) {
      ARMATURE_TRY(Filter inner, either(depth + 1));
      if (!take(')')) return wrong();
      return inner;
    }
    const std::string name = word();
    if (equal_ci(name, "not")) {
      if (depth > kMostDepth) return wrong();
      ARMATURE_TRY(Filter inner, term(depth + 1));
      return negated(std::move(inner));
    }
    if (equal_ci(name, "startswith")) return starts_with();
    if (ends_with_ci(name, "/any")) return any(name.substr(0, name.size() - 4));
    return comparison(name);
  }

  static Filter negated(Filter inner) {
    Filter out;
    out.kind = Filter::Kind::kNot;
    out.parts.push_back(std::move(inner));
    return out;
  }

  Result<Filter> starts_with() {
    Filter out;
    out.kind = Filter::Kind::kStartsWith;
    if (!take('(')) return wrong();
    out.property = word();
    if (!take(',')) return wrong();
    ARMATURE_CHECK(value(out));
    if (!take(')') || out.property.empty() || out.wants_null) return wrong();
    return out;
  }

  // identifierUris/any(x:x eq 'value')
  Result<Filter> any(const std::string& property) {
    Filter out;
    out.kind = Filter::Kind::kAny;
    out.property = property;
    if (!take('(')) return wrong();
    const std::string names = word();  // "x:x", or "x:" and then "x"
    const std::size_t colon = names.find(':');
    if (colon == std::string::npos) return wrong();
    const std::string named = names.substr(colon + 1).empty() ? word() : names.substr(colon + 1);
    if (named != names.substr(0, colon) || !take("eq")) return wrong();
    ARMATURE_CHECK(value(out));
    if (!take(')')) return wrong();
    return out;
  }

  Result<Filter> comparison(const std::string& property) {
    Filter out;
    out.kind = Filter::Kind::kEqual;
    out.property = property;
    if (property.empty()) return wrong();
    if (take("in")) {
      if (!take('(')) return wrong();
      do {
        ARMATURE_CHECK(value(out));
      } while (take(','));
      if (!take(')')) return wrong();
      return out;
    }
    const bool unequal = take("ne");
    if (!unequal && !take("eq")) return wrong();
    ARMATURE_CHECK(value(out));
    return unequal ? negated(std::move(out)) : std::move(out);
  }

  Status value(Filter& out) {
    if (!take('\'')) {
      const std::string bare = word();
      if (bare.empty()) return wrong();
      if (equal_ci(bare, "null")) {
        out.wants_null = true;
      } else {
        out.values.push_back(bare);
      }
      return Ok{};
    }
    std::string text;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\'') {
        if (rest_.empty() || rest_.front() != '\'') {
          out.values.push_back(std::move(text));
          return Ok{};
        }
        rest_.remove_prefix(1);  // doubled: a quote of the text
      }
      text += c;
    }
    return wrong();
  }

  std::string_view rest_;
};

const Json* property_of(const Json& object, std::string_view path) {
  const Json* value = &object;
  while (value && !path.empty()) {
    const std::size_t slash = path.find('/');
    if (!value->is_object()) return nullptr;
    value = find_ci(value->get_object(), path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return value;
}

std::string text_of(const Json& value) {
  return value.is_string() ? std::string(as_text(value)) : dump(value);
}

}  // namespace

bool Filter::holds(const Json& object) const {
  const auto part = [&](const Filter& one) { return one.holds(object); };
  const auto wanted = [&](const Json& value) {
    const std::string text = text_of(value);
    return std::ranges::any_of(values, [&](const auto& one) { return equal_ci(one, text); });
  };
  const Json* value = property_of(object, property);
  switch (kind) {
    case Kind::kAnd:
      return std::ranges::all_of(parts, part);
    case Kind::kOr:
      return std::ranges::any_of(parts, part);
    case Kind::kNot:
      return !part(parts.front());
    case Kind::kEqual:
      return !value || value->is_null() ? wants_null : wanted(*value);
    case Kind::kStartsWith:
      return value && value->is_string() && starts_with_ci(as_text(*value), values.front());
    case Kind::kAny:
      return value && value->is_array() && std::ranges::any_of(value->get_array(), wanted);
  }
  return false;
}

Result<Filter> read_filter(std::string_view text) {
  if (text.size() > kMostText) return fail(Code::kInvalid, "Invalid filter clause");
  if (trim(text).empty()) return Filter{};
  return Parser(text).read();
}

}  // namespace armature::sandbox::graph
