#pragma once
// The filters' tables: one row a filter, signature as Bound reads it. Private to the renderer.
#include <span>
#include <string_view>

#include "dag/jinja_machine.h"

namespace armature::dag {

struct FilterRow {
  std::string_view name;
  std::string_view signature;  // "*": the filter reads its arguments itself
  Result<Value> (*apply)(Machine&, const Value& subject, const Bound& args);
  bool takes_undefined = false;
};
std::span<const FilterRow> text_filters();
std::span<const FilterRow> list_filters();

// json.dumps with sorted keys, safe inside HTML and single quotes, as Jinja's tojson.
void write_json(const Json& value, int indent, int depth, std::string& out);
std::string url_quoted(std::string_view text, bool in_query);

}  // namespace armature::dag
