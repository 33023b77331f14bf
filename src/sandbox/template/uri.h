#pragma once
// Absolute URIs, taken apart and put together as .NET's Uri does it.
//
//   Errors    nothing when the text is no absolute URI with an authority
//   Threads   pure
#include <optional>
#include <string>
#include <string_view>

namespace armature::sandbox::tmpl {

struct Uri {
  std::string scheme;     // lower case
  std::string authority;  // lower case, with the port where one is written
  std::string path;       // begins with "/"
  std::string query;      // with "?"; holds a fragment as well

  std::string text() const;
};

std::optional<Uri> parse_uri(std::string_view text);
// new Uri(base, relative): a base without a slash at its end loses its last segment.
std::optional<std::string> resolve_uri(std::string_view base, std::string_view relative);

}  // namespace armature::sandbox::tmpl
