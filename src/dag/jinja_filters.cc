// Filters on text, numbers and times; and how every filter and its arguments are found.
#include "dag/jinja_filters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/time.h"
#include "dag/jinja_tables.h"
#include "dag/jinja_time.h"

namespace armature::dag {
namespace {

Result<Value> filter_default(Machine&, const Value& x, const Bound& args) {
  const bool replace = x.is_undefined() || (args.flag(1, false) && !is_true(x.get()));
  if (!replace) return Value(x.get());
  return Value(args[0] != nullptr ? *args[0] : Json(""));
}
Result<Value> filter_lower(Machine&, const Value& x, const Bound&) {
  return Value(Json(to_lower(as_string(x.get()))));
}
Result<Value> filter_upper(Machine&, const Value& x, const Bound&) {
  return Value(Json(to_upper(as_string(x.get()))));
}
Result<Value> filter_title(Machine&, const Value& x, const Bound&) {
  std::string text = to_lower(as_string(x.get()));
  bool start = true;
  for (char& c : text) {
    if (start) c = to_upper(std::string_view(&c, 1))[0];
    start = std::string_view("- \t\r\n\f\v({[<").find(c) != std::string_view::npos;
  }
  return Value(Json(text));
}
Result<Value> filter_trim(Machine&, const Value& x, const Bound& args) {
  ARMATURE_TRY(const std::string chars, args.text(0, " \t\r\n\f\v"));
  const std::string text = as_string(x.get());
  const auto first = text.find_first_not_of(chars);
  if (first == std::string::npos) return Value(Json(""));
  return Value(Json(text.substr(first, text.find_last_not_of(chars) - first + 1)));
}
Result<Value> filter_replace(Machine&, const Value& x, const Bound& args) {
  if (args[0] == nullptr || args[1] == nullptr) {
    return fail(Code::kInvalid, "replace takes the old and the new text");
  }
  const bool limited = args[2] != nullptr && !args[2]->is_null();
  ARMATURE_TRY(const std::int64_t limit, limited ? args.integer(2, -1) : Result<std::int64_t>(-1));
  ARMATURE_TRY(auto text,
               replace_text(as_string(x.get()), as_string(*args[0]), as_string(*args[1]), limit));
  return Value(Json(text));
}
Result<Value> filter_string(Machine&, const Value& x, const Bound&) {
  return Value(Json(as_string(x.get())));
}

std::optional<double> read_double(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(out)) {
    return std::nullopt;
  }
  return out;
}
std::optional<std::int64_t> read_int(std::string_view text, int base) {
  text = trim(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::string_view prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "";
  if (!prefix.empty() && starts_with_ci(text, prefix)) text.remove_prefix(2);
  if (text.starts_with('-')) return std::nullopt;
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return negative ? -out : out;
}
std::optional<std::int64_t> whole(double value) {
  if (!std::isfinite(value) || std::fabs(value) >= 9.2e18) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

Result<Value> filter_int(Machine&, const Value& x, const Bound& args) {
  ARMATURE_TRY(const std::int64_t base, args.integer(1, 10));
  if (base < 2 || base > 36) return fail(Code::kInvalid, "the base must be 2 to 36");
  std::optional<std::int64_t> out;
  if (x.get().is_string()) {
    out = read_int(as_text(x.get()), static_cast<int>(base));
    if (const auto real = read_double(as_text(x.get())); !out && real) out = whole(*real);
  } else if (is_int(x.get())) {
    out = as_int(x.get());
  } else if (is_number(x.get())) {
    out = whole(as_double(x.get()));
  }
  if (out) return Value(Json(*out));
  return Value(args[0] != nullptr ? *args[0] : Json(0));
}
Result<Value> filter_float(Machine&, const Value& x, const Bound& args) {
  std::optional<double> out;
  if (x.get().is_string()) out = read_double(as_text(x.get()));
  if (is_number(x.get())) out = as_double(x.get());
  if (out) return Value(Json(*out));
  return Value(args[0] != nullptr ? *args[0] : Json(0.0));
}

Error not_a_number(const Json& value) {
  return fail(Code::kInvalid, "expected a number, not " + type_name(value));
}
Result<Value> filter_round(Machine&, const Value& x, const Bound& args) {
  if (!is_number(x.get())) return not_a_number(x.get());
  ARMATURE_TRY(const std::int64_t precision, args.integer(0, 0));
  ARMATURE_TRY(const std::string method, args.text(1, "common"));
  if (precision > 300 || precision < -300) return fail(Code::kInvalid, "precision out of range");
  if (method != "common" && method != "ceil" && method != "floor") {
    return fail(Code::kInvalid, "the method must be common, ceil or floor");
  }
  const double value = as_double(x.get());
  const double scale = std::pow(10.0, static_cast<double>(precision));
  if (method != "common") {
    const double scaled = value * scale;
    return Value(Json((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale));
  }
  if (is_int(x.get()) && precision >= 0) return Value(Json(as_int(x.get())));
  if (precision < 0) {  // halves go to the even neighbour
    const double rounded = std::nearbyint(value * scale) / scale;
    return Value(is_int(x.get()) ? Json(static_cast<std::int64_t>(rounded)) : Json(rounded));
  }
  char buffer[800];
  std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(precision), value);
  return Value(Json(read_double(buffer).value_or(value)));
}
Result<Value> filter_abs(Machine&, const Value& x, const Bound&) {
  if (!is_number(x.get())) return not_a_number(x.get());
  if (!is_int(x.get())) return Value(Json(std::fabs(as_double(x.get()))));
  const std::int64_t value = as_int(x.get());
  if (value == INT64_MIN) return fail(Code::kInvalid, "the result is too large");
  return Value(Json(value < 0 ? -value : value));
}

Result<Value> filter_indent(Machine&, const Value& x, const Bound& args) {
  std::string pad;
  if (args[0] != nullptr && args[0]->is_string()) {
    pad = as_text(*args[0]);
  } else {
    ARMATURE_TRY(const std::int64_t width, args.integer(0, 4));
    if (width > 1000) return fail(Code::kInvalid, "the width must be at most 1000");
    pad.assign(static_cast<std::size_t>(std::max<std::int64_t>(width, 0)), ' ');
  }
  const auto lines = split(as_string(x.get()), '\n');
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    if (i == 0 ? args.flag(1, false) : (args.flag(2, false) || !lines[i].empty())) out += pad;
    out += lines[i];
    if (out.size() > kMaxOutputBytes) return fail(Code::kInvalid, "the result is too large");
  }
  return Value(Json(out));
}
Result<Value> filter_urlencode(Machine&, const Value& x, const Bound&) {
  if (x.get().is_array()) return fail(Code::kInvalid, "urlencode takes text or a dict");
  const auto* dict = x.get().if_object();
  if (dict == nullptr) return Value(Json(url_quoted(as_string(x.get()), false)));
  std::vector<std::string> parts;
  for (const auto& [key, value] : *dict) {
    parts.push_back(url_quoted(key, true) + "=" + url_quoted(as_string(value), true));
  }
  return Value(Json(join(parts, "&")));
}
Result<Value> filter_tojson(Machine&, const Value& x, const Bound& args) {
  const bool compact = args[0] == nullptr || args[0]->is_null();
  ARMATURE_TRY(const std::int64_t indent, compact ? Result<std::int64_t>(-1) : args.integer(0, 0));
  std::string out;
  write_json(x.get(), static_cast<int>(std::clamp<std::int64_t>(indent, -1, 16)), 0, out);
  return Value(Json(out));
}
Result<Value> filter_fromjson(Machine&, const Value& x, const Bound&) {
  if (!x.get().is_string()) return fail(Code::kInvalid, "fromjson takes text");
  ARMATURE_TRY(Json out, parse_json(as_text(x.get()), kMaxTemplateDepth - 1));
  return Value(std::move(out));
}
Result<Value> filter_sha256(Machine&, const Value& x, const Bound&) {
  return Value(Json(sha256_hex(as_string(x.get()))));
}
Result<Value> filter_b64encode(Machine&, const Value& x, const Bound&) {
  return Value(Json(to_base64(as_string(x.get()))));
}
// Lower case letters and digits; every run of anything else becomes one dash, none at the ends.
Result<Value> filter_slug(Machine&, const Value& x, const Bound&) {
  std::string out;
  for (const char c : to_lower(as_string(x.get()))) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  if (out.ends_with('-')) out.pop_back();
  return Value(Json(out));
}

Result<Value> time_text(const Value& x, std::string_view pattern) {
  if (x.get().is_null()) return Value(Json(nullptr));
  if (!x.get().is_string()) {
    return fail(Code::kInvalid, "expected a time, not " + type_name(x.get()));
  }
  ARMATURE_TRY(const Instant at, from_rfc3339(as_text(x.get())));
  if (pattern.empty()) return Value(Json(to_airflow_iso(at)));
  ARMATURE_TRY(auto text, format_time(at, pattern));
  return Value(Json(text));
}
Result<Value> filter_ds(Machine&, const Value& x, const Bound&) { return time_text(x, "%Y-%m-%d"); }
Result<Value> filter_ds_nodash(Machine&, const Value& x, const Bound&) {
  return time_text(x, "%Y%m%d");
}
Result<Value> filter_ts(Machine&, const Value& x, const Bound&) { return time_text(x, ""); }
Result<Value> filter_ts_nodash(Machine&, const Value& x, const Bound&) {
  return time_text(x, "%Y%m%dT%H%M%S");
}
Result<Value> filter_ts_nodash_with_tz(Machine&, const Value& x, const Bound&) {
  return time_text(x, "%Y%m%dT%H%M%S%z");
}

constexpr std::array<FilterRow, 24> kFilters = {
    {
     {"default", "default_value,boolean", filter_default, true},
     {"d", "default_value,boolean", filter_default, true},
     {"lower", "", filter_lower},
     {"upper", "", filter_upper},
     {"title", "", filter_title},
     {"trim", "chars", filter_trim},
     {"replace", "old,new,count", filter_replace},
     {"string", "", filter_string},
     {"int", "default,base", filter_int},
     {"float", "default", filter_float},
     {"round", "precision,method", filter_round},
     {"abs", "", filter_abs},
     {"indent", "width,first,blank", filter_indent},
     {"urlencode", "", filter_urlencode},
     {"tojson", "indent", filter_tojson},
     {"fromjson", "", filter_fromjson},
     {"sha256", "", filter_sha256},
     {"b64encode", "", filter_b64encode},
     {"slug", "", filter_slug},
     {"ds", "", filter_ds},
     {"ds_nodash", "", filter_ds_nodash},
     {"ts", "", filter_ts},
     {"ts_nodash", "", filter_ts_nodash},
     {"ts_nodash_with_tz", "", filter_ts_nodash_with_tz},
     }
};

const FilterRow* find_filter(std::string_view name) {
  for (const auto table : {text_filters(), list_filters()}) {
    const auto row = std::ranges::find(table, name, &FilterRow::name);
    if (row != table.end()) return &*row;
  }
  return nullptr;
}

}  // namespace

std::span<const FilterRow> text_filters() { return kFilters; }

const std::vector<std::string>& filter_names() {
  static const auto kNames = [] {
    std::vector<std::string> out;
    for (const auto table : {text_filters(), list_filters()}) {
      for (const auto& row : table) out.emplace_back(row.name);
    }
    std::ranges::sort(out);
    return out;
  }();
  return kNames;
}

Result<Value> Machine::apply_filter(std::string_view name, const Value& subject,
                                    const Arguments& args) {
  const FilterRow* row = find_filter(name);
  if (row == nullptr) return fail(Code::kInvalid, *unknown_word("filter", name, filter_names()));
  if (subject.is_undefined() && !row->takes_undefined) return fail(Code::kInvalid, subject.why());
  auto bound = Bound::bind(row->signature, args);
  if (!bound) return std::move(bound).error().in(name);
  auto out = row->apply(*this, subject, *bound);
  if (!out) {
    if (out.error().message.starts_with("line ")) return out;
    return std::move(out).error().in(name);
  }
  if (out->is_undefined()) return out;
  return admit(std::move(*out).take());
}

Result<Bound> Bound::bind(std::string_view signature, const Arguments& arguments) {
  Bound out;
  out.raw_ = &arguments;
  if (signature == "*") return out;
  const auto names = signature.empty() ? std::vector<std::string>() : split(signature, ',');
  out.values_.assign(std::max<std::size_t>(names.size(), 3), nullptr);
  if (arguments.positional.size() > names.size()) {
    return fail(Code::kInvalid, "takes at most " + std::to_string(names.size()) + " arguments");
  }
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) {
    out.values_[i] = &arguments.positional[i].get();
  }
  for (const auto& [name, value] : arguments.named) {
    const auto at = std::ranges::find(names, name);
    if (at == names.end()) return fail(Code::kInvalid, "has no argument '" + name + "'");
    out.values_[static_cast<std::size_t>(at - names.begin())] = &value.get();
  }
  return out;
}
Result<std::int64_t> Bound::integer(std::size_t i, std::int64_t otherwise) const {
  if (values_[i] == nullptr) return otherwise;
  if (!is_int(*values_[i])) return fail(Code::kInvalid, "expected an integer argument");
  return as_int(*values_[i]);
}
Result<std::string> Bound::text(std::size_t i, std::string_view otherwise) const {
  if (values_[i] == nullptr || values_[i]->is_null()) return std::string(otherwise);
  if (!values_[i]->is_string()) return fail(Code::kInvalid, "expected a string argument");
  return std::string(as_text(*values_[i]));
}
bool Bound::flag(std::size_t i, bool otherwise) const {
  return values_[i] == nullptr ? otherwise : is_true(*values_[i]);
}

}  // namespace armature::dag
