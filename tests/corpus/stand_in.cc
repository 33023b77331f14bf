#include "tests/corpus/stand_in.h"

#include <regex>

#include "base/bytes.h"

namespace armature::corpus {
namespace {

// The variable that is meant; one that is chosen by name is like those that it chooses from.
const Json* variable(const Json& parent, const std::string& name) {
  const Json* section = find(parent, "variables");
  if (!section || !section->is_object()) return nullptr;
  const Json* named = find_ci(section->get_object(), name);
  static const std::regex kChosen("\\[variables\\(concat\\('([^']+)'.*");
  const std::string written(named && named->is_string() ? as_text(*named) : "");
  std::smatch chosen;
  if (!std::regex_match(written, chosen, kChosen)) return named;
  for (const auto& [key, one] : section->get_object()) {
    if (&one != named && key.starts_with(chosen[1].str())) return &one;
  }
  return named;
}

// The type of what an expression gives: as a parameter of the parent or a variable of it has it.
std::string type_of(const Json& parent, const Json& value) {
  if (value.is_bool()) return "bool";
  if (value.is_int64()) return "int";
  if (value.is_array()) return "array";
  if (value.is_object()) return "object";
  static const std::regex kName("\\[(parameters|variables)\\('([^']+)'\\)(?:\\.([\\w.]+))?\\]");
  std::smatch match;
  const std::string text(value.is_string() ? as_text(value) : "");
  if (!std::regex_match(text, match, kName)) return "string";
  if (match[1] == "parameters") {
    return text_at(parent, "parameters." + match[2].str() + ".type", "string");
  }
  const Json* named = variable(parent, match[2].str());
  if (named && match[3].matched) named = at(*named, match[3].str());
  return named ? type_of(parent, *named) : "string";
}

JsonObject parameters_of(const Json& parent, const Json& deployment) {
  JsonObject out;
  const Json* passed = at(deployment, "properties.parameters");
  if (!passed || !passed->is_object()) return out;
  for (const auto& [name, one] : passed->get_object()) {
    const Json* value = find(one, "value");
    JsonObject declared;
    declared["type"] = value ? type_of(parent, *value) : "securestring";
    out[name] = std::move(declared);
  }
  return out;
}

// The type of the parent's own output that only hands this one on; else a string.
std::string output_type(const Json& parent, const std::string& name) {
  const Json* outputs = find(parent, "outputs");
  if (!outputs || !outputs->is_object()) return "string";
  for (const auto& [key, output] : outputs->get_object()) {
    const std::string value = text_at(output, "value");
    if (value.starts_with("[reference(") && value.ends_with(".outputs." + name + ".value]")) {
      return text_at(output, "type", "string");
    }
  }
  return "string";
}

Json value_of(const std::string& type, const std::string& name) {
  if (equal_ci(type, "object")) return JsonObject{};
  if (equal_ci(type, "array")) return JsonArray{};
  if (equal_ci(type, "int")) return 1;
  if (equal_ci(type, "bool")) return true;
  return Json(name);
}

// Does the text name the file, or begin its name in one of its literals?
bool speaks_of(const std::string& text, const std::string& file_name) {
  if (text.find(file_name) != std::string::npos) return true;
  static const std::regex kLiteral("'([^']*)'");
  for (std::sregex_iterator it(text.begin(), text.end(), kLiteral), end; it != end; ++it) {
    const std::string literal = (*it)[1].str();
    const std::string last = literal.substr(literal.rfind('/') + 1);
    if (last.size() > 2 && file_name.starts_with(last)) return true;
  }
  return false;
}

// What members of that name say anywhere in the variables.
void add_members(const Json& value, const std::string& name, std::string& out) {
  if (const auto* object = value.if_object()) {
    for (const auto& [key, member] : *object) {
      if (equal_ci(key, name)) out += dump(member);
      add_members(member, name, out);
    }
  }
}

// With the variable that it stands for, one step.
std::string spelled_out(const Json& parent, const Json& link) {
  const std::string written = dump(link);
  std::string out = written;
  static const std::regex kVariable("variables\\('([^']+)'\\)(?:\\.(\\w+))?");
  std::smatch match;
  const Json* variables = find(parent, "variables");
  if (!variables || !variables->is_object() || !std::regex_search(written, match, kVariable)) {
    return out;
  }
  if (const Json* found = find_ci(variables->get_object(), match[1].str())) out += dump(*found);
  if (match[2].matched) add_members(*variables, match[2].str(), out);
  return out;
}

// Names may be expressions: as a pattern the text stands for itself.
std::string literal(const std::string& text) {
  static const std::regex kSpecial(R"re([.^$|()\[\]{}*+?\\])re");
  return std::regex_replace(text, kSpecial, R"re(\$&)re");
}

JsonObject outputs_of(const Json& parent, const std::string& deployment) {
  JsonObject out;
  const std::string all = dump(parent);
  const std::regex read(literal(deployment) + R"re('[^.]*\)\.outputs\.(\w+))re");
  for (std::sregex_iterator it(all.begin(), all.end(), read), end; it != end; ++it) {
    const std::string name = (*it)[1].str();
    JsonObject output;
    const std::string type = output_type(parent, name);
    output["type"] = type;
    output["value"] = value_of(type, name);
    out[name] = std::move(output);
  }
  return out;
}

}  // namespace

Json stand_in(const Json& parent, const std::string& file_name) {
  const Json* resources = find(parent, "resources");
  if (!resources || !resources->is_array()) return nullptr;
  for (const Json& one : resources->get_array()) {
    if (!equal_ci(text_at(one, "type"), "Microsoft.Resources/deployments")) continue;
    const Json* link = at(one, "properties.templateLink");
    if (!link || !speaks_of(spelled_out(parent, *link), file_name)) continue;
    JsonObject out;
    out["$schema"] =
        "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
    out["contentVersion"] = text_at(*link, "contentVersion", "1.0.0.0");
    out["parameters"] = parameters_of(parent, one);
    out["resources"] = JsonArray{};
    out["outputs"] = outputs_of(parent, text_at(one, "name"));
    return out;
  }
  return nullptr;
}

}  // namespace armature::corpus
