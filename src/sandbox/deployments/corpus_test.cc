// Deploys the real templates of the corpus to the sandbox and counts what succeeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "base/bytes.h"
#include "base/files.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::World;

std::filesystem::path corpus() { return ARMATURE_SOURCE_DIR "/../shared/data/templates"; }

const Json& resolved(const Json& document, const Json& definition) {
  const std::string reference = text_at(definition, "$ref");
  constexpr std::string_view kPrefix = "#/definitions/";
  if (!reference.starts_with(kPrefix)) return definition;
  const Json* definitions = find(document, "definitions");
  const Json* found = definitions ? find(*definitions, reference.substr(kPrefix.size())) : nullptr;
  return found ? resolved(document, *found) : definition;
}

bool is_optional(const Json& document, const Json& definition) {
  return find(definition, "defaultValue") || bool_at(definition, "nullable") ||
         bool_at(resolved(document, definition), "nullable");
}

Json generated(const Json& document, const std::string& name, const Json& written) {
  const Json& definition = resolved(document, written);
  const std::string type = to_lower(text_at(definition, "type"));
  if (const Json* allowed = find(definition, "allowedValues")) return allowed->as_array().at(0);
  if (type == "int") return int_at(definition, "minValue", 2);
  if (type == "bool") return true;
  if (type == "array") return JsonArray{};
  if (type == "object" || type == "secureobject") {
    JsonObject out;
    if (const Json* properties = find(definition, "properties")) {
      for (const auto& [key, member] : properties->as_object()) {
        if (!is_optional(document, member)) {
          out[key] = generated(document, std::string(key), member);
        }
      }
    }
    return out;
  }
  const std::string lower = to_lower(name);
  std::string text = "g" + tmpl::unique_string({name});
  if (lower.find("location") != std::string::npos) text = "westeurope";
  if (lower.ends_with("uri") || lower.ends_with("url")) text = "https://example.org/a/";
  if (lower.find("cidr") != std::string::npos || lower.find("addressprefix") != std::string::npos) {
    text = "10.0.0.0/16";
  }
  const auto least = static_cast<std::size_t>(int_at(definition, "minLength", 1));
  const auto most = static_cast<std::size_t>(int_at(definition, "maxLength", 4096));
  while (text.size() < least) text += "x";
  return Json(text.substr(0, std::max<std::size_t>(most, 1)));
}

// Sample files hold marks such as GEN-UNIQUE where a pipeline would put values.
bool is_mark(const Json& value) {
  if (!value.is_string()) return false;
  const std::string_view text = as_text(value);
  return text.empty() || text.starts_with("GEN-") || text.starts_with("GET-") ||
         text.starts_with("changeme");
}

void fill_marks(Json& value, const std::string& path) {
  if (is_mark(value) && !as_text(value).empty()) value = "g" + tmpl::unique_string({path});
  if (value.is_array()) {
    std::size_t i = 0;
    for (Json& one : value.get_array()) fill_marks(one, path + "/" + std::to_string(i++));
  }
  if (value.is_object()) {
    for (auto& [key, one] : value.get_object()) fill_marks(one, path + "/" + std::string(key));
  }
}

Json read_json(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return nullptr;
  std::string_view bytes = *text;
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const auto parsed = parse_json(bytes, 128);
  return parsed ? *parsed : Json(nullptr);
}

// From the parameter file where it says something, otherwise made up.
Json parameters_for(const std::filesystem::path& folder, const Json& document) {
  JsonObject out;
  const Json given = read_json(folder / "azuredeploy.parameters.json");
  const Json* values = find(given, "parameters");
  const Json* definitions = find(document, "parameters");
  if (!definitions || !definitions->is_object()) return out;
  for (const auto& [name, definition] : definitions->get_object()) {
    const Json* one = values && values->is_object() ? find_ci(values->get_object(), name) : nullptr;
    const Json* said = one ? find(*one, "value") : nullptr;
    if (said && !is_mark(*said)) {
      Json value = *said;
      fill_marks(value, std::string(name));
      out[name] = JsonObject{
          {"value", std::move(value)}
      };
    } else if (!is_optional(document, definition)) {
      out[name] = JsonObject{
          {"value", generated(document, std::string(name), definition)}
      };
    }
  }
  return out;
}

// What a template may expect beside it: nothing but the group.
std::string deploy_folder(World& world, const std::filesystem::path& folder) {
  const Json document = read_json(folder / "azuredeploy.json");
  if (document.is_null()) return "no template";
  const std::string schema = to_lower(text_at(document, "$schema"));
  if (schema.find("/deploymenttemplate.json") == std::string::npos) return "another scope";
  const std::string name = folder.filename().string();
  const std::string group = "rg-" + name.substr(0, 80);
  world.make_group(group);
  const std::string path = world.deployment(name.substr(0, 64), group);
  const auto started = world.call(
      "PUT", path,
      dump(JsonObject{
          {"properties", JsonObject{{"mode", "Incremental"},
                                    {"template", document},
                                    {"parameters", parameters_for(folder, document)}}}
  }));
  if (started.status >= 400) return started.body;
  world.cloud->engine().wait_for(path);
  const Json ended = world.get(path);
  if (text_at(ended, "properties.provisioningState") == "Succeeded") return "";
  const Json* error = at(ended, "properties.error");
  return error ? dump(*error) : "did not end";
}

TEST(Corpus, SixtyRealTemplatesDeploy) {
  if (!std::filesystem::exists(corpus())) {
    GTEST_SKIP() << "the template corpus is not beside the checkout: " << corpus();
  }
  World world;
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(corpus())) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  std::size_t good = 0;
  std::size_t tried = 0;
  for (const auto& folder : folders) {
    const std::string failure = deploy_folder(world, folder);
    if (failure == "another scope" || failure == "no template") continue;
    ++tried;
    if (failure.empty()) {
      ++good;
      std::cout << "deployed " << folder.filename().string() << '\n';
    } else {
      std::cout << "refused  " << folder.filename().string() << ": " << failure.substr(0, 600)
                << '\n';
    }
  }
  std::cout << good << " of " << tried << " resource-group templates deployed\n";
  EXPECT_GE(good, 60U);
}

}  // namespace
}  // namespace armature::sandbox
