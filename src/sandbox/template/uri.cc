#include "sandbox/template/uri.h"

#include <vector>

#include "base/bytes.h"

namespace armature::sandbox::tmpl {
namespace {

bool is_scheme_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '+';
}

// RFC 3986, 5.2.4.
std::string without_dots(std::string_view path) {
  std::vector<std::string> out;
  const std::vector<std::string> parts = split(path, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    if (parts[i] == "..") {
      if (out.size() > 1) out.pop_back();
      if (last) out.emplace_back();
    } else if (parts[i] == ".") {
      if (last) out.emplace_back();
    } else {
      out.push_back(parts[i]);
    }
  }
  return join(out, "/");
}

}  // namespace

std::string Uri::text() const { return scheme + "://" + authority + without_dots(path) + query; }

std::optional<Uri> parse_uri(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  for (const char c : text.substr(0, colon)) {
    if (!is_scheme_letter(c)) return std::nullopt;
  }
  Uri uri;
  uri.scheme = to_lower(text.substr(0, colon));
  text.remove_prefix(colon + 3);
  const auto end = text.find_first_of("/?#");
  uri.authority = to_lower(text.substr(0, end));
  text = end == std::string_view::npos ? "" : text.substr(end);
  const auto mark = text.find_first_of("?#");
  uri.path = std::string(text.substr(0, mark));
  if (mark != std::string_view::npos) uri.query = std::string(text.substr(mark));
  if (uri.path.empty()) uri.path = "/";
  return uri;
}

std::optional<std::string> resolve_uri(std::string_view base, std::string_view relative) {
  auto out = parse_uri(base);
  if (!out) return std::nullopt;
  if (const auto absolute = parse_uri(relative)) return absolute->text();
  if (relative.starts_with("//")) return out->scheme + ":" + std::string(relative);
  if (relative.empty()) return out->text();
  const auto mark = relative.find_first_of("?#");
  const std::string_view path = relative.substr(0, mark);
  if (path.starts_with('/')) {
    out->path = std::string(path);
  } else if (!path.empty()) {
    out->path = out->path.substr(0, out->path.rfind('/') + 1) + std::string(path);
  }
  out->query = mark == std::string_view::npos ? "" : std::string(relative.substr(mark));
  return out->text();
}

}  // namespace armature::sandbox::tmpl
