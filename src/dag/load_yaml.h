#pragma once
// YAML text as a tree with positions: scalars typed by YAML 1.2's core schema (yes and no are
// strings), anchors and merge keys resolved within bounds, duplicate keys reported. Private to
// load.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "dag/dag.h"
#include "dag/load.h"

namespace armature::dag {

struct YamlNode {
  enum class Kind { kScalar, kList, kMap };
  struct Entry;

  Kind kind = Kind::kScalar;
  Json scalar;  // null, bool, number or string
  std::vector<YamlNode> items;
  std::vector<Entry> entries;  // in order, merged ones last
  Position at;

  bool is_map() const { return kind == Kind::kMap; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_string() const { return kind == Kind::kScalar && scalar.is_string(); }
  bool is_null() const { return kind == Kind::kScalar && scalar.is_null(); }
  std::string_view text() const { return as_text(scalar); }
  const Entry* find(std::string_view key) const;
};
struct YamlNode::Entry {
  std::string key;
  Position at;
  YamlNode value;
};

struct DocumentText {
  std::string text;
  int first_line = 1;
};
// A line that starts with "---" begins a document wherever it stands, so broken documents do not
// spoil the ones after them. Documents without content are left out.
std::vector<DocumentText> split_documents(std::string_view text);

// Nothing when the text has no tree; why is in `out`. Errors that leave a tree are in `out` too.
std::optional<YamlNode> read_yaml(const DocumentText& document, const std::string& file,
                                  std::vector<Diagnostic>& out);

Json to_json(const YamlNode& node);
std::string describe(const YamlNode& node);  // "a string", "a mapping": for messages

}  // namespace armature::dag
