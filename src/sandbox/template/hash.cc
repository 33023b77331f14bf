// uniqueString and the template hash: both are one 64-bit variant of Murmur3 with two 32-bit lanes.
#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "base/bytes.h"
#include "sandbox/template/template.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

std::uint32_t final_mix(std::uint32_t h) {
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  return h ^ (h >> 16);
}

std::uint64_t hash64(std::string_view bytes) {
  constexpr std::uint32_t kFirst = 0x239b961b;
  constexpr std::uint32_t kSecond = 0xab0e9789;
  const auto lane = [&](std::size_t from, std::size_t most) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < most && from + i < bytes.size(); ++i) {
      value |= std::uint32_t{static_cast<unsigned char>(bytes[from + i])} << (8 * i);
    }
    return value;
  };
  const auto mix1 = [](std::uint32_t k) { return std::rotl(k * kFirst, 15) * kSecond; };
  const auto mix2 = [](std::uint32_t k) { return std::rotl(k * kSecond, 17) * kFirst; };
  std::uint32_t h1 = 0;
  std::uint32_t h2 = 0;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    h1 = (std::rotl(h1 ^ mix1(lane(at, 4)), 19) + h2) * 5 + 0x561ccd1bu;
    h2 = (std::rotl(h2 ^ mix2(lane(at + 4, 4)), 13) + h1) * 5 + 0x0bcaa747u;
  }
  if (bytes.size() - at > 4) h2 ^= mix2(lane(at + 4, 4));
  if (bytes.size() > at) h1 ^= mix1(lane(at, 4));
  const auto size = static_cast<std::uint32_t>(bytes.size());
  h1 ^= size;
  h2 ^= size;
  h1 += h2;
  h2 += h1;
  h1 = final_mix(h1);
  h2 = final_mix(h2);
  h1 += h2;
  h2 += h1;
  return (std::uint64_t{h2} << 32) | h1;
}

// Known members first in a fixed order; an empty name marks where unknown members go.
using Order = std::span<const std::string_view>;

constexpr std::array<std::string_view, 11> kTemplateOrder = {
    "$schema",   "languageVersion", "contentVersion", "",        "definitions", "parameters",
    "variables", "functions",       "resources",      "outputs", "metadata"};
constexpr std::array<std::string_view, 12> kParameterOrder = {
    "defaultValue", "minValue", "maxValue", "allowedValues", "minLength", "maxLength", "items",
    "nullable",     "$ref",     "",         "type",          "metadata"};
constexpr std::array<std::string_view, 9> kOutputOrder = {
    "nullable", "$ref", "items", "copy", "type", "condition", "value", "", "metadata"};
constexpr std::array<std::string_view, 21> kResourceOrder = {
    "type",      "apiVersion",    "name",      "existing",   "location",
    "dependsOn", "tags",          "plan",      "sku",        "kind",
    "identity",  "zones",         "comments",  "properties", "subscriptionId",
    "scope",     "resourceGroup", "condition", "copy",       "",
    "metadata"};

JsonObject ordered(const JsonObject& object, Order order) {
  JsonObject out;
  for (const std::string_view name : order) {
    if (!name.empty()) {
      if (const Json* member = object.if_contains(name)) out[name] = *member;
      continue;
    }
    for (const auto& [key, member] : object) {
      if (std::ranges::find(order, std::string_view(key)) == order.end()) out[key] = member;
    }
  }
  return out;
}

void order_members(JsonObject& document, std::string_view section, Order order) {
  Json* found = document.if_contains(section);
  if (found == nullptr) return;
  if (auto* object = found->if_object()) {
    for (auto& [key, member] : *object) {
      if (member.is_object()) member = ordered(member.get_object(), order);
    }
  } else if (auto* array = found->if_array()) {
    for (Json& member : *array) {
      if (member.is_object()) member = ordered(member.get_object(), order);
    }
  }
}

}  // namespace

std::string unique_string(const std::vector<std::string>& arguments) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::uint64_t value = hash64(join(arguments, "-"));
  std::string out;
  for (int i = 0; i < 13; ++i, value <<= 5) out += kAlphabet[value >> 59];
  return out;
}

std::string minified_template(const Json& document) {
  if (!document.is_object()) return upper_invariant(json_text(document));
  JsonObject copy = ordered(document.get_object(), kTemplateOrder);
  order_members(copy, "parameters", kParameterOrder);
  order_members(copy, "outputs", kOutputOrder);
  order_members(copy, "resources", kResourceOrder);
  return upper_invariant(json_text(Json(std::move(copy))));
}

// The hash a compiler wrote into the document is no part of what it is the hash of.
std::string template_hash(const Json& document) {
  Json copy = document;
  Json* metadata = copy.is_object() ? copy.get_object().if_contains("metadata") : nullptr;
  Json* generator = metadata && metadata->is_object()
                        ? metadata->get_object().if_contains("_generator")
                        : nullptr;
  if (generator && generator->is_object()) generator->get_object().erase("templateHash");
  return std::to_string(hash64(minified_template(copy)));
}

}  // namespace armature::sandbox::tmpl
