#include "sandbox/template/functions.h"

#include <map>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/extensions.h"
#include "sandbox/template/external_inputs.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

using Table = std::map<std::string, const Function*, std::less<>>;

Table build() {
  Table table;
  for (const auto family :
       {string_functions(), uri_functions(), array_functions(), object_functions(),
        lambda_functions(), logic_functions(), number_functions(), date_functions(),
        network_functions(), scope_functions(), extension_functions(), external_input_functions(),
        resource_functions()}) {
    for (const Function& row : family) table.emplace(to_lower(row.name), &row);
  }
  return table;
}

}  // namespace

const Function* find_function(std::string_view name) {
  static const Table kTable = build();
  const std::string key = to_lower(name);
  const auto found = kTable.find(key);
  if (found != kTable.end()) return found->second;
  // listKeys, listSecrets, listAnything: the provider decides which exist.
  return key.starts_with("list") ? kTable.at("list") == nullptr ? nullptr : kTable.at("list")
                                 : nullptr;
}

TemplateError wrong_argument(std::string_view function, std::string_view expectation,
                             const Json& actual) {
  return invalid_template("The template language function '" + std::string(function) +
                          "' expects " + std::string(expectation) +
                          ". The provided value is of type '" + type_name(actual) +
                          "'. Please see https://aka.ms/arm-template-expressions/#" +
                          to_lower(function) + " for usage details.");
}

namespace {

std::string position_words(std::size_t index, std::string_view type) {
  return "its parameter at position '" + std::to_string(index + 1) + "' to be of type '" +
         std::string(type) + "'";
}

}  // namespace

Outcome<std::string> text_argument(std::string_view function, const Arguments& arguments,
                                   std::size_t index) {
  const Json& value = arguments.at(index);
  if (value.is_string()) return std::string(as_text(value));
  return wrong_argument(function, position_words(index, "String"), value);
}

Outcome<std::int64_t> integer_argument(std::string_view function, const Arguments& arguments,
                                       std::size_t index) {
  const Json& value = arguments.at(index);
  if (const auto* number = value.if_int64()) return *number;
  return wrong_argument(function, position_words(index, "Integer"), value);
}

Outcome<bool> bool_argument(std::string_view function, const Arguments& arguments,
                            std::size_t index) {
  const Json& value = arguments.at(index);
  if (const auto* flag = value.if_bool()) return *flag;
  return wrong_argument(function, position_words(index, "Boolean"), value);
}

bool same_value(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) {
    if (a.is_double() || b.is_double()) return a.to_number<double>() == b.to_number<double>();
    return a == b;
  }
  if (a.kind() != b.kind()) return false;
  if (const auto* left = a.if_array()) {
    const auto& right = b.get_array();
    if (left->size() != right.size()) return false;
    for (std::size_t i = 0; i < left->size(); ++i) {
      if (!same_value((*left)[i], right[i])) return false;
    }
    return true;
  }
  if (const auto* left = a.if_object()) {
    const auto& right = b.get_object();
    if (left->size() != right.size()) return false;
    for (const auto& [key, member] : *left) {
      const Json* other = right.if_contains(key);
      if (other == nullptr || !same_value(member, *other)) return false;
    }
    return true;
  }
  return a == b;
}

}  // namespace armature::sandbox::tmpl
