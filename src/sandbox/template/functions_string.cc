// String functions. Lengths and positions count UTF-16 units, as in ARM.
#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/result.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/parameters.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

constexpr std::size_t kMaxText = 4u << 20;

Outcome<Json> concat(Evaluator&, const Arguments& arguments) {
  if (!arguments.empty() && arguments[0].is_array()) {
    JsonArray out;
    for (const Json& part : arguments) {
      if (!part.is_array()) {
        return wrong_argument("concat", "all parameters to be arrays or all to be strings", part);
      }
      out.insert(out.end(), part.get_array().begin(), part.get_array().end());
    }
    return Json(std::move(out));
  }
  std::string out;
  for (const Json& part : arguments) {
    if (part.is_array() || part.is_object()) {
      return wrong_argument("concat", "all parameters to be arrays or all to be strings", part);
    }
    out += plain_text(part);
  }
  return Json(out);
}

Outcome<Json> to_lower_(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("toLower", arguments, 0));
  return Json(lower_invariant(text));
}
Outcome<Json> to_upper_(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("toUpper", arguments, 0));
  return Json(upper_invariant(text));
}
Outcome<Json> trim_(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("trim", arguments, 0));
  return Json(std::string(trim(text)));
}

Outcome<Json> starts_with(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("startsWith", arguments, 0));
  ARMATURE_TRY(const std::string part, text_argument("startsWith", arguments, 1));
  return Json(lower_invariant(text).starts_with(lower_invariant(part)));
}
Outcome<Json> ends_with(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("endsWith", arguments, 0));
  ARMATURE_TRY(const std::string part, text_argument("endsWith", arguments, 1));
  return Json(lower_invariant(text).ends_with(lower_invariant(part)));
}

// Strings without regard to case, arrays with.
Outcome<Json> position(std::string_view name, const Arguments& arguments, bool last) {
  if (const auto* array = arguments[0].if_array()) {
    std::int64_t found = -1;
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (!same_value((*array)[i], arguments[1])) continue;
      found = static_cast<std::int64_t>(i);
      if (!last) break;
    }
    return Json(found);
  }
  ARMATURE_TRY(const std::string text, text_argument(name, arguments, 0));
  ARMATURE_TRY(const std::string part, text_argument(name, arguments, 1));
  const std::u16string where = to_utf16(lower_invariant(text));
  const std::u16string what = to_utf16(lower_invariant(part));
  // .NET answers the last index, not the length, for an empty text.
  if (last && what.empty()) {
    return Json(where.empty() ? 0 : static_cast<std::int64_t>(where.size()) - 1);
  }
  const auto found = last ? where.rfind(what) : where.find(what);
  return Json(found == std::u16string::npos ? -1 : static_cast<std::int64_t>(found));
}
Outcome<Json> index_of(Evaluator&, const Arguments& arguments) {
  return position("indexOf", arguments, false);
}
Outcome<Json> last_index_of(Evaluator&, const Arguments& arguments) {
  return position("lastIndexOf", arguments, true);
}

Outcome<Json> join_(Evaluator&, const Arguments& arguments) {
  const auto* array = arguments[0].if_array();
  if (array == nullptr)
    return wrong_argument("join", "its first parameter to be an array", arguments[0]);
  ARMATURE_TRY(const std::string delimiter, text_argument("join", arguments, 1));
  std::string out;
  for (std::size_t i = 0; i < array->size(); ++i) {
    out += (i > 0 ? delimiter : "") + plain_text((*array)[i]);
    if (out.size() > kMaxText) return invalid_template("The result of 'join' is too long.");
  }
  return Json(out);
}

Outcome<Json> pad_left(Evaluator&, const Arguments& arguments) {
  if (!arguments[0].is_string() && !arguments[0].is_int64()) {
    return wrong_argument("padLeft", "its first parameter to be a string or an integer",
                          arguments[0]);
  }
  const std::string text = plain_text(arguments[0]);
  ARMATURE_TRY(const std::int64_t total, integer_argument("padLeft", arguments, 1));
  std::string fill = " ";
  if (arguments.size() > 2) {
    ARMATURE_TRY(fill, text_argument("padLeft", arguments, 2));
  }
  if (to_utf16(fill).size() != 1 || total < 0 || total > 65535) {
    return invalid_template(
        "The template language function 'padLeft' expects a total length from "
        "'0' to '65535' and one padding character.");
  }
  const auto size = static_cast<std::int64_t>(to_utf16(text).size());
  std::string out;
  for (std::int64_t i = size; i < total; ++i) out += fill;
  return Json(out + text);
}

Outcome<Json> replace(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("replace", arguments, 0));
  ARMATURE_TRY(const std::string old_part, text_argument("replace", arguments, 1));
  ARMATURE_TRY(const std::string new_part, text_argument("replace", arguments, 2));
  if (old_part.empty()) {
    return invalid_template(
        "The template language function 'replace' expects its second parameter "
        "not to be empty.");
  }
  std::string out;
  std::size_t from = 0;
  for (std::size_t found = 0; (found = text.find(old_part, from)) != std::string::npos;) {
    out.append(text, from, found - from).append(new_part);
    from = found + old_part.size();
    if (out.size() > kMaxText) return invalid_template("The result of 'replace' is too long.");
  }
  return Json(out.append(text, from));
}

