#include "dag/load_reader.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/time.h"

namespace armature::dag {

Diagnostic& Report::error(Position at, const std::string& path, const std::string& code,
                          const std::string& message, const std::string& suggestion) {
  for (Diagnostic& known : all_) {
    if (known.line == at.line && known.column == at.column && known.code == code &&
        known.message == message) {
      return known;
    }
  }
  if (full()) return beyond_ = Diagnostic();
  Diagnostic out;
  out.file = file_;
  out.line = at.line;
  out.column = at.column;
  out.path = path;
  out.code = code;
  out.message = message;
  out.suggestion = suggestion;
  return all_.emplace_back(std::move(out));
}

void Report::warning(Position at, const std::string& path, const std::string& code,
                     const std::string& message, const std::string& suggestion) {
  error(at, path, code, message, suggestion).warning = true;
}

void Report::wrong_type(const YamlNode& node, const std::string& path,
                        const std::string& expected) {
  error(node.at, path, "wrong_type", "expected " + expected + ", found " + describe(node),
        advice_for_value(node, expected))
      .expected = expected;
}

bool Report::failed() const {
  return std::ranges::any_of(all_, [](const Diagnostic& one) { return !one.warning; });
}

Fields::Fields(const YamlNode& map, std::string path, std::vector<Defaults> defaults,
               Report& report)
    : Fields(map, std::move(path), report) {
  defaults_ = std::move(defaults);
}

std::string Fields::path_of(const std::string& key) const {
  const std::string* before = &path_;
  if (map_.find(key) == nullptr) {
    const auto other = std::ranges::find_if(
        defaults_, [&](const Defaults& one) { return one.map->find(key) != nullptr; });
    if (other != defaults_.end()) before = &other->path;
  }
  return before->empty() ? key : *before + "." + key;
}

const YamlNode* Fields::find(const std::string& key, bool take) {
  if (take) asked_.push_back(key);
  for (std::size_t i = 0; i < map_.entries.size(); ++i) {
    if (map_.entries[i].key != key) continue;
    if (take) taken_[i] = true;
    return &map_.entries[i].value;
  }
  for (const Defaults& other : defaults_) {
    if (const auto* entry = other.map->find(key)) return &entry->value;
  }
  return nullptr;
}
const YamlNode* Fields::take(const std::string& key) { return find(key, true); }

const YamlNode* Fields::require(const std::string& key) {
  const YamlNode* node = take(key);
  if (node == nullptr) {
    report_.error(map_.at, path_of(key), "missing_key", "'" + key + "' is missing");
  }
  return node;
}

std::optional<std::string> Fields::text(const std::string& key) {
  const YamlNode* node = take(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_string()) return std::string(node->text());
  report_.wrong_type(*node, path_of(key), "a string");
  return std::nullopt;
}

std::optional<bool> Fields::flag(const std::string& key) {
  const YamlNode* node = take(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind == YamlNode::Kind::kScalar && node->scalar.is_bool()) {
    return node->scalar.get_bool();
  }
  report_.wrong_type(*node, path_of(key), "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(const std::string& key, std::int64_t least) {
  const YamlNode* node = take(key);
  if (node == nullptr) return std::nullopt;
  constexpr std::int64_t kMost = 1'000'000'000;
  if (node->kind != YamlNode::Kind::kScalar || !node->scalar.is_int64()) {
    report_.wrong_type(*node, path_of(key), "an integer");
    return std::nullopt;
  }
  const std::int64_t value = node->scalar.get_int64();
  if (value >= least && value <= kMost) return value;
  report_.error(node->at, path_of(key), "invalid_value",
                "'" + key + "' must be at least " + std::to_string(least) + " and at most " +
                    std::to_string(kMost));
  return std::nullopt;
}

std::optional<double> Fields::number(const std::string& key, double least) {
  const YamlNode* node = take(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != YamlNode::Kind::kScalar || !node->scalar.is_number()) {
    report_.wrong_type(*node, path_of(key), "a number");
    return std::nullopt;
  }
  const double value = node->scalar.to_number<double>();
  if (value >= least && value <= 1e9) return value;
  report_.error(node->at, path_of(key), "invalid_value", "'" + key + "' is out of range");
  return std::nullopt;
}

void Fields::invalid(const YamlNode& node, const std::string& key, const Error& error) {
  report_.error(node.at, path_of(key), "invalid_value", error.message);
}

std::optional<Micros> Fields::duration(const std::string& key) {
  const YamlNode* node = take(key);
  if (node == nullptr) return std::nullopt;
  const bool number = node->kind == YamlNode::Kind::kScalar && node->scalar.is_number();
  if (!number && !node->is_string()) {
    report_.wrong_type(*node, path_of(key), "a duration such as 30s, 5m or 1h30m");
    return std::nullopt;
  }
  const auto length = parse_duration(number ? dump(node->scalar) : std::string(node->text()));
  if (length) return *length;
  invalid(*node, key, length.error());
  return std::nullopt;
}

std::optional<Instant> Fields::instant(const std::string& key) {
  const YamlNode* node = take(key);
  if (node == nullptr || node->is_null()) return std::nullopt;
  if (!node->is_string()) {
    report_.wrong_type(*node, path_of(key), "a date such as 2026-11-24 or 2026-11-24T08:30:00Z");
    return std::nullopt;
  }
  const auto at = from_rfc3339(node->text());
  if (at) return *at;
  invalid(*node, key, at.error());
  return std::nullopt;
}

std::vector<std::string> Fields::texts(const std::string& key) {
  std::vector<std::string> out;
  const YamlNode* node = take(key);
  if (node == nullptr) return out;
  if (!node->is_list()) {
    report_.wrong_type(*node, path_of(key), "a list of strings");
    return out;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const YamlNode& item = node->items[i];
    if (item.is_string()) {
      out.emplace_back(item.text());
    } else {
      report_.wrong_type(item, path_of(key) + "[" + std::to_string(i) + "]", "a string");
    }
  }
  return out;
}

const YamlNode* Fields::map(const std::string& key) {
  const YamlNode* node = take(key);
  if (node == nullptr || node->is_map()) return node;
  report_.wrong_type(*node, path_of(key), "a mapping");
  return nullptr;
}

void Fields::refuse(const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < map_.entries.size(); ++i) {
    const auto& entry = map_.entries[i];
    if (taken_[i] || std::ranges::find(names, entry.key) == names.end()) continue;
    taken_[i] = true;
    report_.error(entry.at, path_of(entry.key), "unsupported_field",
                  "'" + entry.key + "' is part of the format, but this version does not run it",
                  "remove it: a field that does nothing would mislead");
  }
}

void Fields::misplaced(const std::vector<std::string>& names, const std::string& where) {
  for (std::size_t i = 0; i < map_.entries.size(); ++i) {
    const auto& entry = map_.entries[i];
    if (taken_[i] || std::ranges::find(names, entry.key) == names.end()) continue;
    taken_[i] = true;
    report_.error(entry.at, path_of(entry.key), "unknown_key",
                  "'" + entry.key + "' is not a key that is known here", where);
  }
}

void Fields::finish(const std::vector<std::string>& also_known) {
  if (std::ranges::find(taken_, false) == taken_.end()) return;
  std::vector<std::string> known;
  for (const std::string& key : asked_) {
    if (std::ranges::find(known, key) == known.end()) known.push_back(key);
  }
  const std::string expected = join(known, ", ");
  known.insert(known.end(), also_known.begin(), also_known.end());
  for (std::size_t i = 0; i < map_.entries.size(); ++i) {
    const auto& entry = map_.entries[i];
    if (taken_[i]) continue;
    if (report_.full()) return;
    report_
        .error(entry.at, path_of(entry.key), "unknown_key",
               "'" + entry.key + "' is not a key that is known here",
               advice_for_key(entry.key, known))
        .expected = expected;
  }
}

}  // namespace armature::dag
