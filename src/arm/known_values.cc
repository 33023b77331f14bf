#include "arm/known_values.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/strict_json.h"

namespace armature::arm {
namespace {

constexpr std::size_t kLongestText = 64 * 1024;
constexpr int kDeepest = 64;

using Words = std::vector<std::string>;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view one) { return equal_ci(one, name); });
}

std::optional<std::string> as_word(const Json& value) {
  if (value.is_string()) return std::string(as_text(value));
  if (value.is_int64()) return std::to_string(value.get_int64());
  return std::nullopt;
}

// "{0}-{1}" with nothing but plain numbers in braces.
std::optional<std::string> formatted(const Words& words) {
  const std::string& pattern = words.front();
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '}') return std::nullopt;
    if (pattern[i] != '{') {
      out += pattern[i];
      continue;
    }
    const bool plain = i + 2 < pattern.size() && pattern[i + 1] >= '0' && pattern[i + 1] <= '9' &&
                       pattern[i + 2] == '}';
    const std::size_t number = plain ? static_cast<std::size_t>(pattern[i + 1] - '0') + 1 : 0;
    if (!plain || number >= words.size()) return std::nullopt;
    out += words[number];
    i += 2;
  }
  return out;
}

// "Ns/type/child" and its names, from words[at] on.
std::optional<std::string> below(std::string scope, const Words& words, std::size_t at) {
  const Words types = split(words[at], '/');
  if (types.size() < 2 || words.size() - at != types.size()) return std::nullopt;
  if (!KnownValues::is_whole(words[at])) return std::nullopt;
  if (scope == "/") scope.clear();
  scope += "/providers/" + types[0];
  for (std::size_t i = 1; i < types.size(); ++i) {
    if (words[at + i].find('/') != std::string::npos) return std::nullopt;
    scope += "/" + types[i] + "/" + words[at + i];
  }
  return scope;
}

bool has_expression(const Json& value) {
  if (value.is_string()) return as_text(value).starts_with('[');
  if (const auto* array = value.if_array()) return std::ranges::any_of(*array, has_expression);
  const auto* object = value.if_object();
  return object && std::ranges::any_of(*object, [](const auto& member) {
           return std::string_view(member.key()).starts_with('[') || has_expression(member.value());
         });
}

}  // namespace

KnownValues::KnownValues(const JsonObject& document, JsonObject given, std::string scope)
    : document_(document), given_(std::move(given)), scope_(std::move(scope)) {}

std::optional<Json> KnownValues::fold(const Json& value) const {
  if (!value.is_string()) return all(value, 0);
  return text_value(as_text(value), 0);
}

std::optional<Json> KnownValues::text_value(std::string_view text, int depth) const {
  if (text.starts_with("[[")) return Json(text.substr(1));
  if (!text.starts_with('[') || !text.ends_with(']')) return Json(text);
  const auto node = read_expression(text);
  return node ? node_value(*node, depth) : std::nullopt;
}

Json KnownValues::all(const Json& value, int depth) const {
  if (depth > kDeepest || --steps_ < 0) return value;
  if (value.is_string()) {
    auto known = text_value(as_text(value), depth + 1);
    return known ? *std::move(known) : value;
  }
  if (const auto* array = value.if_array()) {
    JsonArray out;
    for (const Json& item : *array) out.push_back(all(item, depth + 1));
    return out;
  }
  const auto* object = value.if_object();
  if (!object) return value;
  JsonObject out;
  for (const auto& [key, item] : *object) {
    const auto known = text_value(key, depth + 1);
    const auto word = known ? as_word(*known) : std::nullopt;
    out[word ? *word : std::string(key)] = all(item, depth + 1);
  }
  const Json* copies = find_ci(*object, "copy");
  if (!copies || !copies->is_array()) return out;
  for (const Json& copy : copies->get_array()) {
    const Json* name = copy.is_object() ? find_ci(copy.get_object(), "name") : nullptr;
    const Json* input = copy.is_object() ? find_ci(copy.get_object(), "input") : nullptr;
    if (name && input && name->is_string()) out[as_text(*name)] = JsonArray{all(*input, depth + 1)};
  }
  return out;
}

