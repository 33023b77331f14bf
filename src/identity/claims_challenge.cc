#include "identity/claims_challenge.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"

namespace armature::identity {
namespace {

constexpr std::size_t kLongest = 8 * 1024;

// The value of name="value" in a list of parameters; quotes inside values are escaped by "\".
std::string parameter(std::string_view text, std::string_view name) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto equals = text.find('=', at);
    if (equals == text.npos) return "";
    std::string_view key = trim(text.substr(at, equals - at));
    if (const auto blank = key.find_last_of(" ,"); blank != key.npos) key.remove_prefix(blank + 1);
    std::string value;
    at = equals + 1;
    if (at < text.size() && text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        value += text[at];
      }
      ++at;
    } else {
      const auto end = std::min(text.find(',', at), text.size());
      value = trim(text.substr(at, end - at));
      at = end;
    }
    if (equal_ci(key, name)) return value;
    at = std::min(text.find(',', at), text.size());
    if (at < text.size()) ++at;
  }
  return "";
}

// Standard or URL alphabet, with and without padding.
Result<std::string> decoded(std::string text) {
  while (text.ends_with('=')) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return from_base64url(text);
}

}  // namespace

std::string claims_challenge(const http::Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (!equal_ci(name, "WWW-Authenticate") || !starts_with_ci(value, "Bearer ")) continue;
    if (value.size() > kLongest) continue;
    const std::string_view parameters = std::string_view(value).substr(7);
    if (parameter(parameters, "error") != "insufficient_claims") continue;
    const auto text = decoded(parameter(parameters, "claims"));
    auto claims = text ? parse_json(*text, 16) : Result<Json>(fail(Code::kInvalid, ""));
    if (!claims || !claims->is_object()) continue;
    const Json capability = JsonObject{
        {"access_token", JsonObject{{"xms_cc", JsonObject{{"values", JsonArray{"CP1"}}}}}}
    };
    return dump(merge_patch(*std::move(claims), capability));
  }
  return "";
}

}  // namespace armature::identity
