#include "gateway/recorded.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "http/message.h"

namespace armature::gateway {
namespace {

constexpr std::size_t kLongestRecordedPath = 1'024;
constexpr std::size_t kLongestQuery = 1'024;
constexpr std::array<std::string_view, 8> kHarmless = {
    "api-version",     "$top", "$select", "$expand", "$orderby", "validating", "forcedeletiontypes",
    "metadata-version"};

std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

bool is_harmless(std::string_view name) {
  return std::ranges::any_of(kHarmless,
                             [&](std::string_view known) { return equal_ci(name, known); });
}

}  // namespace

std::string recorded_path(std::string_view target) {
  return printable(std::string_view(http::path_of(target)).substr(0, kLongestRecordedPath));
}

std::string recorded_target(std::string_view target) {
  std::string out = recorded_path(target);
  const std::string query = http::query_of(target).substr(0, kLongestQuery);
  char before = '?';
  for (const std::string& one : split(query, '&')) {
    if (one.empty()) continue;
    const auto equals = one.find('=');
    const std::string_view name = std::string_view(one).substr(0, equals);
    out += before;
    before = '&';
    if (equals == std::string::npos) {  // a value without a name, for all we know
      out += "***";
    } else {
      out += printable(name) + "=";
      out += is_harmless(name) ? printable(std::string_view(one).substr(equals + 1)) : "***";
    }
  }
  return out;
}

}  // namespace armature::gateway
