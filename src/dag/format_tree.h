#pragma once
// A document's lines as a tree of mappings and lists that can be put in order and written again.
// Private to format.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dag/format_lines.h"

namespace armature::dag {

struct TextBlock;

// A key or an item, with all that belongs to it.
struct TextEntry {
  std::vector<std::string> lead;  // comments before it; "": an empty line
  std::string key;                // of a mapping
  std::string text;               // from its key, or behind its dash, to the line's end
  std::size_t column = 0;         // where the text stood
  std::vector<SourceLine> held;   // further lines of its value
  std::unique_ptr<TextBlock> child;
  bool child_beside = false;  // "- key: value": the item's mapping begins in the item's own line
};

struct TextBlock {
  bool is_list = false;
  std::vector<TextEntry> entries;
  std::vector<std::string> tail;  // comments after the last entry
};

struct TextDocument {
  std::vector<std::string> header;  // comments before the first key
  TextBlock root;
};

// Errors: the number of a line that fits nowhere.
using TreeError = int;
std::variant<TextDocument, TreeError> read_tree(std::vector<SourceLine> lines);
std::vector<std::string> write_tree(const TextDocument& document);

// What stands where in canonical order. Keys that are not named stand where "*" is, in their own
// order; a mapping without a shape keeps its order.
struct TextShape {
  std::vector<std::string> keys;
  std::vector<std::pair<std::string, std::string>> below;  // key → name of the shape of its value
};
const TextShape* shape_of(const std::string& name);  // "dag", "task", …; unknown: nullptr
const std::string* shape_below(const TextShape* shape, const std::string& key);
void put_in_order(TextBlock& block, const TextShape* shape);

}  // namespace armature::dag
