// Tests ("x is defined") and the text forms shared by filters: JSON and URL quoting.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dag/jinja_filters.h"
#include "dag/jinja_tables.h"

namespace armature::dag {
namespace {

struct TestRow {
  std::string_view name;
  std::size_t arguments;
  Result<bool> (*holds)(const Json& x, const Json* argument);
};

Result<bool> parity(const Json& x, std::int64_t wanted) {
  if (!is_int(x)) return fail(Code::kInvalid, "expected an integer, not " + type_name(x));
  return (as_int(x) % 2 != 0) == (wanted != 0);
}
Result<bool> is_divisible(const Json& x, const Json* by) {
  if (!is_int(x) || !is_int(*by) || as_int(*by) == 0 || as_int(*by) == -1) {
    return fail(Code::kInvalid, "expected integers");
  }
  return as_int(x) % as_int(*by) == 0;
}
template <class Holds>
Result<bool> ordered(const Json& a, const Json& b, Holds holds) {
  ARMATURE_TRY(const auto sign, order(a, b));
  return holds(sign);
}
bool is_sequence(const Json& x) { return x.is_string() || x.is_array() || x.is_object(); }

// "defined" and "undefined" are answered before the table is asked: they alone take undefined.
constexpr std::array<TestRow, 22> kTests = {
    {
     {"none", 0, [](const Json& x, const Json*) -> Result<bool> { return x.is_null(); }},
     {"string", 0, [](const Json& x, const Json*) -> Result<bool> { return x.is_string(); }},
     {"number", 0, [](const Json& x, const Json*) -> Result<bool> { return is_number(x); }},
     {"integer", 0,
         [](const Json& x, const Json*) -> Result<bool> { return is_int(x) && !x.is_bool(); }},
     {"float", 0, [](const Json& x, const Json*) -> Result<bool> { return x.is_double(); }},
     {"boolean", 0, [](const Json& x, const Json*) -> Result<bool> { return x.is_bool(); }},
     {"true", 0, [](const Json& x, const Json*) -> Result<bool> { return x == Json(true); }},
     {"false", 0, [](const Json& x, const Json*) -> Result<bool> { return x == Json(false); }},
     {"sequence", 0, [](const Json& x, const Json*) -> Result<bool> { return is_sequence(x); }},
     {"iterable", 0, [](const Json& x, const Json*) -> Result<bool> { return is_sequence(x); }},
     {"mapping", 0, [](const Json& x, const Json*) -> Result<bool> { return x.is_object(); }},
     {"even", 0, [](const Json& x, const Json*) { return parity(x, 0); }},
     {"odd", 0, [](const Json& x, const Json*) { return parity(x, 1); }},
     {"divisibleby", 1, is_divisible},
     {"in", 1, [](const Json& x, const Json* y) { return contains(*y, x); }},
     {"eq", 1, [](const Json& x, const Json* y) -> Result<bool> { return equals(x, *y); }},
     {"equalto", 1, [](const Json& x, const Json* y) -> Result<bool> { return equals(x, *y); }},
     {"ne", 1, [](const Json& x, const Json* y) -> Result<bool> { return !equals(x, *y); }},
     {"lt", 1,
         [](const Json& x, const Json* y) { return ordered(x, *y, [](auto s) { return s < 0; }); }},
     {"le", 1,
         [](const Json& x, const Json* y) {
           return ordered(x, *y, [](auto s) { return s <= 0; });
         }},
     {"gt", 1,
         [](const Json& x, const Json* y) { return ordered(x, *y, [](auto s) { return s > 0; }); }},
     {"ge", 1,
         [](const Json& x, const Json* y) {
           return ordered(x, *y, [](auto s) { return s >= 0; });
         }},
     }
};

void write_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (const auto piece : code_points(text)) {
    const char c = piece[0];
    if (piece.size() > 1) {
      unsigned code = static_cast<unsigned char>(c) & (0xFFu >> (piece.size() + 1));
      for (const char more : piece.substr(1))
        code = code << 6 | (static_cast<unsigned char>(more) & 0x3F);
      if (code >= 0x10000) {
        code -= 0x10000;
        out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF));
      } else {
        out += fmt::format("\\u{:04x}", code);
      }
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f') {
      out += '\\';
      out += c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c == '\b' ? 'b' : 'f';
    } else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7F ||
               std::string_view("<>&'").find(c) != std::string_view::npos) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

const std::vector<std::string>& test_names() {
  static const auto kNames = [] {
    std::vector<std::string> out = {"defined", "undefined"};
    for (const auto& row : kTests) out.emplace_back(row.name);
    return out;
  }();
  return kNames;
}

Result<bool> Machine::apply_test(std::string_view name, const Value& subject,
                                 const Arguments& args) {
  if (name == "defined" || name == "undefined") {
    return subject.is_undefined() == (name == "undefined");
  }
  const auto row = std::ranges::find(kTests, name, &TestRow::name);
  if (row == kTests.end()) return fail(Code::kInvalid, *unknown_word("test", name, test_names()));
  if (subject.is_undefined()) return fail(Code::kInvalid, subject.why());
  if (args.positional.size() != row->arguments || !args.named.empty()) {
    return fail(Code::kInvalid, "the test '" + std::string(name) + "' takes " +
                                    std::to_string(row->arguments) + " arguments");
  }
  return row->holds(subject.get(), row->arguments > 0 ? &args.positional[0].get() : nullptr);
}

void write_json(const Json& value, int indent, int depth, std::string& out) {
  const auto line = [&](int level) {
    if (indent < 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(indent * level), ' ');
  };
  const std::string_view comma = indent < 0 ? ", " : ",";
  const auto* list = value.if_array();
  const auto* dict = value.if_object();
  if (list != nullptr && !list->empty()) {
    out += '[';
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (i > 0) out += comma;
      line(depth + 1);
      write_json((*list)[i], indent, depth + 1, out);
    }
    line(depth);
    out += ']';
  } else if (dict != nullptr && !dict->empty()) {
    std::vector<const JsonObject::value_type*> members;
    for (const auto& member : *dict) members.push_back(&member);
    std::ranges::sort(members, {}, [](const auto* m) { return std::string_view(m->key()); });
    out += '{';
    for (const auto* member : members) {
      if (member != members.front()) out += comma;
      line(depth + 1);
      write_json_string(member->key(), out);
      out += ": ";
      write_json(member->value(), indent, depth + 1, out);
    }
    line(depth);
    out += '}';
  } else if (value.is_string()) {
    write_json_string(as_text(value), out);
  } else if (value.is_double()) {
    out += as_string(value);
  } else {
    out += dump(value);
  }
}

std::string url_quoted(std::string_view text, bool in_query) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~' || (c == '/' && !in_query);
    if (plain) {
      out += c;
    } else if (c == ' ' && in_query) {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

}  // namespace armature::dag