std::optional<Json> KnownValues::node_value(const ExpressionNode& node, int depth) const {
  if (depth > kDeepest || --steps_ < 0) return std::nullopt;
  switch (node.kind) {
    case ExpressionNode::Kind::kText:
      return Json(node.text);
    case ExpressionNode::Kind::kNumber:
      return Json(node.number);
    case ExpressionNode::Kind::kCall:
      return call_value(node, depth + 1);
    case ExpressionNode::Kind::kMember: {
      const auto of = node_value(node.children[0], depth + 1);
      const Json* found = of && of->is_object() ? find_ci(of->get_object(), node.text) : nullptr;
      return found ? fold(*found) : std::nullopt;
    }
    case ExpressionNode::Kind::kIndex: {
      const auto of = node_value(node.children[0], depth + 1);
      const auto index = node_value(node.children[1], depth + 1);
      if (!of || !index) return std::nullopt;
      if (of->is_array() && index->is_int64()) {
        const auto at = static_cast<std::size_t>(index->get_int64());
        return at < of->get_array().size() ? fold(of->get_array()[at]) : std::nullopt;
      }
      const Json* found = of->is_object() && index->is_string()
                              ? find_ci(of->get_object(), as_text(*index))
                              : nullptr;
      return found ? fold(*found) : std::nullopt;
    }
  }
  return std::nullopt;
}

// A parameter as given, its default otherwise; a variable.
std::optional<Json> KnownValues::named(const JsonObject& values, const ExpressionNode& call,
                                       int depth) const {
  const auto words = words_of(call, depth);
  if (!words || words->size() != 1) return std::nullopt;
  const bool parameter = equal_ci(call.text, "parameters");
  if (parameter) {
    if (const Json* given = find_ci(given_, words->front())) {
      const Json* value = given->is_object() ? find_ci(given->get_object(), "value") : nullptr;
      return value ? std::optional(*value) : std::nullopt;
    }
  }
  const Json* found = find_ci(values, words->front());
  if (found && parameter) {
    found = found->is_object() ? find_ci(found->get_object(), "defaultValue") : nullptr;
  }
  if (!found) return std::nullopt;
  if (found->is_string()) return text_value(as_text(*found), depth + 1);
  return all(*found, depth + 1);
}

std::optional<Words> KnownValues::words_of(const ExpressionNode& call, int depth) const {
  Words words;
  std::size_t size = 0;
  for (const ExpressionNode& argument : call.children) {
    const auto value = node_value(argument, depth + 1);
    auto word = value ? as_word(*value) : std::nullopt;
    if (!word || (size += word->size()) > kLongestText) return std::nullopt;
    words.push_back(*std::move(word));
  }
  return words;
}

std::optional<std::string> KnownValues::id_of(const std::string& name, const Words& words) const {
  const auto type = std::ranges::find_if(
      words, [](const std::string& word) { return word.find('/') != std::string::npos; });
  if (type == words.end()) return std::nullopt;
  if (equal_ci(name, "extensionResourceId"))
    return words.size() > 2 ? below(words[0], words, 1) : std::nullopt;
  const auto at = static_cast<std::size_t>(type - words.begin());
  if (equal_ci(name, "tenantResourceId")) return at == 0 ? below("/", words, 0) : std::nullopt;
  const auto here = ResourceId::parse(scope_);
  if (!here) return std::nullopt;
  std::string scope = "/subscriptions/" + (at > 0 ? words[0] : here->subscription_id);
  if (equal_ci(name, "subscriptionResourceId"))
    return at < 2 ? below(scope, words, at) : std::nullopt;
  if (at > 2 || (here->subscription_id.empty() && at < 2)) return std::nullopt;
  const std::string group = at > 0 ? words[at - 1] : here->resource_group;
  if (at == 1) scope = "/subscriptions/" + here->subscription_id;
  // One argument before the type: of a deployment to a subscription a subscription, in a group a
  // group, and a guid could be either.
  if (at == 1 && !here->resource_group.empty() && is_uuid(words[0])) return std::nullopt;
  if (at == 1 && here->resource_group.empty()) return below("/subscriptions/" + words[0], words, 1);
  if (!group.empty()) scope += "/resourceGroups/" + group;
  return below(scope, words, at);
}

