#include "dag/load_yaml.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "base/bytes.h"

namespace armature::dag {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxNodes = 150'000;  // after aliases: a small file must not grow without end

bool only(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}
constexpr std::string_view kDigits = "0123456789";

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_float(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view exponent = text.substr(e + 1);
    if (exponent.starts_with('-') || exponent.starts_with('+')) exponent.remove_prefix(1);
    if (!only(exponent, kDigits)) return false;
    text = text.substr(0, e);
  }
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return only(text, kDigits);
  const std::string_view before = text.substr(0, dot), after = text.substr(dot + 1);
  if (before.empty()) return only(after, kDigits);
  return only(before, kDigits) && (after.empty() || only(after, kDigits));
}

std::optional<Json> read_number(std::string_view text) {
  int base = 10;
  std::string_view digits = text;
  if (text.starts_with("0o") || text.starts_with("0x")) {
    base = text[1] == 'o' ? 8 : 16;
    digits.remove_prefix(2);
  } else if (!is_float(text)) {
    return std::nullopt;
  }
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const char* end = digits.data() + digits.size();
  std::int64_t whole = 0;
  if (const auto r = std::from_chars(digits.data(), end, whole, base);
      r.ec == std::errc() && r.ptr == end) {
    return Json(whole);
  }
  if (base != 10) return std::nullopt;
  std::string plain(digits);  // from_chars wants a digit before the point
  if (const auto dot = plain.find('.'); dot == 0 || (dot == 1 && plain[0] == '-')) {
    plain.insert(dot, "0");
  }
  double real = 0;
  const auto r = std::from_chars(plain.data(), plain.data() + plain.size(), real);
  if (r.ec != std::errc()) return std::nullopt;
  return Json(real);
}

Json core_schema(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return Json(nullptr);
  }
  if (text == "true" || text == "True" || text == "TRUE") return Json(true);
  if (text == "false" || text == "False" || text == "FALSE") return Json(false);
  if (const auto number = read_number(text)) return *number;
  return Json(text);
}

class Builder {
 public:
  Builder(int first_line, const std::string& file, std::vector<Diagnostic>& out)
      : first_line_(first_line), file_(file), out_(out) {}

  std::optional<YamlNode> build(const YAML::Node& from, const std::string& path, int depth) {
    YamlNode node;
    node.at = position(from.Mark());
    if (depth > kMaxDepth) return stop(node.at, path, "too_deep", "nested more than 64 deep");
    if (++nodes_ > kMaxNodes) {
      return stop(node.at, path, "too_large", "the aliases of this document make it too large");
    }
    if (from.IsSequence()) {
      node.kind = YamlNode::Kind::kList;
      for (const auto& item : from) {
        auto built = build(item, path + "[" + std::to_string(node.items.size()) + "]", depth + 1);
        if (!built) return std::nullopt;
        node.items.push_back(*std::move(built));
      }
      return node;
    }
    if (from.IsMap()) return map(from, path, depth, std::move(node));
    return scalar(from, path, std::move(node));
  }

  void report(Position at, const std::string& path, const std::string& code,
              const std::string& message, const std::string& suggestion = {}) {
    Diagnostic diagnostic;
    diagnostic.file = file_;
    diagnostic.line = at.line;
    diagnostic.column = at.column;
    diagnostic.path = path;
    diagnostic.code = code;
    diagnostic.message = message;
    diagnostic.suggestion = suggestion;
    out_.push_back(std::move(diagnostic));
  }
  Position position(const YAML::Mark& mark) const {
    if (mark.line < 0) return {first_line_, 1};
    return {first_line_ + mark.line, mark.column + 1};
  }

 private:
  std::nullopt_t stop(Position at, const std::string& path, const std::string& code,
                      const std::string& message) {
    report(at, path, code, message);
    return std::nullopt;
  }

  std::optional<YamlNode> scalar(const YAML::Node& from, const std::string& path, YamlNode node) {
    if (from.IsNull()) return node;
    const std::string& tag = from.Tag();
    const std::string& text = from.Scalar();
    constexpr std::string_view kStandard = "tag:yaml.org,2002:";
    if (tag == "!" || tag == std::string(kStandard) + "str") {
      node.scalar = Json(text);
    } else if (tag.empty() || tag == "?" || tag.starts_with(kStandard)) {
      node.scalar = core_schema(text);
      if (node.scalar.is_double() && !std::isfinite(node.scalar.get_double())) {
        node.scalar = Json(text);
      }
    } else {
      report(node.at, path, "unknown_tag", "the tag " + tag + " means nothing here");
      node.scalar = Json(text);
    }
    return node;
  }

