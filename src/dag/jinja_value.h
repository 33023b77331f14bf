#pragma once
// Value: what an expression yields, a JSON value or "undefined", with Python's meaning of truth,
// text, equality, order and arithmetic. Pure.
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace armature::dag {

// Either owns its JSON or looks at one that outlives the rendering (context, a loop's list).
class Value {
 public:
  Value() = default;
  explicit Value(Json own) : own_(std::move(own)) {}
  static Value look_at(const Json& json) {
    Value out;
    out.ref_ = &json;
    return out;
  }
  static Value undefined(std::string why) {
    Value out;
    out.why_ = std::move(why);
    return out;
  }
  bool is_undefined() const { return why_.has_value(); }
  const std::string& why() const { return *why_; }
  bool borrowed() const { return ref_ != nullptr; }
  const Json& get() const { return ref_ ? *ref_ : own_; }
  Json take() && { return ref_ ? *ref_ : std::move(own_); }

 private:
  Json own_;
  const Json* ref_ = nullptr;
  std::optional<std::string> why_;
};

bool is_true(const Json& value);
std::string as_string(const Json& value);  // str(): True, None, 1.0, ['a']
std::string type_name(const Json& value);  // Python's: "str", "int", "dict"

bool is_number(const Json& value);  // bool too, as in Python
bool is_int(const Json& value);     // bool too
std::int64_t as_int(const Json& value);
double as_double(const Json& value);

bool equals(const Json& a, const Json& b);
Result<std::partial_ordering> order(const Json& a, const Json& b);  // kInvalid: not comparable
Result<bool> contains(const Json& container, const Json& item);
Result<Json> arithmetic(std::string_view op, const Json& a, const Json& b);

// Python's str.replace; limit -1: every one. kInvalid when the result is larger than 1 MiB.
Result<std::string> replace_text(std::string_view text, std::string_view from, std::string_view to,
                                 std::int64_t limit);

// Strings count in code points. A byte that is no UTF-8 counts as one.
std::vector<std::string_view> code_points(std::string_view text);

}  // namespace armature::dag
