#include "tests/corpus/parameters.h"

#include <algorithm>
#include <regex>

#include "base/bytes.h"
#include "base/crypto.h"
#include "sandbox/template/template.h"
#include "tests/corpus/corpus.h"

namespace armature::corpus {
namespace {

constexpr const char* kReader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
constexpr const char* kNames = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";  // RFC 4122, URLs

class Maker {
 public:
  Maker(const Json& document, const Givens& givens, std::string seed)
      : document_(document), givens_(givens), seed_(std::move(seed)) {}

  bool is_optional(const std::string& name, const Json& declaration) const {
    const Json* fallback = find(declaration, "defaultValue");
    const bool nullable =
        bool_at(declaration, "nullable") || bool_at(resolved(declaration), "nullable");
    const bool is_empty = fallback && fallback->is_string() && as_text(*fallback).empty();
    if (givens_.fill_empty && (is_empty || (nullable && !fallback && is_read(name)))) return false;
    // A default that this scope cannot evaluate is none.
    const bool usable =
        fallback && (givens_.in_group || !fallback->is_string() ||
                     as_text(*fallback).find("resourceGroup(") == std::string_view::npos);
    return usable || nullable;
  }

  Json value(const std::string& name, const Json& written) const {
    const Json& declaration = resolved(written);
    const std::string type = to_lower(text_at(declaration, "type"));
    if (const Json* allowed = find(declaration, "allowedValues")) return allowed->as_array().at(0);
    if (type == "int") return int_at(declaration, "minValue", 2);
    if (type == "bool") return true;
    if (type == "array") return JsonArray{};
    if (type == "object" || type == "secureobject") return object(name, declaration);
    std::string made = text(name);
    const auto least = static_cast<std::size_t>(int_at(declaration, "minLength", 1));
    const auto most = static_cast<std::size_t>(int_at(declaration, "maxLength", 4096));
    if (made.size() < least) made.append(least - made.size(), 'x');
    return Json(made.substr(0, std::max<std::size_t>(most, 1)));
  }

  // A name tells what kind of text its template wants.
  std::string text(const std::string& name) const {
    const std::string lower = to_lower(name);
    const auto says = [&](std::string_view word) { return lower.find(word) != std::string::npos; };
    if (says("subscriptionid") || says("subid")) return givens_.subscription_id;
    if (says("principalid") || says("objectid") || lower.ends_with("oid"))
      return givens_.principal_id;
    if (says("guid")) return uuid_v5(kNames, seed_ + name);
    const std::string group = "/subscriptions/" + givens_.subscription_id + "/resourceGroups/rg1";
    if (says("roledefinition")) {
      return std::string("/providers/Microsoft.Authorization/roleDefinitions/") + kReader;
    }
    if (says("customlocation")) {
      return group + "/providers/Microsoft.ExtendedLocation/customLocations/c1";
    }
    if (says("keyvaultresourceid")) return group + "/providers/Microsoft.KeyVault/vaults/vault1";
    if (lower == "identity") {
      return group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i1";
    }
    if (lower.ends_with("mg")) return givens_.management_group;
    if (says("location") || says("region")) return "westeurope";
    if (says("cidr") || says("addressprefix")) return "10.0.0.0/16";
    if (lower.ends_with("uri") || lower.ends_with("url")) return "https://example.org/a/";
    if (lower.ends_with("resourceid") || lower.ends_with("subnetid") ||
        lower.ends_with("workspaceid")) {
      return group + "/providers/Microsoft.Network/virtualNetworks/v1/subnets/s1";
    }
    return "g" + sandbox::tmpl::unique_string({seed_, name}).substr(0, 10);
  }

  // Sample files hold marks such as GEN-UNIQUE where a pipeline would put values.
  void fill_marks(Json& written, const std::string& path) const {
    if (is_mark(written) && !as_text(written).empty()) {
      written = text(as_text(written).starts_with("GEN-GUID") ? "guid" + path : path);
    }
    if (auto* array = written.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) {
        fill_marks((*array)[i], path + "/" + std::to_string(i));
      }
    }
    if (auto* members = written.if_object()) {
      for (auto& [key, one] : *members) fill_marks(one, path + "/" + std::string(key));
    }
  }

