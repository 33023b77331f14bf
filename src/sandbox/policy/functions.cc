#include "sandbox/policy/functions.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/policy/operators.h"

namespace armature::sandbox::policy {
namespace {

using tmpl::Arguments;
using tmpl::Evaluator;
using tmpl::Outcome;

constexpr const char* kDateFormat = "yyyy-MM-ddTHH:mm:ss.fffffffZ";

const RuleContext& context_of(const Evaluator& evaluator) {
  return static_cast<const RuleContext&>(evaluator.context);
}

Outcome<Field> field_argument(const char* function, const Arguments& arguments) {
  ARMATURE_TRY(const std::string name, tmpl::text_argument(function, arguments, 0));
  if (auto field = read_field(name)) return *std::move(field);
  return invalid_rule("The policy function '" + std::string(function) + "' has no field '" + name +
                      "' to read.");
}

// A missing field is the empty text; one with [*] is the array of its members.
Outcome<Json> field_(Evaluator& evaluator, const Arguments& arguments) {
  const RuleContext& context = context_of(evaluator);
  ARMATURE_TRY(const Field field, field_argument("field", arguments));
  const Selection found = select(*context.subject, field, context.members);
  if (!found.many && !field.many()) {
    const Json& value = *found.values[0];
    return value.is_null() ? Json("") : value;
  }
  JsonArray out;
  for (const Json* value : found.values) out.push_back(*value);
  return Json(std::move(out));
}

Outcome<Json> current(Evaluator& evaluator, const Arguments& arguments) {
  const RuleContext& context = context_of(evaluator);
  if (arguments.empty()) {
    if (context.order.empty()) {
      return invalid_rule("The policy function 'current' is used outside of a count.");
    }
    return context.order.back() ? *context.values.back().second : *context.members.back().at;
  }
  ARMATURE_TRY(const std::string name, tmpl::text_argument("current", arguments, 0));
  for (auto value = context.values.rbegin(); value != context.values.rend(); ++value) {
    if (equal_ci(value->first, name)) return *value->second;
  }
  const auto field = read_field(name);
  if (!field || context.members.empty()) {
    return invalid_rule("The policy function 'current' refers to '" + name +
                        "', which is no count around it.");
  }
  const Selection found = select(*context.subject, *field, context.members);
  const Json* value = found.values.empty() ? nullptr : found.values[0];
  return value == nullptr || value->is_null() ? Json("") : *value;
}

Outcome<Json> policy_(Evaluator& evaluator, const Arguments&) {
  const Json* value = context_of(evaluator).policy;
  return value ? *value : Json(JsonObject{});
}

Outcome<Json> request_context(Evaluator& evaluator, const Arguments&) {
  const Json* value = context_of(evaluator).request;
  return value ? *value : Json(JsonObject{});
}

Outcome<Json> utc_now(Evaluator& evaluator, const Arguments&) {
  ARMATURE_TRY(std::string text,
               tmpl::format_date(evaluator.context.surroundings.now, kDateFormat));
  return Json(std::move(text));
}

Outcome<Json> add_days(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const std::string date, tmpl::text_argument("addDays", arguments, 0));
  ARMATURE_TRY(const std::int64_t days, tmpl::integer_argument("addDays", arguments, 1));
  if (days < -3'650'000 || days > 3'650'000) {
    return invalid_rule("The policy function 'addDays' cannot add '" + std::to_string(days) +
                        "' days.");
  }
  const std::string length =
      (days < 0 ? "-P" : "P") + std::to_string(days < 0 ? -days : days) + "D";
  static const tmpl::Function& add = *tmpl::find_function("dateTimeAdd");
  return add.eager(evaluator, {Json(date), Json(length), Json(kDateFormat)});
}

using Address = std::array<unsigned char, 16>;
struct Range {
  int family = AF_INET;
  Address first{};
  Address last{};
};

std::optional<Address> read_address(int family, std::string_view text) {
  Address out{};
  if (inet_pton(family, std::string(trim(text)).c_str(), out.data()) != 1) return std::nullopt;
  return out;
}

// "10.0.0.0/8", "10.0.0.1", "10.0.0.1-10.0.0.9", and the same for IPv6.
std::optional<Range> read_range(std::string_view text) {
  Range out;
  out.family = text.find(':') == std::string_view::npos ? AF_INET : AF_INET6;
  const std::size_t mark = text.find_first_of("/-");
  const auto first = read_address(out.family, text.substr(0, mark));
  if (!first) return std::nullopt;
  out.first = out.last = *first;
  if (mark == std::string_view::npos) return out;
  if (text[mark] == '-') {
    const auto last = read_address(out.family, text.substr(mark + 1));
    if (!last || *last < *first) return std::nullopt;
    out.last = *last;
    return out;
  }
  const int bits = out.family == AF_INET ? 32 : 128;
  const std::string_view number = text.substr(mark + 1);
  int prefix = -1;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), prefix);
  if (parsed.ec != std::errc() || parsed.ptr != number.data() + number.size()) return std::nullopt;
  if (prefix < 0 || prefix > bits) return std::nullopt;
  for (int bit = prefix; bit < bits; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const auto mask = static_cast<unsigned char>(0x80 >> (bit % 8));
    out.first[byte] = static_cast<unsigned char>(out.first[byte] & ~mask);
    out.last[byte] = static_cast<unsigned char>(out.last[byte] | mask);
  }
  return out;
}

