#include "cli/output.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace armature::cli {
namespace {

// Plain when YAML reads it back as the same string, else JSON's double quotes, which YAML knows
// too.
std::string yaml_scalar(const Json& value) {
  if (!value.is_string()) return dump(value);
  const std::string text(as_text(value));
  constexpr std::string_view kSafe =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/.-";
  const std::string lower = to_lower(text);
  const bool word = lower == "true" || lower == "false" || lower == "null" || lower == "yes" ||
                    lower == "no" || lower == "on" || lower == "off";
  const bool plain = !text.empty() && !word && text.find_first_not_of(kSafe) == std::string::npos &&
                     (std::isalpha(static_cast<unsigned char>(text[0])) != 0 || text[0] == '/');
  return plain ? text : dump(value);
}

void write_yaml(const Json& value, std::size_t depth, bool in_list, std::string& out) {
  const std::string indent(depth * 2, ' ');
  if (const auto* object = value.if_object(); object && !object->empty()) {
    bool first = in_list;
    for (const auto& [key, member] : *object) {
      if (!std::exchange(first, false)) out += indent;
      out += yaml_scalar(Json(key)) + ":";
      const bool nested = (member.is_object() && !member.get_object().empty()) ||
                          (member.is_array() && !member.get_array().empty());
      out += nested ? "\n" : " " + yaml_scalar(member) + "\n";
      if (nested) write_yaml(member, depth + 1, false, out);
    }
  } else if (const auto* array = value.if_array(); array && !array->empty()) {
    for (const Json& element : *array) {
      out += indent + "- ";
      write_yaml(element, depth + 1, true, out);
    }
  } else {
    out += (in_list ? "" : indent) + yaml_scalar(value) + "\n";
  }
}

}  // namespace

std::string cell(const Json* value) {
  if (!value || value->is_null()) return "-";
  if (value->is_double()) return fmt::format("{:.2f}", value->get_double());
  std::string text = value->is_string() ? std::string(as_text(*value)) : dump(*value);
  std::ranges::replace(text, '\n', ' ');
  return text.empty() ? "-" : text;
}

std::string to_table(const JsonArray& rows, const std::vector<Column>& columns) {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns) lines[0].push_back(column.title);
  for (const Json& row : rows) {
    std::vector<std::string> line;
    for (const Column& column : columns) line.push_back(cell(at(row, column.path)));
    lines.push_back(std::move(line));
  }
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string out;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      out += line[i];
      if (i + 1 < line.size()) out += std::string(widths[i] - line[i].size() + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string to_fields(const Json& object, const std::vector<Column>& columns) {
  std::size_t width = 0;
  for (const Column& column : columns) width = std::max(width, column.title.size());
  std::string out;
  for (const Column& column : columns) {
    out += column.title + ":" + std::string(width - column.title.size() + 1, ' ') +
           cell(at(object, column.path)) + "\n";
  }
  return out;
}

std::string to_yaml(const Json& value) {
  std::string out;
  write_yaml(value, 0, false, out);
  return out;
}

}  // namespace armature::cli
