#include "dag/jinja_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "dag/jinja_ast.h"

namespace armature::dag {
namespace {

// Python's repr of a float: shortest digits, exponent form below 1e-4 and from 1e16 on.
std::string float_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto plain = [&](std::chars_format format) {
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, format);
    return error == std::errc() ? std::string(buffer, end) : std::string("?");
  };
  const double size = std::fabs(value);
  if (size != 0 && (size < 1e-4 || size >= 1e16)) return plain(std::chars_format::scientific);
  std::string out = plain(std::chars_format::fixed);
  if (out.find('.') == std::string::npos) out += ".0";
  return out;
}

std::string quoted(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += "\\x";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  return out + quote;
}

void write_repr(const Json& value, std::string& out) {
  if (const auto* text = value.if_string()) {
    out += quoted({text->data(), text->size()});
  } else if (const auto* list = value.if_array()) {
    out += '[';
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (i > 0) out += ", ";
      write_repr((*list)[i], out);
    }
    out += ']';
  } else if (const auto* dict = value.if_object()) {
    out += '{';
    bool first = true;
    for (const auto& [key, item] : *dict) {
      if (!std::exchange(first, false)) out += ", ";
      out += quoted({key.data(), key.size()}) + ": ";
      write_repr(item, out);
    }
    out += '}';
  } else {
    out += as_string(value);
  }
}

Error no_operator(std::string_view op, const Json& a, const Json& b) {
  return fail(Code::kInvalid, "'" + std::string(op) + "' does not work on " + type_name(a) +
                                  " and " + type_name(b));
}
Error too_large() { return fail(Code::kInvalid, "the result is too large"); }

Result<Json> int_power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) return fail(Code::kInvalid, "division by zero");
    return Json(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  }
  std::int64_t out = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(out, base, &out)) return too_large();
    if (exponent > 1 && __builtin_mul_overflow(base, base, &base)) return too_large();
  }
  return Json(out);
}

Result<Json> int_arithmetic(std::string_view op, std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  if (op == "+") return __builtin_add_overflow(a, b, &out) ? Result<Json>(too_large()) : Json(out);
  if (op == "-") return __builtin_sub_overflow(a, b, &out) ? Result<Json>(too_large()) : Json(out);
  if (op == "*") return __builtin_mul_overflow(a, b, &out) ? Result<Json>(too_large()) : Json(out);
  if (op == "**") return int_power(a, b);
  if (b == 0) return fail(Code::kInvalid, "division by zero");
  if (op == "/") return Json(static_cast<double>(a) / static_cast<double>(b));
  if (b == -1) return op == "//" ? int_arithmetic("-", 0, a) : Result<Json>(Json(0));
  // Python rounds down and gives the remainder the divisor's sign.
  const std::int64_t remainder = a % b;
  const bool adjust = remainder != 0 && (remainder < 0) != (b < 0);
  if (op == "//") return Json(a / b - (adjust ? 1 : 0));
  return Json(remainder + (adjust ? b : 0));
}

Result<Json> float_arithmetic(std::string_view op, double a, double b) {
  if ((op == "/" || op == "//" || op == "%") && b == 0) {
    return fail(Code::kInvalid, "division by zero");
  }
  double out = 0;
  if (op == "+") out = a + b;
  if (op == "-") out = a - b;
  if (op == "*") out = a * b;
  if (op == "/") out = a / b;
  if (op == "//") out = std::floor(a / b);
  if (op == "%") {
    out = std::fmod(a, b);
    if (out != 0 && (out < 0) != (b < 0)) out += b;
  }
  if (op == "**") out = std::pow(a, b);
  if (!std::isfinite(out)) return too_large();
  return Json(out);
}

Result<Json> repeat(const Json& what, std::int64_t times) {
  const std::size_t count = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
  if (what.is_string()) {
    const std::string_view text = as_text(what);
    if (!text.empty() && count > kMaxOutputBytes / text.size()) return too_large();
    std::string out;
    for (std::size_t i = 0; i < count && !text.empty(); ++i) out += text;
    return Json(out);
  }
  const JsonArray& list = what.get_array();
  if (!list.empty() && count > kMaxLoopSteps / list.size()) return too_large();
  JsonArray out;
  for (std::size_t i = 0; i < count && !list.empty(); ++i) {
    out.insert(out.end(), list.begin(), list.end());
  }
  return Json(std::move(out));
}

}  // namespace

bool is_number(const Json& value) { return value.is_number() || value.is_bool(); }

bool is_int(const Json& value) {
  return value.is_int64() || value.is_bool() ||
         (value.is_uint64() && value.get_uint64() <= static_cast<std::uint64_t>(INT64_MAX));
}

std::int64_t as_int(const Json& value) {
  if (value.is_bool()) return value.get_bool() ? 1 : 0;
  if (value.is_uint64()) return static_cast<std::int64_t>(value.get_uint64());
  return value.get_int64();
}

double as_double(const Json& value) {
  if (value.is_double()) return value.get_double();
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  return static_cast<double>(as_int(value));
}

