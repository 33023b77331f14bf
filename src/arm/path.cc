#include "arm/path.h"

#include <algorithm>
#include <ranges>

#include "base/bytes.h"
#include "base/utf8.h"

namespace armature::arm {
namespace {

constexpr std::size_t kMaxPath = 8192;
constexpr std::size_t kUsualPath = 192;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> decode(std::string_view segment) {
  std::string out;
  out.reserve(segment.size());
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      out += segment[i];
      continue;
    }
    const int high = i + 2 < segment.size() ? hex_digit(segment[i + 1]) : -1;
    const int low = i + 2 < segment.size() ? hex_digit(segment[i + 2]) : -1;
    if (high < 0 || low < 0) return fail(Code::kInvalid, "path has a malformed percent code");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// Two servers must never read one segment in two ways: whatever one of them may decode, split,
// trim or cut is refused here.
Status check_segment(const std::string& segment, bool semicolons) {
  if (segment.empty()) return fail(Code::kInvalid, "path has an empty segment");
  // First, because what follows quotes the segment.
  if (!is_utf8(segment)) return fail(Code::kInvalid, "path is not UTF-8");
  for (const char c : segment) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      return fail(Code::kInvalid, "path has a control character");
    }
    if (std::string_view("/\\%?#;").find(c) != std::string_view::npos &&
        !(semicolons && c == ';')) {
      return fail(Code::kInvalid,
                  "path segment '" + segment + "' has the character '" + c + "', also encoded");
    }
  }
  if (segment.back() == '.' || segment.front() == ' ' || segment.back() == ' ') {
    return fail(Code::kInvalid,
                "path segment '" + segment + "' ends in a dot or starts or ends in a blank");
  }
  return Ok{};
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == '$';
  });
}

bool is_providers(std::string_view segment) { return equal_ci(segment, "providers"); }

// From segments[at], which follows a "providers". Ends at the next "providers" or at the end.
Result<ProviderBlock> parse_block(const std::vector<std::string>& segments, std::size_t& at) {
  ProviderBlock block;
  block.provider = segments[at++];
  if (!is_word(block.provider) || is_providers(block.provider)) {
    return fail(Code::kInvalid, "'" + block.provider + "' is no resource provider");
  }
  while (at < segments.size()) {
    const std::string& segment = segments[at];
    if (block.types.size() == block.names.size()) {
      if (is_providers(segment)) {
        if (!block.types.empty()) return block;
        return fail(Code::kInvalid, "provider '" + block.provider + "' has no type after it");
      }
      if (!is_word(segment)) return fail(Code::kInvalid, "'" + segment + "' is no resource type");
      block.types.push_back(segment);
    } else if (is_providers(segment)) {
      return fail(Code::kInvalid,
                  "type '" + block.types.back() + "' has no name before /providers");
    } else {
      block.names.push_back(segment);
    }
    ++at;
  }
  return block;
}

Status parse_root(const std::vector<std::string>& segments, std::size_t& at, Path& path) {
  if (segments.empty() || is_providers(segments[0])) return Ok{};
  if (!equal_ci(segments[0], "subscriptions")) {
    path.rest = segments;
    at = segments.size();
    return Ok{};
  }
  if (segments.size() == 1) {
    path.rest = {"subscriptions"};
    at = 1;
    return Ok{};
  }
  if (is_providers(segments[1]))
    return fail(Code::kInvalid, "no subscription id after /subscriptions");
  path.subscription_id = to_lower(segments[1]);
  at = 2;
  if (segments.size() < 4 || !equal_ci(segments[2], "resourceGroups")) return Ok{};
  if (is_providers(segments[3])) {
    return fail(Code::kInvalid, "no resource group name after /resourceGroups");
  }
  path.resource_group = segments[3];
  at = 4;
  return Ok{};
}

}  // namespace