  std::optional<YamlNode> map(const YAML::Node& from, const std::string& path, int depth,
                              YamlNode node) {
    node.kind = YamlNode::Kind::kMap;
    std::vector<YAML::Node> merges;
    std::unordered_map<std::string, int> lines;
    for (const auto& pair : from) {
      const Position at = position(pair.first.Mark());
      if (!pair.first.IsScalar()) {
        report(at, path, "wrong_type", "a key must be a plain word or string");
        continue;
      }
      const std::string key = pair.first.Scalar();
      if (key == "<<" && pair.first.Tag() != "!") {
        merges.push_back(pair.second);
        continue;
      }
      const std::string below = path.empty() ? key : path + "." + key;
      if (const auto [first, fresh] = lines.emplace(key, at.line); !fresh) {
        report(at, below, "duplicate_key",
               "the key '" + key + "' is already at line " + std::to_string(first->second));
        continue;
      }
      auto value = build(pair.second, below, depth + 1);
      if (!value) return std::nullopt;
      node.entries.push_back({key, at, *std::move(value)});
    }
    for (const auto& merge : merges) {
      if (!add_merged(merge, path, depth, lines, node)) return std::nullopt;
    }
    return node;
  }

  bool add_merged(const YAML::Node& from, const std::string& path, int depth,
                  std::unordered_map<std::string, int>& lines, YamlNode& into) {
    auto source = build(from, path + ".<<", depth + 1);
    if (!source) return false;
    const std::vector<YamlNode> one = {*source};
    for (const YamlNode& map : source->is_list() ? source->items : one) {
      if (!map.is_map()) {
        report(map.at, path, "wrong_type", "'<<' takes a mapping or a list of mappings");
        return true;
      }
      for (const auto& entry : map.entries) {
        if (lines.emplace(entry.key, entry.at.line).second) into.entries.push_back(entry);
      }
    }
    return true;
  }

  int first_line_;
  const std::string& file_;
  std::vector<Diagnostic>& out_;
  std::size_t nodes_ = 0;
};

// What the parser's terse words do not say.
std::string syntax_hint(const DocumentText& document, const YAML::Exception& error) {
  if (error.msg == "unknown token") return "text that begins with @, ` or % needs quotes";
  const auto lines = split(document.text, '\n');
  const auto line = static_cast<std::size_t>(std::max(error.mark.line, 0));
  const bool tab =
      line < lines.size() &&
      lines[line].substr(0, lines[line].find_first_not_of(" \t")).find('\t') != std::string::npos;
  if (tab) return "indent by blanks, not by tabs";
  if (error.msg == "end of sequence flow not found") return "a [ further up is not closed";
  if (error.msg == "end of map flow not found") return "a { further up is not closed";
  if (error.msg == "illegal map value") return "text that holds ': ' needs quotes";
  return "";
}

bool has_content(std::string_view text) {
  for (const std::string& line : split(text, '\n')) {
    std::string_view rest = trim(line);
    if (rest.starts_with("---")) rest = trim(rest.substr(3));
    if (!rest.empty() && rest[0] != '#' && rest[0] != '%' && rest != "...") return true;
  }
  return false;
}

}  // namespace

const YamlNode::Entry* YamlNode::find(std::string_view key) const {
  const auto it = std::ranges::find(entries, key, &Entry::key);
  return it == entries.end() ? nullptr : &*it;
}

std::vector<DocumentText> split_documents(std::string_view text) {
  std::vector<DocumentText> out(1);
  int line = 1;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view whole = text.substr(0, end == std::string_view::npos ? end : end + 1);
    const bool marker =
        whole.starts_with("---") &&
        (whole.size() == 3 || std::string_view(" \t\r\n").find(whole[3]) != std::string_view::npos);
    if (marker && has_content(out.back().text)) out.emplace_back();
    if (marker && !has_content(out.back().text)) out.back() = {"", line};
    out.back().text += whole;
    text.remove_prefix(whole.size());
    ++line;
  }
  std::erase_if(out, [](const DocumentText& one) { return !has_content(one.text); });
  return out;
}

std::optional<YamlNode> read_yaml(const DocumentText& document, const std::string& file,
                                  std::vector<Diagnostic>& out) {
  Builder builder(document.first_line, file, out);
  try {
    return builder.build(YAML::Load(document.text), "", 0);
  } catch (const YAML::DeepRecursion& error) {
    builder.report(builder.position(error.mark), "", "too_deep", "nested more than 64 deep");
  } catch (const YAML::Exception& error) {
    builder.report(builder.position(error.mark), "", "yaml_syntax", error.msg,
                   syntax_hint(document, error));
  } catch (const std::exception& error) {
    builder.report({document.first_line, 1}, "", "yaml_syntax", error.what());
  }
  return std::nullopt;
}

Json to_json(const YamlNode& node) {
  if (node.is_list()) {
    JsonArray out;
    for (const YamlNode& item : node.items) out.push_back(to_json(item));
    return Json(std::move(out));
  }
  if (node.is_map()) {
    JsonObject out;
    for (const auto& entry : node.entries) out.insert_or_assign(entry.key, to_json(entry.value));
    return Json(std::move(out));
  }
  return node.scalar;
}

std::string describe(const YamlNode& node) {
  if (node.is_map()) return "a mapping";
  if (node.is_list()) return "a list";
  if (node.scalar.is_null()) return "nothing";
  if (node.scalar.is_bool()) return "a boolean";
  if (node.scalar.is_string()) return "a string";
  return node.scalar.is_double() ? "a number" : "an integer";
}

}  // namespace armature::dag
