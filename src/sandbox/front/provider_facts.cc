#include "sandbox/front/provider_facts.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace armature::embedded {
extern const std::string_view kResourceTypes;
extern const std::string_view kLocations;
}  // namespace armature::embedded

namespace armature::sandbox {
namespace {

// In the order of their keys.
const std::vector<std::string_view>& lines() {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> out;
    std::string_view rest = embedded::kResourceTypes;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      out.push_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
  }();
  return all;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

int compare_ci(std::string_view a, std::string_view b) {
  const std::size_t both = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < both; ++i) {
    const auto x = static_cast<unsigned char>(lower(a[i]));
    const auto y = static_cast<unsigned char>(lower(b[i]));
    if (x != y) return x < y ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

std::string_view key_of(std::string_view line) { return line.substr(0, line.find(' ')); }

// The first line whose key is not below `key`.
auto lower_bound(std::string_view key) {
  return std::ranges::lower_bound(
      lines(), key, [](std::string_view a, std::string_view b) { return compare_ci(a, b) < 0; },
      key_of);
}

// The line of exactly that key; "" when there is none.
std::string_view find_line(std::string_view key) {
  const auto found = lower_bound(key);
  return found != lines().end() && compare_ci(key_of(*found), key) == 0 ? *found : "";
}

std::string_view next_field(std::string_view& line) {
  const std::size_t blank = line.find(' ');
  const std::string_view field = line.substr(0, blank);
  line.remove_prefix(blank == std::string_view::npos ? line.size() : blank + 1);
  return field;
}

unsigned read_scopes(std::string_view letters) {
  unsigned out = 0;
  constexpr std::string_view kLetters = "TMSGX";
  for (const char c : letters) {
    const std::size_t bit = kLetters.find(c);
    if (bit != std::string_view::npos) out |= 1U << bit;
  }
  return out;
}

std::string_view shared(char letter, std::string_view number) {
  if (number.empty() || number == "-") return "";
  std::string_view line = find_line(std::string("=") + letter + std::string(number));
  next_field(line);
  return line;
}

TypeFacts read_type(std::string_view line) {
  TypeFacts out;
  out.name = next_field(line);
  out.readable = read_scopes(next_field(line));
  out.writable = read_scopes(next_field(line));
  const std::string_view flags = next_field(line);
  const auto has = [&](char c) { return flags.find(c) != std::string_view::npos; };
  out.has_location = has('L');
  out.needs_location = has('l');
  out.has_tags = has('T');
  out.has_identity = has('I');
  out.has_kind = has('K');
  out.has_sku = has('S');
  out.has_zones = has('Z');
  out.has_etag = has('E');
  out.versions = shared('v', next_field(line));
  out.rule = shared('n', next_field(line));
  return out;
}

std::vector<LocationFacts> read_locations() {
  std::vector<LocationFacts> out;
  std::string_view rest = embedded::kLocations;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    std::array<std::string_view, 12> fields;
    for (std::string_view& field : fields) {
      const std::size_t bar = std::min(line.find('|'), line.size());
      field = line.substr(0, bar);
      line.remove_prefix(std::min(bar + 1, line.size()));
    }
    const auto& f = fields;
    out.push_back({f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], f[10], f[11]});
  }
  return out;
}

}  // namespace

bool TypeFacts::takes(std::string_view api_version) const {
  if (versions == "*") return true;
  std::string_view rest = versions;
  while (!rest.empty()) {
    if (equal_ci(next_field(rest), api_version)) return true;
  }
  return false;
}

std::vector<std::string> TypeFacts::version_list() const {
  if (versions == "*") return own_routes().version_list();
  return split(versions, ' ');
}

std::string_view TypeFacts::default_version() const {
  const std::string_view all = versions == "*" ? own_routes().versions : versions;
  std::string_view rest = all;
  while (!rest.empty()) {
    const std::string_view version = next_field(rest);
    if (version.size() == 10) return version;
  }
  return all.substr(0, all.find(' '));
}

std::optional<TypeFacts> find_type(std::string_view full_type) {
  if (full_type.find('/') == std::string_view::npos) return std::nullopt;
  std::string_view line = find_line(full_type);
  if (line.empty()) {  // children whose types the customer names
    line = find_line(std::string(full_type.substr(0, full_type.rfind('/'))) + "/*");
  }
  if (line.empty()) return std::nullopt;
  return read_type(line);
}

std::string_view find_namespace(std::string_view name) {
  if (name.empty() || name.find_first_of("/=") != std::string_view::npos) return "";
  const auto line = lower_bound(std::string(name) + "/");
  if (line == lines().end()) return "";
  const std::string_view found = line->substr(0, line->find('/'));
  return compare_ci(found, name) == 0 ? found : "";
}

std::vector<TypeFacts> types_of(std::string_view provider) {
  std::vector<TypeFacts> out;
  const std::string prefix = std::string(provider) + "/";
  for (auto line = lower_bound(prefix); line != lines().end() && starts_with_ci(*line, prefix);
       ++line) {
    out.push_back(read_type(*line));
  }
  return out;
}

std::vector<std::string_view> all_namespaces() {
  std::vector<std::string_view> out;
  for (auto line = lower_bound("a"); line != lines().end();) {
    out.push_back(line->substr(0, line->find('/')));
    // "0" comes right behind "/": past all types of this namespace.
    line = lower_bound(std::string(out.back()) + "0");
  }
  return out;
}

const TypeFacts& own_routes() {
  static const TypeFacts facts = *find_type("Microsoft.Resources/subscriptions");
  return facts;
}

const std::vector<LocationFacts>& all_locations() {
  static const std::vector<LocationFacts> all = read_locations();
  return all;
}

const LocationFacts* find_location(std::string_view normal_name) {
  const auto& all = all_locations();
  const auto found = std::ranges::lower_bound(all, normal_name, {}, &LocationFacts::name);
  return found != all.end() && found->name == normal_name ? &*found : nullptr;
}

}  // namespace armature::sandbox
