#include "sandbox/policy/odata.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace armature::sandbox::policy {
namespace {

std::string take_word(std::string_view& rest) {
  rest = trim(rest);
  const std::size_t end = std::min(rest.find(' '), rest.size());
  std::string word(rest.substr(0, end));
  rest.remove_prefix(end);
  return word;
}

std::optional<std::string> take_value(std::string_view& rest) {
  rest = trim(rest);
  if (!rest.starts_with('\'')) {
    std::string word = take_word(rest);
    return word.empty() ? std::nullopt : std::optional(std::move(word));
  }
  const std::size_t close = rest.find('\'', 1);
  if (close == std::string_view::npos) return std::nullopt;
  std::string value(rest.substr(1, close - 1));
  rest.remove_prefix(close + 1);
  return value;
}

bool holds(const Comparison& one, const Json& item) {
  const Json* found = item.is_object() ? find_ci(item.get_object(), one.field) : nullptr;
  std::string have;
  if (found && found->is_string()) have = to_lower(as_text(*found));
  if (found && found->is_bool()) have = found->get_bool() ? "true" : "false";
  if (found && found->is_int64()) have = std::to_string(found->get_int64());
  const int side = have.compare(to_lower(one.value));
  if (one.relation == "eq") return side == 0;
  if (one.relation == "ne") return side != 0;
  if (one.relation == "lt") return side < 0;
  if (one.relation == "le") return side <= 0;
  if (one.relation == "gt") return side > 0;
  return side >= 0;
}

}  // namespace

std::optional<std::vector<Comparison>> read_odata(std::string_view text) {
  constexpr std::array kRelations = {"eq", "ne", "lt", "le", "gt", "ge"};
  std::vector<Comparison> out;
  std::string_view rest = trim(text);
  while (!rest.empty()) {
    Comparison one;
    one.field = take_word(rest);
    one.relation = to_lower(take_word(rest));
    const auto value = take_value(rest);
    const bool known = std::ranges::any_of(
        kRelations, [&](const char* relation) { return one.relation == relation; });
    if (!known || !value) return std::nullopt;
    one.value = *value;
    out.push_back(std::move(one));
    rest = trim(rest);
    if (rest.empty()) break;
    if (!equal_ci(take_word(rest), "and")) return std::nullopt;
    rest = trim(rest);
    if (rest.empty()) return std::nullopt;
  }
  return out;
}

bool passes(const std::vector<Comparison>& filter, const Json& item) {
  return std::ranges::all_of(filter, [&](const Comparison& one) { return holds(one, item); });
}

}  // namespace armature::sandbox::policy
