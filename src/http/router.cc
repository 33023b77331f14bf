#include "http/router.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"

namespace armature::http {
namespace {

using PathValues = std::map<std::string, std::string, std::less<>>;

bool is_name(const std::string& segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}
bool is_rest(const std::string& segment) {
  return is_name(segment) && segment[segment.size() - 2] == '*';
}

std::vector<std::string> segments_of(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  return split(path, '/');
}

// The path's segments from `from` on, decoded, with their slashes.
std::optional<std::string> rest_of(const std::vector<std::string>& path, std::size_t from) {
  std::string out;
  for (std::size_t i = from; i < path.size(); ++i) {
    const auto part = percent_decode(path[i]);
    if (!part) return std::nullopt;
    if (i > from) out += '/';
    out += *part;
  }
  return out;
}

std::optional<PathValues> match(const std::vector<std::string>& pattern,
                                const std::vector<std::string>& path) {
  PathValues values;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string& want = pattern[i];
    if (is_rest(want)) {
      auto rest = rest_of(path, i);
      if (!rest) return std::nullopt;
      values[want.substr(1, want.size() - 3)] = std::move(*rest);
      return values;
    }
    if (i >= path.size()) return std::nullopt;
    auto part = percent_decode(path[i]);
    if (!part) return std::nullopt;
    if (is_name(want)) {
      if (part->empty()) return std::nullopt;
      values[want.substr(1, want.size() - 2)] = std::move(*part);
    } else if (*part != want) {
      return std::nullopt;
    }
  }
  if (path.size() != pattern.size()) return std::nullopt;
  return values;
}

// 0 exact, 1 {name}, 2 {name*}: patterns compare segment by segment, the exact one first.
int rank(const std::string& segment) { return is_rest(segment) ? 2 : is_name(segment) ? 1 : 0; }

bool more_exact(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const std::string& x, const std::string& y) { return rank(x) < rank(y); });
}

}  // namespace

std::string Call::query_value(std::string_view name, std::string_view otherwise) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::string(otherwise);
}

void Router::add(std::string_view method, std::string_view pattern, Route route) {
  entries_.push_back(
      {std::string(method), std::string(pattern), segments_of(pattern), std::move(route)});
}

Response Router::handle(const Request& request) const {
  const std::vector<std::string> path = segments_of(path_of(request.target));
  const Entry* best = nullptr;
  PathValues values;
  std::set<std::string> allowed;
  for (const Entry& entry : entries_) {
    auto found = match(entry.segments, path);
    if (!found) continue;
    allowed.insert(entry.method);
    const bool method_fits =
        entry.method == request.method || (request.method == "HEAD" && entry.method == "GET");
    if (!method_fits) continue;
    if (best != nullptr && !more_exact(entry.segments, best->segments)) continue;
    best = &entry;
    values = std::move(*found);
  }
  if (best != nullptr) {
    auto query = parse_form(query_of(request.target));
    if (!query) return json_response(400, R"({"error":"the query string is not well formed"})");
    const Call call{request, std::move(values), std::move(*query)};
    return best->route(call);
  }
  if (allowed.empty()) {
    return not_found ? not_found(request) : json_response(404, R"({"error":"not found"})");
  }
  const std::string allow = join({allowed.begin(), allowed.end()}, ", ");
  if (method_not_allowed) return method_not_allowed(request, allow);
  Response response = json_response(405, R"({"error":"method not allowed"})");
  response.headers.set("Allow", allow);
  return response;
}

std::vector<std::pair<std::string, std::string>> Router::routes() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Entry& entry : entries_) out.emplace_back(entry.method, entry.pattern);
  return out;
}

}  // namespace armature::http
