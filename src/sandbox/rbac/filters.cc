#include "sandbox/rbac/filters.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"

namespace armature::sandbox {
namespace {

// 'a''b' is a'b. Takes it off the front of the text.
std::optional<std::string> take_quoted(std::string_view& text) {
  if (!text.starts_with('\'')) return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '\'') {
      out += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\'') {
      out += text[i++];
    } else {
      text = trim(text.substr(i + 1));
      return out;
    }
  }
  return std::nullopt;
}

std::string take_name(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(" ('"), text.size());
  std::string out(text.substr(0, end));
  text = trim(text.substr(end));
  return out;
}

bool listed(std::initializer_list<std::string_view> names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view one) { return equal_ci(one, name); });
}

}  // namespace

std::optional<std::string> AuthorizationFilter::value(std::string_view name) const {
  for (const auto& [key, value] : terms) {
    if (equal_ci(key, name)) return value;
  }
  return std::nullopt;
}

std::optional<AuthorizationFilter> read_filter(std::string_view text,
                                               std::initializer_list<std::string_view> fields,
                                               std::initializer_list<std::string_view> functions) {
  AuthorizationFilter out;
  text = trim(text);
  while (!text.empty()) {
    const std::string name = take_name(text);
    std::string value;
    if (text.starts_with('(')) {
      text = trim(text.substr(1));
      if (!listed(functions, name)) return std::nullopt;
      if (auto argument = take_quoted(text)) value = *std::move(argument);
      if (!text.starts_with(')')) return std::nullopt;
      text = trim(text.substr(1));
    } else {
      if (!listed(fields, name) || !equal_ci(take_name(text), "eq")) return std::nullopt;
      auto quoted = take_quoted(text);
      if (!quoted) return std::nullopt;
      value = *std::move(quoted);
    }
    out.terms.emplace_back(name, std::move(value));
    if (text.empty()) break;
    if (!equal_ci(take_name(text), "and") || text.empty()) return std::nullopt;
  }
  return out;
}

std::string scope_of(const ArmCall& call) {
  if (call.at.scope.empty()) return "/";
  const auto id = arm::ResourceId::parse(call.at.scope);
  return id ? id->text : call.at.scope;
}

}  // namespace armature::sandbox
