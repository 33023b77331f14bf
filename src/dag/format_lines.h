#pragma once
// A document's lines as its formatter sees them: which begin something, and which belong to what
// began above. Private to format.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace armature::dag {

struct SourceLine {
  enum class Kind {
    kBlank,
    kComment,
    kContent,  // begins a key, an item or a value
    kHeld,     // of a scalar or flow collection that began above: only its indent may change
  };
  Kind kind = Kind::kBlank;
  std::string text;  // without indent; of kHeld and kContent with what stands at the line's end
  std::size_t indent = 0;  // blanks before it
  int number = 0;          // in the file
};

std::vector<SourceLine> source_lines(std::string_view document, int first_line);

bool is_item(std::string_view text);  // "- a", "-"
// The key that the text begins with, as written, and where its value begins; nothing: no key.
struct KeyText {
  std::string key;  // without quotes
  std::size_t value = 0;
};
std::optional<KeyText> key_of(std::string_view text);
// The text says what its value is; else the value is null or stands below.
bool has_value(std::string_view text);

}  // namespace armature::dag
