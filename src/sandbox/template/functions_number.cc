// 64-bit arithmetic.
#include <charconv>
#include <limits>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

TemplateError overflow(std::string_view function, std::int64_t a, std::int64_t b) {
  // "operants" is ARM's own spelling; clients match the text.
  return invalid_template("The template language function '" + std::string(function) +
                          "' overflowed with the operants '" + std::to_string(a) + "' and '" +
                          std::to_string(b) + "'.");
}

using Checked = bool (*)(std::int64_t, std::int64_t, std::int64_t*);

Outcome<Json> arithmetic(std::string_view name, const Arguments& arguments, Checked operation) {
  ARMATURE_TRY(const std::int64_t a, integer_argument(name, arguments, 0));
  ARMATURE_TRY(const std::int64_t b, integer_argument(name, arguments, 1));
  std::int64_t result = 0;
  if (operation(a, b, &result)) return overflow(name, a, b);
  return Json(result);
}

Outcome<Json> add(Evaluator&, const Arguments& arguments) {
  return arithmetic("add", arguments, [](std::int64_t a, std::int64_t b, std::int64_t* out) {
    return __builtin_add_overflow(a, b, out);
  });
}
Outcome<Json> sub(Evaluator&, const Arguments& arguments) {
  return arithmetic("sub", arguments, [](std::int64_t a, std::int64_t b, std::int64_t* out) {
    return __builtin_sub_overflow(a, b, out);
  });
}
Outcome<Json> mul(Evaluator&, const Arguments& arguments) {
  return arithmetic("mul", arguments, [](std::int64_t a, std::int64_t b, std::int64_t* out) {
    return __builtin_mul_overflow(a, b, out);
  });
}

Outcome<Json> quotient(std::string_view name, const Arguments& arguments, bool remainder) {
  ARMATURE_TRY(const std::int64_t a, integer_argument(name, arguments, 0));
  ARMATURE_TRY(const std::int64_t b, integer_argument(name, arguments, 1));
  if (b == 0) {
    return invalid_template("The template language function '" + std::string(name) +
                            "' expects its second parameter not to be zero.");
  }
  if (a == std::numeric_limits<std::int64_t>::min() && b == -1) {
    if (remainder) return Json(0);
    return overflow(name, a, b);
  }
  return Json(remainder ? a % b : a / b);
}

Outcome<Json> div(Evaluator&, const Arguments& arguments) {
  return quotient("div", arguments, false);
}
Outcome<Json> mod(Evaluator&, const Arguments& arguments) {
  return quotient("mod", arguments, true);
}

Outcome<Json> int_(Evaluator&, const Arguments& arguments) {
  const Json& value = arguments[0];
  if (value.is_int64()) return value;
  if (const auto* number = value.if_double(); number && *number >= -9e18 && *number <= 9e18) {
    return Json(static_cast<std::int64_t>(*number));
  }
  if (value.is_string()) {
    std::string_view text = trim(as_text(value));
    if (text.starts_with('+')) text.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && !text.empty()) {
      return Json(number);
    }
  }
  return invalid_template(
      "The template language function 'int' expects its parameter to be convertible to an "
      "integer. The provided value is '" +
      plain_text(value) + "'.");
}

Outcome<Json> float_(Evaluator&, const Arguments& arguments) {
  const Json& value = arguments[0];
  if (value.is_number()) return Json(value.to_number<double>());
  if (value.is_string()) {
    const std::string_view text = trim(as_text(value));
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && !text.empty()) {
      return Json(number);
    }
  }
  return invalid_template(
      "The template language function 'float' expects its parameter to be convertible to a "
      "number. The provided value is '" +
      plain_text(value) + "'.");
}

// Of integers given one by one, or of one array of integers.
Outcome<Json> extreme(std::string_view name, const Arguments& arguments, bool greatest) {
  const JsonArray* list = arguments.size() == 1 ? arguments[0].if_array() : nullptr;
  const std::size_t count = list != nullptr ? list->size() : arguments.size();
  std::optional<std::int64_t> best;
  for (std::size_t i = 0; i < count; ++i) {
    const Json& value = list != nullptr ? (*list)[i] : arguments[i];
    const auto* number = value.if_int64();
    if (number == nullptr) {
      return wrong_argument(name, "integers or one array of integers", value);
    }
    if (!best || (greatest ? *number > *best : *number < *best)) best = *number;
  }
  if (best) return Json(*best);
  return invalid_template("The template language function '" + std::string(name) +
                          "' expects at least one integer.");
}

Outcome<Json> min(Evaluator&, const Arguments& arguments) {
  return extreme("min", arguments, false);
}
Outcome<Json> max(Evaluator&, const Arguments& arguments) {
  return extreme("max", arguments, true);
}

Outcome<Json> range(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::int64_t start, integer_argument("range", arguments, 0));
  ARMATURE_TRY(const std::int64_t count, integer_argument("range", arguments, 1));
  constexpr std::int64_t kMaxCount = 10000;
  constexpr std::int64_t kMaxEnd = 2147483647;
  if (count < 0 || count > kMaxCount || start > kMaxEnd - count || start < -kMaxEnd) {
    return invalid_template("The template language function 'range' expects a count from '0' to '" +
                            std::to_string(kMaxCount) + "' and an end of at most '" +
                            std::to_string(kMaxEnd) + "'. The provided values are '" +
                            std::to_string(start) + "' and '" + std::to_string(count) + "'.");
  }
  JsonArray out;
  out.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) out.push_back(start + i);
  return Json(std::move(out));
}

Outcome<Json> copy_index(Evaluator& evaluator, const Arguments& arguments) {
  std::string loop;
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i == 0 && arguments[i].is_string()) {
      loop = std::string(as_text(arguments[i]));
      continue;
    }
    ARMATURE_TRY(offset, integer_argument("copyIndex", arguments, i));
  }
  ARMATURE_TRY(const std::int64_t index, evaluator.copy_index(loop));
  std::int64_t result = 0;
  if (__builtin_add_overflow(index, offset, &result)) return overflow("copyIndex", index, offset);
  return Json(result);
}

constexpr Function kRows[] = {
    {"add",       2, 2,     add       },
    {"sub",       2, 2,     sub       },
    {"mul",       2, 2,     mul       },
    {"div",       2, 2,     div       },
    {"mod",       2, 2,     mod       },
    {"int",       1, 1,     int_      },
    {"float",     1, 1,     float_    },
    {"min",       1, kMany, min       },
    {"max",       1, kMany, max       },
    {"range",     2, 2,     range     },
    {"copyIndex", 0, 2,     copy_index},
};

}  // namespace

std::span<const Function> number_functions() { return kRows; }

}  // namespace armature::sandbox::tmpl