bool is_true(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return false;
    case boost::json::kind::string:
      return !value.get_string().empty();
    case boost::json::kind::array:
      return !value.get_array().empty();
    case boost::json::kind::object:
      return !value.get_object().empty();
    default:
      return as_double(value) != 0;
  }
}

std::string as_string(const Json& value) {
  if (value.is_null()) return "None";
  if (value.is_bool()) return value.get_bool() ? "True" : "False";
  if (value.is_int64()) return std::to_string(value.get_int64());
  if (value.is_uint64()) return std::to_string(value.get_uint64());
  if (value.is_double()) return float_text(value.get_double());
  if (value.is_string()) return std::string(as_text(value));
  std::string out;
  write_repr(value, out);
  return out;
}

std::string type_name(const Json& value) {
  if (value.is_null()) return "None";
  if (value.is_bool()) return "bool";
  if (value.is_double()) return "float";
  if (value.is_number()) return "int";
  if (value.is_string()) return "str";
  return value.is_array() ? "list" : "dict";
}

bool equals(const Json& a, const Json& b) {
  if (is_number(a) && is_number(b)) {
    return is_int(a) && is_int(b) ? as_int(a) == as_int(b) : as_double(a) == as_double(b);
  }
  if (a.is_array() && b.is_array()) return std::ranges::equal(a.get_array(), b.get_array(), equals);
  if (a.is_object() && b.is_object()) {
    if (a.get_object().size() != b.get_object().size()) return false;
    return std::ranges::all_of(a.get_object(), [&](const auto& member) {
      const Json* other = b.get_object().if_contains(member.key());
      return other != nullptr && equals(member.value(), *other);
    });
  }
  return a == b;
}

Result<std::partial_ordering> order(const Json& a, const Json& b) {
  if (is_number(a) && is_number(b)) {
    if (is_int(a) && is_int(b)) return std::partial_ordering(as_int(a) <=> as_int(b));
    return as_double(a) <=> as_double(b);
  }
  if (a.is_string() && b.is_string()) return std::partial_ordering(as_text(a) <=> as_text(b));
  if (a.is_array() && b.is_array()) {
    const JsonArray &x = a.get_array(), &y = b.get_array();
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equals(x[i], y[i])) return order(x[i], y[i]);
    }
    return std::partial_ordering(x.size() <=> y.size());
  }
  return fail(Code::kInvalid, type_name(a) + " and " + type_name(b) + " have no order");
}

Result<bool> contains(const Json& container, const Json& item) {
  if (const auto* list = container.if_array()) {
    return std::ranges::any_of(*list, [&](const Json& one) { return equals(one, item); });
  }
  if (container.is_object()) {
    return item.is_string() && container.get_object().contains(as_text(item));
  }
  if (container.is_string() && item.is_string()) {
    return as_text(container).find(as_text(item)) != std::string_view::npos;
  }
  return no_operator("in", item, container);
}

Result<Json> arithmetic(std::string_view op, const Json& a, const Json& b) {
  if (op == "~") {
    std::string out = as_string(a) + as_string(b);
    if (out.size() > kMaxOutputBytes) return too_large();
    return Json(out);
  }
  if (is_number(a) && is_number(b)) {
    if (is_int(a) && is_int(b)) return int_arithmetic(op, as_int(a), as_int(b));
    return float_arithmetic(op, as_double(a), as_double(b));
  }
  if (op == "+" && a.is_string() && b.is_string()) return arithmetic("~", a, b);
  if (op == "+" && a.is_array() && b.is_array()) {
    JsonArray out = a.get_array();
    out.insert(out.end(), b.get_array().begin(), b.get_array().end());
    return Json(std::move(out));
  }
  if (op == "*" && (a.is_string() || a.is_array()) && is_int(b)) return repeat(a, as_int(b));
  if (op == "*" && (b.is_string() || b.is_array()) && is_int(a)) return repeat(b, as_int(a));
  return no_operator(op, a, b);
}

Result<std::string> replace_text(std::string_view text, std::string_view from, std::string_view to,
                                 std::int64_t limit) {
  std::string out;
  const auto add = [&](std::string_view piece) {
    out += piece;
    return out.size() <= kMaxOutputBytes;
  };
  const auto pieces = from.empty() ? code_points(text) : std::vector<std::string_view>();
  for (const auto piece : pieces) {  // an empty text is found before every character
    if (limit != 0 && !add(to)) return too_large();
    if (limit > 0) --limit;
    if (!add(piece)) return too_large();
  }
  if (from.empty()) {
    if (limit != 0 && !add(to)) return too_large();
    return out;
  }
  for (auto at = text.find(from); at != std::string_view::npos && limit != 0;
       at = text.find(from)) {
    if (!add(text.substr(0, at)) || !add(to)) return too_large();
    text.remove_prefix(at + from.size());
    if (limit > 0) --limit;
  }
  if (!add(text)) return too_large();
  return out;
}

std::vector<std::string_view> code_points(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    if ((static_cast<unsigned char>(text[i]) & 0x80) != 0) {
      while (end < text.size() && end - i < 4 &&
             (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
        ++end;
      }
    }
    out.push_back(text.substr(i, end - i));
    i = end;
  }
  return out;
}

}  // namespace armature::dag