Outcome<Json> ip_range_contains(Evaluator&, const Arguments& arguments) {
  std::array<Range, 2> ranges;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    ARMATURE_TRY(const std::string text, tmpl::text_argument("ipRangeContains", arguments, i));
    const auto range = read_range(text);
    if (!range) {
      return invalid_rule("The policy function 'ipRangeContains' cannot read the range '" + text +
                          "'.");
    }
    ranges[i] = *range;
  }
  return Json(ranges[0].family == ranges[1].family && ranges[0].first <= ranges[1].first &&
              ranges[1].last <= ranges[0].last);
}

constexpr tmpl::Function kRows[] = {
    {"field",           1, 1, field_           },
    {"current",         0, 1, current          },
    {"policy",          0, 0, policy_          },
    {"requestContext",  0, 0, request_context  },
    {"utcNow",          0, 1, utc_now          },
    {"addDays",         2, 2, add_days         },
    {"ipRangeContains", 2, 2, ip_range_contains},
};

// Functions of templates that a rule may not use.
bool excluded(std::string_view name) {
  constexpr std::array kNames = {"copyIndex",
                                 "deployment",
                                 "deployer",
                                 "environment",
                                 "extensionResourceId",
                                 "lambda",
                                 "lambdaVariables",
                                 "filter",
                                 "map",
                                 "reduce",
                                 "sort",
                                 "toObject",
                                 "groupBy",
                                 "mapValues",
                                 "managementGroup",
                                 "managementGroupResourceId",
                                 "newGuid",
                                 "pickZones",
                                 "providers",
                                 "reference",
                                 "references",
                                 "resourceId",
                                 "subscriptionResourceId",
                                 "tenantResourceId",
                                 "tenant",
                                 "variables",
                                 "fail"};
  return starts_with_ci(name, "list") ||
         std::ranges::any_of(kNames, [&](const char* known) { return equal_ci(known, name); });
}

const tmpl::Function* find_rule_function(std::string_view name) {
  for (const tmpl::Function& row : kRows) {
    if (equal_ci(row.name, name)) return &row;
  }
  return excluded(name) ? nullptr : tmpl::find_function(name);
}

constexpr tmpl::Dialect kDialect{find_rule_function, true};

}  // namespace

const tmpl::Dialect& rule_dialect() { return kDialect; }

}  // namespace armature::sandbox::policy