Outcome<Json> split_(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("split", arguments, 0));
  std::vector<std::string> delimiters;
  if (const auto* list = arguments[1].if_array()) {
    for (const Json& one : *list) {
      if (!one.is_string()) return wrong_argument("split", "delimiters of type 'String'", one);
      delimiters.emplace_back(as_text(one));
    }
  } else {
    ARMATURE_TRY(std::string one, text_argument("split", arguments, 1));
    delimiters.push_back(std::move(one));
  }
  std::erase(delimiters, "");
  JsonArray out;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto hit = std::ranges::find_if(
        delimiters, [&](const std::string& one) { return text.compare(i, one.size(), one) == 0; });
    if (hit == delimiters.end()) {
      ++i;
      continue;
    }
    out.emplace_back(text.substr(start, i - start));
    start = i += hit->size();
  }
  out.emplace_back(text.substr(start));
  return Json(std::move(out));
}

Outcome<Json> string(Evaluator&, const Arguments& arguments) {
  return Json(plain_text(arguments[0]));
}

Outcome<Json> substring(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string text, text_argument("substring", arguments, 0));
  ARMATURE_TRY(const std::int64_t start, integer_argument("substring", arguments, 1));
  const std::u16string units = to_utf16(text);
  const auto size = static_cast<std::int64_t>(units.size());
  if (start < 0 || start > size) {
    return invalid_template(
        "Unable to evaluate the template language function 'substring': the index parameter is not "
        "in the range of the string. The index parameter: '" +
        std::to_string(start) + "', the length of the string parameter: '" + std::to_string(size) +
        "'.");
  }
  std::int64_t length = size - start;
  if (arguments.size() > 2) {
    ARMATURE_TRY(length, integer_argument("substring", arguments, 2));
  }
  if (length < 0 || length > size - start) {
    return invalid_template(
        "The index and length parameters of the template language function 'substring' must refer "
        "to a location within the string. The index parameter: '" +
        std::to_string(start) + "', the length parameter: '" + std::to_string(length) +
        "', the length of the string parameter: '" + std::to_string(size) + "'.");
  }
  return Json(to_utf8(std::u16string_view(units).substr(static_cast<std::size_t>(start),
                                                        static_cast<std::size_t>(length))));
}

Outcome<Json> format(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::string pattern, text_argument("format", arguments, 0));
  ARMATURE_TRY(std::string out, format_text(pattern, std::span(arguments).subspan(1)));
  return Json(out);
}

Outcome<std::vector<std::string>> texts(std::string_view name, const Arguments& arguments) {
  std::vector<std::string> out;
  for (const Json& one : arguments) {
    if (one.is_object() || one.is_array()) {
      return wrong_argument(name, "its parameters to be of type 'String'", one);
    }
    out.push_back(plain_text(one));
  }
  return out;
}

Outcome<Json> guid(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const auto parts, texts("guid", arguments));
  return Json(arm_guid(join(parts, "-")));
}

Outcome<Json> unique_string_(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const auto parts, texts("uniqueString", arguments));
  return Json(unique_string(parts));
}

Outcome<Json> new_guid(Evaluator& evaluator, const Arguments&) {
  if (evaluator.phase != Phase::kDefault || !evaluator.context.surroundings.new_guid) {
    return invalid_template(
        "The template function 'newGuid' is not expected at this location. It "
        "can only be used in the default value of a parameter.");
  }
  if (evaluator.context.surroundings.preview != Preview::kNo) return not_yet_known("newGuid");
  return Json(evaluator.context.surroundings.new_guid());
}

// "*" stands for any text; no regard to case.
Outcome<Json> like(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(std::string text, text_argument("like", arguments, 0));
  ARMATURE_TRY(std::string pattern, text_argument("like", arguments, 1));
  text = lower_invariant(text);
  pattern = lower_invariant(pattern);
  std::size_t t = 0;
  std::size_t p = 0;
  std::size_t star = std::string::npos;
  std::size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return Json(false);
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return Json(p == pattern.size());
}

constexpr Function kRows[] = {
    {"concat",       0, kMany, concat        },
    {"toLower",      1, 1,     to_lower_     },
    {"toUpper",      1, 1,     to_upper_     },
    {"trim",         1, 1,     trim_         },
    {"startsWith",   2, 2,     starts_with   },
    {"endsWith",     2, 2,     ends_with     },
    {"indexOf",      2, 2,     index_of      },
    {"lastIndexOf",  2, 2,     last_index_of },
    {"join",         2, 2,     join_         },
    {"padLeft",      2, 3,     pad_left      },
    {"replace",      3, 3,     replace       },
    {"split",        2, 2,     split_        },
    {"string",       1, 1,     string        },
    {"substring",    2, 3,     substring     },
    {"format",       1, kMany, format        },
    {"guid",         1, kMany, guid          },
    {"uniqueString", 1, kMany, unique_string_},
    {"newGuid",      0, 0,     new_guid      },
    {"like",         2, 2,     like          },
};

}  // namespace

std::span<const Function> string_functions() { return kRows; }

}  // namespace armature::sandbox::tmpl