std::optional<Json> KnownValues::call_value(const ExpressionNode& node, int depth) const {
  const std::string& name = node.text;
  static const JsonObject kNone;
  const auto section = [&](std::string_view of) -> const JsonObject& {
    const Json* found = find_ci(document_, of);
    return found && found->is_object() ? found->get_object() : kNone;
  };
  if (is_one_of(name, {"parameters", "variables"})) return named(section(name), node, depth);
  // Text of letters and digits, whatever it is made of.
  if (is_one_of(name, {"uniqueString", "guid", "newGuid", "copyIndex"})) {
    return Json(std::string(1, kUnknown));
  }
  if (is_one_of(name, {"subscription", "resourceGroup"}) && node.children.empty()) {
    const auto here = ResourceId::parse(scope_);
    if (!here || here->subscription_id.empty()) return std::nullopt;
    const std::string id = "/subscriptions/" + here->subscription_id;
    if (equal_ci(name, "subscription")) {
      return JsonObject{
          {"id",             id                   },
          {"subscriptionId", here->subscription_id}
      };
    }
    if (here->resource_group.empty()) return std::nullopt;
    return JsonObject{
        {"id",   id + "/resourceGroups/" + here->resource_group},
        {"name", here->resource_group                          }
    };
  }
  if (is_one_of(name, {"resourceId", "subscriptionResourceId", "tenantResourceId",
                       "extensionResourceId"})) {
    return id_call(node, depth);
  }
  if (auto chosen = logic_call(node, depth)) return chosen;
  const auto words = words_of(node, depth);
  if (!words || words->empty()) return std::nullopt;
  if (equal_ci(name, "concat")) return Json(join(*words, ""));
  if (equal_ci(name, "toLower")) return Json(to_lower(words->front()));
  if (equal_ci(name, "toUpper")) return Json(to_upper(words->front()));
  if (equal_ci(name, "string")) return Json(words->front());
  if (equal_ci(name, "format")) {
    const auto text = formatted(*words);
    return text ? std::optional<Json>(*text) : std::nullopt;
  }
  // Parts and repairs of a text without a slash have none.
  if (is_one_of(name, {"take", "skip", "substring", "replace", "trim", "padLeft"})) {
    const bool plain = std::ranges::none_of(
        *words, [](const std::string& word) { return word.find('/') != std::string::npos; });
    return plain ? std::optional<Json>(std::string(1, kUnknown)) : std::nullopt;
  }
  if (equal_ci(name, "split") && words->size() == 2 && is_whole((*words)[0]) &&
      (*words)[1].size() == 1) {
    JsonArray parts;
    for (const std::string& part : split((*words)[0], (*words)[1][0])) parts.emplace_back(part);
    return parts;
  }
  return std::nullopt;
}

// Names may be anything; what stands before the type says where, and must be known.
std::optional<Json> KnownValues::id_call(const ExpressionNode& call, int depth) const {
  Words words;
  bool typed = false;
  const bool extension = equal_ci(call.text, "extensionResourceId");
  for (const ExpressionNode& argument : call.children) {
    const auto value = node_value(argument, depth + 1);
    auto word = value ? as_word(*value) : std::nullopt;
    if (!word || word->size() > kLongestText) {
      if (!typed) return std::nullopt;
      word = std::string(1, kAnything);
    }
    const bool scope = extension && words.empty();
    if (!typed && !scope) typed = word->find('/') != std::string::npos;
    words.push_back(*std::move(word));
  }
  const auto id = id_of(call.text, words);
  return id ? std::optional<Json>(*id) : std::nullopt;
}

