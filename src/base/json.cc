#include "base/json.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <vector>

#include "base/bytes.h"
#include "base/utf8.h"

namespace armature {
namespace bj = boost::json;

namespace {

std::string position(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto last = before.rfind('\n');
  const auto column = before.size() - (last == std::string_view::npos ? 0 : last + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

void write_pretty(const Json& value, std::size_t indent, std::string& out) {
  const auto newline = [&](std::size_t depth) { out += "\n" + std::string(depth * 2, ' '); };
  if (const auto* object = value.if_object(); object && !object->empty()) {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : *object) {
      if (!std::exchange(first, false)) out += ',';
      newline(indent + 1);
      out += bj::serialize(key) + ": ";
      write_pretty(member, indent + 1, out);
    }
    newline(indent);
    out += '}';
  } else if (const auto* array = value.if_array(); array && !array->empty()) {
    out += '[';
    bool first = true;
    for (const Json& element : *array) {
      if (!std::exchange(first, false)) out += ',';
      newline(indent + 1);
      write_pretty(element, indent + 1, out);
    }
    newline(indent);
    out += ']';
  } else {
    out += bj::serialize(value);
  }
}

void write_canonical(const Json& value, std::string& out) {
  if (const auto* object = value.if_object()) {
    std::vector<const JsonObject::value_type*> members;
    for (const auto& member : *object) members.push_back(&member);
    std::ranges::sort(members, {}, [](const auto* m) { return std::string_view(m->key()); });
    out += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += ',';
      out += bj::serialize(members[i]->key()) + ':';
      write_canonical(members[i]->value(), out);
    }
    out += '}';
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      write_canonical((*array)[i], out);
    }
    out += ']';
  } else {
    out += bj::serialize(value);
  }
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t max_depth) {
  bj::parse_options options;
  options.max_depth = max_depth;
  bj::stream_parser parser({}, options);
  boost::system::error_code error;
  std::size_t used = parser.write_some(text.data(), text.size(), error);
  if (!error && used < text.size() && trim(text.substr(used)).empty()) used = text.size();
  if (!error && used < text.size()) error = make_error_code(bj::error::extra_data);
  if (!error) parser.finish(error);
  if (error) {
    return fail(Code::kInvalid, "not JSON at " + position(text, used) + ": " + error.message());
  }
  return parser.release();
}

std::string dump(const Json& value) { return valid_utf8(bj::serialize(value)); }

std::string pretty(const Json& value) {
  std::string out;
  write_pretty(value, 0, out);
  return valid_utf8(std::move(out));
}

const Json* find(const Json& value, std::string_view key) {
  const auto* object = value.if_object();
  return object ? object->if_contains(key) : nullptr;
}

const Json* find_ci(const JsonObject& object, std::string_view key) {
  if (const Json* exact = object.if_contains(key)) return exact;
  for (const auto& member : object) {
    if (equal_ci(member.key(), key)) return &member.value();
  }
  return nullptr;
}

Json* find_ci(JsonObject& object, std::string_view key) {
  return const_cast<Json*>(find_ci(static_cast<const JsonObject&>(object), key));
}

const Json* at(const Json& value, std::string_view dotted_path) {
  const Json* here = &value;
  while (here && !dotted_path.empty()) {
    const auto dot = dotted_path.find('.');
    here = find(*here, dotted_path.substr(0, dot));
    dotted_path = dot == std::string_view::npos ? "" : dotted_path.substr(dot + 1);
  }
  return here;
}

std::string text_at(const Json& value, std::string_view dotted_path, std::string_view otherwise) {
  const Json* here = at(value, dotted_path);
  return std::string(here && here->is_string() ? as_text(*here) : otherwise);
}

std::int64_t int_at(const Json& value, std::string_view dotted_path, std::int64_t otherwise) {
  const Json* here = at(value, dotted_path);
  if (here && here->is_int64()) return here->get_int64();
  return otherwise;
}

bool bool_at(const Json& value, std::string_view dotted_path, bool otherwise) {
  const Json* here = at(value, dotted_path);
  return here && here->is_bool() ? here->get_bool() : otherwise;
}

Json merge_patch(Json target, const Json& patch) {
  const auto* changes = patch.if_object();
  if (!changes) return patch;
  if (!target.is_object()) target = JsonObject();
  JsonObject& object = target.get_object();
  for (const auto& [key, value] : *changes) {
    if (value.is_null()) {
      object.erase(key);
    } else {
      const Json* old = object.if_contains(key);
      object.insert_or_assign(key, merge_patch(old ? *old : Json(), value));
    }
  }
  return target;
}

std::string canonical(const Json& value) {
  std::string out;
  write_canonical(value, out);
  return out;
}

}  // namespace armature