Result<std::vector<std::string>> split_path(std::string_view path, Encoding encoding) {
  if (path.size() > kMaxPath) return fail(Code::kInvalid, "path is too long");
  if (path.empty() || path.front() != '/')
    return fail(Code::kInvalid, "path does not start with /");
  // JavaScript's management clients start with "//", and lists may end in "/": both mean one.
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  if (!path.empty() && path.back() == '/') path.remove_suffix(1);
  std::vector<std::string> segments;
  if (path.empty()) return segments;
  // Names of backup containers and items are lists: "VMAppContainer;compute;group;vm".
  bool semicolons = false;
  segments.reserve(16);
  for (const auto piece : std::views::split(path, '/')) {
    std::string segment(piece.begin(), piece.end());
    if (encoding == Encoding::kPercent && segment.find('%') != std::string::npos) {
      ARMATURE_TRY(segment, decode(segment));
    }
    ARMATURE_CHECK(check_segment(segment, semicolons));
    semicolons = semicolons || (!segments.empty() && is_providers(segments.back()) &&
                                equal_ci(segment, "Microsoft.RecoveryServices"));
    segments.push_back(std::move(segment));
  }
  return segments;
}

Result<Path> parse_path(const std::vector<std::string>& segments) {
  Path path;
  std::size_t at = 0;
  ARMATURE_CHECK(parse_root(segments, at, path));
  while (at < segments.size() && is_providers(segments[at])) {
    ++at;
    if (at == segments.size()) {
      path.bare_providers = true;
      return path;
    }
    ARMATURE_TRY(ProviderBlock block, parse_block(segments, at));
    const bool first = path.blocks.empty() && path.subscription_id.empty();
    if (first && equal_ci(block.provider, "Microsoft.Management") && !block.types.empty() &&
        equal_ci(block.types[0], "managementGroups")) {
      block.provider = "Microsoft.Management";
      block.types[0] = "managementGroups";
      if (!block.names.empty()) path.management_group = block.names[0];
    }
    path.blocks.push_back(std::move(block));
  }
  path.rest.insert(path.rest.end(), segments.begin() + static_cast<std::ptrdiff_t>(at),
                   segments.end());
  return path;
}

bool Path::is_id() const {
  return rest.empty() && !bare_providers && std::ranges::all_of(blocks, [](const ProviderBlock& b) {
           return !b.types.empty() && b.types.size() == b.names.size();
         });
}

std::string Path::root_text() const {
  if (subscription_id.empty()) return "/";
  std::string out;
  out.reserve(kUsualPath);
  out.append("/subscriptions/").append(subscription_id);
  if (!resource_group.empty()) out.append("/resourceGroups/").append(resource_group);
  return out;
}

std::string Path::text(std::size_t block_count, std::size_t pairs) const {
  std::string out = root_text();
  if (out == "/") out.clear();
  for (std::size_t b = 0; b < block_count; ++b) {
    const ProviderBlock& block = blocks[b];
    out.append("/providers/").append(block.provider);
    const std::size_t count = b + 1 == block_count ? pairs : block.names.size();
    for (std::size_t i = 0; i < count; ++i) {
      out.append("/").append(block.types[i]).append("/").append(block.names[i]);
    }
  }
  return out.empty() ? "/" : out;
}

std::string Path::text() const {
  std::string out = blocks.empty() ? root_text() : text(blocks.size(), blocks.back().names.size());
  if (out == "/") out.clear();
  if (!blocks.empty() && blocks.back().types.size() > blocks.back().names.size()) {
    out += "/" + blocks.back().types.back();
  }
  if (bare_providers) out += "/providers";
  for (const std::string& segment : rest) out.append("/").append(segment);
  return out.empty() ? "/" : out;
}

std::string full_type(const ProviderBlock& block, std::size_t type_count) {
  std::string out = block.provider;
  for (std::size_t i = 0; i < type_count; ++i) out.append("/").append(block.types[i]);
  return out;
}

}  // namespace armature::arm
