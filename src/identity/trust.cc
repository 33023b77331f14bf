#include "identity/trust.h"

#include <algorithm>

#include "identity/jwt.h"

namespace armature::identity {
namespace {

bool matches_value(const Json& value, const std::string& pattern) {
  if (value.is_string()) return matches_pattern(as_text(value), pattern);
  if (const auto* list = value.if_array()) {
    return std::ranges::any_of(*list, [&](const Json& one) {
      return one.is_string() && matches_pattern(as_text(one), pattern);
    });
  }
  return (value.is_number() || value.is_bool()) && dump(value) == pattern;
}

}  // namespace

bool matches_pattern(std::string_view text, std::string_view pattern) {
  // Greedy with one point to go back to: linear but for repeats of what follows a "*".
  std::size_t at = 0, star = pattern.npos, resume = 0, p = 0;
  while (at < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = at;
    } else if (p < pattern.size() && pattern[p] == text[at]) {
      ++p;
      ++at;
    } else if (star != pattern.npos) {
      p = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

const Trust* find_trust(const std::vector<Trust>& trusts, const JsonObject& claims) {
  const std::string issuer = text_at(claims, "iss");
  for (const Trust& trust : trusts) {
    if (trust.issuer != issuer || !names_audience(claims, trust.audience)) continue;
    const bool all =
        !trust.claims.empty() && std::ranges::all_of(trust.claims, [&](const auto& wanted) {
          const Json* value = claims.if_contains(wanted.first);
          return value && matches_value(*value, wanted.second);
        });
    if (all) return &trust;
  }
  return nullptr;
}

}  // namespace armature::identity
