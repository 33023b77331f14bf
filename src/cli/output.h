#pragma once
// What the verbs print: a list of objects as a table, JSON or YAML. Pure.
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace armature::cli {

struct Column {
  std::string title;
  std::string path;  // dotted: "data_interval.start"
};

// One object a row; null and absent print as "-". Columns as wide as their widest cell, no borders.
std::string to_table(const JsonArray& rows, const std::vector<Column>& columns);
// "name: value" a line, for one object.
std::string to_fields(const Json& object, const std::vector<Column>& columns);
std::string to_yaml(const Json& value);
// A cell: strings as they are, fractions with two digits, the rest as compact JSON; line breaks as
// blanks.
std::string cell(const Json* value);

}  // namespace armature::cli