  static bool is_mark(const Json& value) {
    if (!value.is_string()) return false;
    const std::string_view written = as_text(value);
    return written.empty() || written.starts_with("GEN-") || written.starts_with("GET-") ||
           written.starts_with("changeme");
  }

 private:
  // Does the template take a member of the parameter as if it were there?
  bool is_read(const std::string& name) const {
    return dump(document_).find("parameters('" + name + "').") != std::string::npos;
  }

  const Json& resolved(const Json& declaration) const {
    const std::string reference = text_at(declaration, "$ref");
    constexpr std::string_view kPrefix = "#/definitions/";
    if (!reference.starts_with(kPrefix)) return declaration;
    const Json* definitions = find(document_, "definitions");
    const Json* found =
        definitions ? find(*definitions, reference.substr(kPrefix.size())) : nullptr;
    return found ? resolved(*found) : declaration;
  }

  Json object(const std::string& name, const Json& declaration) const {
    JsonObject out;
    // What the template reads of an object that says nothing of its members.
    if (!find(declaration, "properties") && !find(declaration, "discriminator")) {
      const std::regex read("parameters\\('" + name + "'\\)\\.(\\w+)", std::regex::icase);
      const std::string all = dump(document_);
      for (std::sregex_iterator it(all.begin(), all.end(), read), end; it != end; ++it) {
        const std::string member = (*it)[1].str();
        out[member] = member.ends_with('s') ? Json(JsonArray{}) : Json(text(member));
      }
    }
    // Of a choice of types the first.
    if (const Json* mapping = at(declaration, "discriminator.mapping")) {
      for (const auto& [key, variant] : mapping->as_object())
        return object(name, resolved(variant));
    }
    if (const Json* properties = find(declaration, "properties")) {
      for (const auto& [key, member] : properties->as_object()) {
        if (!is_optional(std::string(key), member)) out[key] = value(std::string(key), member);
      }
    }
    return out;
  }

  const Json& document_;
  const Givens& givens_;
  std::string seed_;
};

}  // namespace

Json parameters_for(const std::filesystem::path& file, const Json& document, const Givens& givens) {
  JsonObject out;
  const Json* declared = find(document, "parameters");
  if (!declared || !declared->is_object()) return out;
  std::filesystem::path parameter_file = file;
  const Json given = read_json(parameter_file.replace_extension(".parameters.json"));
  const Json* values = find(given, "parameters");
  const Maker maker(document, givens, givens.base_uri + file.stem().string());
  for (const auto& [name, declaration] : declared->get_object()) {
    const Json* one = values && values->is_object() ? find_ci(values->get_object(), name) : nullptr;
    const Json* said = one ? find(*one, "value") : nullptr;
    Json value;
    if (equal_ci(name, "_artifactsLocation") &&
        !maker.is_optional(std::string(name), declaration)) {
      value = givens.base_uri;
    } else if (said && !Maker::is_mark(*said)) {
      value = *said;
      maker.fill_marks(value, std::string(name));
    } else if (said && as_text(*said).starts_with("GEN-GUID")) {
      value = maker.text("guid " + std::string(name));
    } else if ((said && !as_text(*said).empty()) ||
               !maker.is_optional(std::string(name), declaration)) {
      value = maker.value(std::string(name), declaration);
    } else {
      continue;
    }
    out[name] = JsonObject{
        {"value", std::move(value)}
    };
  }
  return out;
}

Json extension_configs_for(const Json& document) {
  static const std::regex kRead("extensions\\('([^']+)'\\)\\.config\\.([A-Za-z0-9_]+)");
  JsonObject out;
  const Json* declared = find(document, "extensions");
  if (!declared || !declared->is_object()) return out;
  const std::string all = dump(document);
  for (std::sregex_iterator it(all.begin(), all.end(), kRead), end; it != end; ++it) {
    const std::string alias = (*it)[1].str(), key = (*it)[2].str();
    const Json* extension = find(*declared, alias);
    if (!extension || at(*extension, "config." + key + ".defaultValue")) continue;
    if (!out.contains(alias)) out[alias] = JsonObject{};
    out[alias].get_object()[key] = JsonObject{
        {"value", "made up " + key}
    };
  }
  return out;
}

}  // namespace armature::corpus
