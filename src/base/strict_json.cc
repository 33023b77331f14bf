#include "base/strict_json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"

namespace armature {
namespace {

namespace bj = boost::json;
using boost::system::error_code;

void fold_letter(std::string& key, std::string_view letter, char plain) {
  for (auto at = key.find(letter); at != std::string::npos; at = key.find(letter, at)) {
    key.replace(at, letter.size(), 1, plain);
  }
}

std::string folded(std::string key) {
  key = to_lower(key);
  if (key.find_first_of("\xC4\xC5\xE2") == std::string::npos) return key;
  fold_letter(key, "\xC4\xB0", 'i');
  fold_letter(key, "\xC4\xB1", 'i');
  fold_letter(key, "\xC5\xBF", 's');
  fold_letter(key, "\xE2\x84\xAA", 'k');
  return key;
}

// Follows a text and stops at the second of two keys alike.
struct Keys {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;
  using View = bj::string_view;

  std::vector<std::unordered_set<std::string>> open;
  std::string key;
  std::optional<std::string> twice;

  bool on_object_begin(error_code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    open.pop_back();
    return true;
  }
  bool on_key_part(View part, std::size_t, error_code&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(View part, std::size_t, error_code& error) {
    key.append(part.data(), part.size());
    std::string name = std::exchange(key, {});
    if (open.back().insert(folded(name)).second) return true;
    twice = std::move(name);
    error = bj::make_error_code(bj::error::exception);
    return false;
  }
  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_string_part(View, std::size_t, error_code&) { return true; }
  bool on_string(View, std::size_t, error_code&) { return true; }
  bool on_number_part(View, error_code&) { return true; }
  bool on_int64(std::int64_t, View, error_code&) { return true; }
  bool on_uint64(std::uint64_t, View, error_code&) { return true; }
  bool on_double(double, View, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(View, error_code&) { return true; }
  bool on_comment(View, error_code&) { return true; }
};

}  // namespace

Result<Json> parse_strict_json(std::string_view text, std::size_t max_depth) {
  ARMATURE_TRY(Json value, parse_json(text, max_depth));
  bj::parse_options options;
  options.max_depth = max_depth;
  bj::basic_parser<Keys> parser(options);
  error_code error;
  parser.write_some(false, text.data(), text.size(), error);
  const auto& twice = parser.handler().twice;
  if (!twice) return value;
  return fail(Code::kInvalid, "an object has the key '" + twice->substr(0, 64) +
                                  "' twice, upper and lower case and escapes aside");
}

}  // namespace armature