// Choices whose conditions are known. A text that is not known in whole decides nothing.
std::optional<Json> KnownValues::logic_call(const ExpressionNode& call, int depth) const {
  const auto value = [&](std::size_t i) -> std::optional<Json> {
    return i < call.children.size() ? node_value(call.children[i], depth + 1) : std::nullopt;
  };
  const auto truth = [&](std::size_t i) -> std::optional<bool> {
    const auto found = value(i);
    return found && found->is_bool() ? std::optional(found->get_bool()) : std::nullopt;
  };
  const std::string& name = call.text;
  if (equal_ci(name, "null")) return Json(nullptr);
  if (equal_ci(name, "true") || equal_ci(name, "false")) return Json(equal_ci(name, "true"));
  if (equal_ci(name, "if")) {
    const auto condition = truth(0);
    return condition ? value(*condition ? 1 : 2) : std::nullopt;
  }
  if (equal_ci(name, "not")) {
    const auto one = truth(0);
    return one ? std::optional<Json>(!*one) : std::nullopt;
  }
  if (is_one_of(name, {"and", "or"})) {
    const bool all = equal_ci(name, "and");
    bool out = all;
    for (std::size_t i = 0; i < call.children.size(); ++i) {
      const auto one = truth(i);
      if (!one) return std::nullopt;
      out = all ? out && *one : out || *one;
    }
    return Json(out);
  }
  const auto first = value(0);
  if (!first) return std::nullopt;
  if (equal_ci(name, "empty")) {
    if (first->is_string()) {
      return is_whole(as_text(*first)) ? std::optional<Json>(as_text(*first).empty())
                                       : std::nullopt;
    }
    if (first->is_array()) return Json(first->get_array().empty());
    if (first->is_object()) return Json(first->get_object().empty());
    return first->is_null() ? std::optional<Json>(true) : std::nullopt;
  }
  const bool known =
      first->is_string() && is_whole(as_text(*first)) && !as_text(*first).starts_with('[');
  if (equal_ci(name, "json") && known) {
    const auto parsed = parse_strict_json(as_text(*first));
    return parsed ? std::optional<Json>(*parsed) : std::nullopt;
  }
  if (!equal_ci(name, "equals")) return std::nullopt;
  const auto second = value(1);
  if (first->is_bool() && second && second->is_bool()) {
    return Json(first->get_bool() == second->get_bool());
  }
  if (!known || !second || !second->is_string() || !is_whole(as_text(*second))) return std::nullopt;
  const bool same = as_text(*first) == as_text(*second);
  // Where only case differs, what decides is left to Azure.
  if (!same && equal_ci(as_text(*first), as_text(*second))) return std::nullopt;
  return Json(same);
}

std::optional<KnownPlace> place_of(std::string_view folded_id) {
  std::string text(folded_id);
  std::ranges::replace(text, KnownValues::kUnknown, '~');
  std::ranges::replace(text, KnownValues::kAnything, '~');
  if (!text.starts_with('/')) return std::nullopt;
  const auto id = ResourceId::parse(text);
  if (!id || id->kind != ScopeKind::kResource) return std::nullopt;
  const auto first = folded_id.find_first_of("\x01\x02");
  if (first == std::string_view::npos) return KnownPlace{id->type, id->text};
  if (first <= id->scope.size()) return std::nullopt;
  return KnownPlace{id->type, id->scope};
}

JsonObject given_to_nested(const Json* parameters, const KnownValues& parent) {
  JsonObject out;
  if (!parameters || !parameters->is_object()) return out;
  for (const auto& [name, one] : parameters->get_object()) {
    JsonObject known;
    const Json* value = one.is_object() ? find_ci(one.get_object(), "value") : nullptr;
    if (auto folded = value ? parent.fold(*value) : std::nullopt;
        folded && !has_expression(*folded)) {
      known["value"] = *std::move(folded);
    }
    out[name] = std::move(known);
  }
  return out;
}

}  // namespace armature::arm
