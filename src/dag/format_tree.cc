#include "dag/format_tree.h"

#include <algorithm>

#include "base/bytes.h"

namespace armature::dag {
namespace {

using Kind = SourceLine::Kind;

class TreeReader {
 public:
  explicit TreeReader(std::vector<SourceLine> lines) : lines_(std::move(lines)) {}

  std::variant<TextDocument, TreeError> read() {
    TextDocument out;
    const std::size_t first = next_content();
    if (first == lines_.size()) return lines_.empty() ? 1 : lines_.back().number;
    out.header = take_lead(first);
    out.root = read_block(lines_[first].indent, lines_[first].indent, 0);
    if (!bad_ && next_content() != lines_.size()) bad_ = lines_[next_content()].number;
    if (bad_) return *bad_;
    for (const std::string& line : take_lead(lines_.size())) out.root.tail.push_back(line);
    return out;
  }

 private:
  static constexpr int kMaxDepth = 64;

  // The next line that begins something; the comments before it stay where they are.
  std::size_t next_content() const {
    std::size_t at = at_;
    while (at < lines_.size() && lines_[at].kind != Kind::kContent) ++at;
    return at;
  }

  std::vector<std::string> take_lead(std::size_t until) {
    std::vector<std::string> out;
    for (; at_ < until; ++at_) {
      if (lines_[at_].kind == Kind::kHeld) bad_ = lines_[at_].number;
      out.push_back(lines_[at_].kind == Kind::kBlank ? "" : std::string(trim(lines_[at_].text)));
    }
    return out;
  }

  // Comments after the last entry that are indented as what belongs to it.
  std::vector<std::string> take_tail(std::size_t least_indent) {
    std::size_t end = at_;
    for (std::size_t at = at_; at < next_content(); ++at) {
      if (lines_[at].kind == Kind::kBlank) continue;
      if (lines_[at].indent < least_indent) break;
      end = at + 1;
    }
    return take_lead(end);
  }

  TextBlock read_block(std::size_t column, std::size_t tail_column, int depth) {
    TextBlock out;
    out.is_list = is_item(lines_[next_content()].text);
    while (!bad_) {
      const std::size_t next = next_content();
      if (next == lines_.size() || lines_[next].indent < column) break;
      SourceLine& line = lines_[next];
      const bool fits = line.indent == column && is_item(line.text) == out.is_list;
      if (!fits && line.indent == column && !is_item(line.text))
        break;  // a list as far out as its key
      if (!fits || depth > kMaxDepth) {
        bad_ = line.number;
        break;
      }
      TextEntry entry;
      entry.lead = take_lead(next);
      if (out.is_list) {
        read_item(entry, depth);
      } else {
        read_member(entry, depth);
      }
      out.entries.push_back(std::move(entry));
    }
    if (!bad_) out.tail = take_tail(tail_column);
    return out;
  }

  void read_item(TextEntry& entry, int depth) {
    SourceLine& line = lines_[at_];
    const std::size_t inside = line.text.find_first_not_of(' ', 1);
    entry.text = inside == std::string::npos ? "" : line.text.substr(inside);
    entry.column = line.indent + (inside == std::string::npos ? 2 : inside);
    if (is_item(entry.text) || key_of(entry.text)) {
      line.text = entry.text;
      line.indent = entry.column;
      entry.text.clear();
      entry.child_beside = true;
      entry.child = std::make_unique<TextBlock>(read_block(line.indent, line.indent, depth + 1));
      return;
    }
    const std::size_t dash = line.indent;
    ++at_;
    take_held(entry);
    const std::size_t next = next_content();
    if (has_value(entry.text) || next == lines_.size() || lines_[next].indent <= dash) return;
    entry.child = std::make_unique<TextBlock>(
        read_block(lines_[next].indent, lines_[next].indent, depth + 1));
  }

  void read_member(TextEntry& entry, int depth) {
    const SourceLine& line = lines_[at_];
    const auto key = key_of(line.text);
    if (!key) {
      bad_ = line.number;
      return;
    }
    entry.key = key->key;
    entry.text = line.text;
    entry.column = line.indent;
    const bool valued = has_value(std::string_view(line.text).substr(key->value));
    const std::size_t column = line.indent;
    ++at_;
    take_held(entry);
    const std::size_t next = next_content();
    if (valued || next == lines_.size()) return;
    const SourceLine& below = lines_[next];
    const bool flat = below.indent == column && is_item(below.text);
    if (below.indent <= column && !flat) return;
    entry.child = std::make_unique<TextBlock>(
        read_block(below.indent, below.indent + (flat ? 1 : 0), depth + 1));
  }

  void take_held(TextEntry& entry) {
    for (; at_ < lines_.size() && lines_[at_].kind == Kind::kHeld; ++at_) {
      entry.held.push_back(lines_[at_]);
    }
  }

  std::vector<SourceLine> lines_;
  std::size_t at_ = 0;
  std::optional<int> bad_;
};

class TreeWriter {
 public:
  std::vector<std::string> write(const TextDocument& document) {
    comments(document.header, 0);
    block(document.root, 0);
    while (!out_.empty() && out_.back().empty()) out_.pop_back();
    return std::move(out_);
  }

 private:
  void line(std::size_t column, std::string_view text) {
    std::string whole = std::string(column, ' ') + std::string(text);
    whole.erase(whole.find_last_not_of(" \t") + 1);
    out_.push_back(std::move(whole));
    fresh_ = false;
  }
  // Several empty lines become one, and none stands at the beginning of anything.
  void comments(const std::vector<std::string>& lines, std::size_t column) {
    for (const std::string& one : lines) {
      if (!one.empty()) {
        line(column, one);
      } else if (!out_.empty() && !out_.back().empty() && !fresh_) {
        out_.emplace_back();
      }
    }
  }

  // `beside`: in the line of an item, which has written what stands before the first key.
  void block(const TextBlock& from, std::size_t column, bool beside = false) {
    for (const TextEntry& entry : from.entries) {
      if (!beside || &entry != &from.entries.front()) comments(entry.lead, column);
      if (from.is_list) {
        item(entry, column);
      } else {
        text_line(entry, column, "");
        below(entry, column + 2);
      }
    }
    comments(from.tail, column);
  }

  void item(const TextEntry& entry, std::size_t column) {
    if (!entry.child_beside) {
      text_line(entry, column + 2, "- ");
      below(entry, column + 2);
      return;
    }
    // Comments before what is now the first key stand before the item.
    for (const std::string& one : entry.child->entries.front().lead) {
      if (!one.empty()) line(column, one);
    }
    const std::size_t begin = out_.size();
    block(*entry.child, column + 2, true);
    out_[begin].replace(column, 1, "-");
  }

  // `column` is where the text stands; a dash comes two before it.
  void text_line(const TextEntry& entry, std::size_t column, std::string_view dash) {
    line(column - dash.size(), std::string(dash) + entry.text);
    for (const SourceLine& one : entry.held) {
      const std::size_t moved = one.indent + column;
      const std::size_t indent = moved > entry.column ? moved - entry.column : 0;
      out_.push_back(one.indent == 0 && one.text.empty() ? ""
                                                         : std::string(indent, ' ') + one.text);
    }
  }

  void below(const TextEntry& entry, std::size_t column) {
    if (!entry.child) return;
    fresh_ = true;
    block(*entry.child, column);
  }

  std::vector<std::string> out_;
  bool fresh_ = false;  // a block begins here
};

std::size_t rank_of(const TextShape& shape, const std::string& key) {
  auto at = std::ranges::find(shape.keys, key);
  if (at == shape.keys.end()) at = std::ranges::find(shape.keys, "*");
  return static_cast<std::size_t>(at - shape.keys.begin());
}

}  // namespace

std::variant<TextDocument, TreeError> read_tree(std::vector<SourceLine> lines) {
  return TreeReader(std::move(lines)).read();
}

std::vector<std::string> write_tree(const TextDocument& document) {
  return TreeWriter().write(document);
}

void put_in_order(TextBlock& block, const TextShape* shape) {
  if (shape == nullptr) return;
  if (!block.is_list) {
    std::ranges::stable_sort(block.entries, {},
                             [&](const TextEntry& entry) { return rank_of(*shape, entry.key); });
  }
  for (TextEntry& entry : block.entries) {
    if (!entry.child) continue;
    // A list has no shape of its own: its items have it.
    const std::string* below = block.is_list ? nullptr : shape_below(shape, entry.key);
    put_in_order(*entry.child, block.is_list ? shape : below ? shape_of(*below) : nullptr);
  }
}

}  // namespace armature::dag
