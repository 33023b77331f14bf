#include "sandbox/deployments/export.h"

#include <algorithm>
#include <set>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/routes.h"
#include "sandbox/template/expression.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMost = 200;

struct Options {
  bool with_defaults = false;
  bool literal_names = false;
  bool literal_all = false;
};

Options read_options(std::string_view text) {
  Options out;
  for (const std::string& word : split(text, ',')) {
    const std::string_view option = trim(word);
    if (equal_ci(option, "IncludeParameterDefaultValue")) out.with_defaults = true;
    if (equal_ci(option, "SkipResourceNameParameterization")) out.literal_names = true;
    if (equal_ci(option, "SkipAllParameterization")) out.literal_all = out.literal_names = true;
  }
  return out;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

// "storageAccounts_my_account": a parameter's name for a resource.
std::string parameter_stem(const arm::ResourceId& id) {
  const auto types = split(id.type, '/');
  std::string out = join({types.begin() + 1, types.end()}, "_") + "_" + id.name;
  for (char& c : out) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain) c = '_';
  }
  return out;
}

class Exporter {
 public:
  Exporter(Options options, const std::string& group) : options_(options), group_(group) {}

  void choose(const Record& record) {
    if (auto id = arm::ResourceId::parse(record.id)) {
      chosen_.emplace(to_lower(record.id), std::pair{&record, *std::move(id)});
    }
  }
  std::size_t size() const { return chosen_.size(); }

  Json document() {
    JsonArray resources;
    for (const auto& [key, chosen] : chosen_)
      resources.push_back(resource(*chosen.first, chosen.second));
    return JsonObject{
        {"$schema",
         "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"},
        {"contentVersion", "1.0.0.0"                                                      },
        {"parameters",     std::move(parameters_)                                         },
        {"variables",      JsonObject{}                                                   },
        {"resources",      std::move(resources)                                           }
    };
  }

 private:
  std::string parameter(const std::string& name, const std::string& value, bool keep_value) {
    JsonObject declared;
    if (keep_value) declared["defaultValue"] = value;
    declared["type"] = "String";
    parameters_.emplace(name, std::move(declared));
    return "parameters(" + quoted(name) + ")";
  }

  // The name of the topmost resource as an expression: a parameter or a literal.
  std::string top_name(const arm::ResourceId& id) {
    const std::string name = id.name.substr(0, id.name.find('/'));
    if (options_.literal_names) return quoted(name);
    arm::ResourceId top = id;
    top.name = name;
    const auto types = split(id.type, '/');
    top.type = types[0] + "/" + types[1];
    return parameter(parameter_stem(top) + "_name", name, options_.with_defaults);
  }

  std::string name_text(const arm::ResourceId& id) {
    const std::size_t slash = id.name.find('/');
    if (options_.literal_names) return tmpl::escape_literal(id.name);
    if (slash == std::string::npos) return "[" + top_name(id) + "]";
    return "[concat(" + top_name(id) + ", " + quoted(id.name.substr(slash)) + ")]";
  }

  std::string id_expression(const arm::ResourceId& id) {
    std::string out = "resourceId(" + quoted(id.type) + ", " + top_name(id);
    const auto names = split(id.name, '/');
    for (std::size_t i = 1; i < names.size(); ++i) out += ", " + quoted(names[i]);
    return out + ")";
  }

  // The chosen resource that an id names, or the nearest one above what it names.
  const arm::ResourceId* chosen_above(std::string key) const {
    while (key.size() > group_.size()) {
      const auto found = chosen_.find(key);
      if (found != chosen_.end()) return &found->second.second;
      key.erase(key.rfind('/'));
    }
    return nullptr;
  }

  Json text(const Json& value, const Record& self, std::set<std::string>& before) {
    const std::string written(as_text(value));
    if (!starts_with_ci(written, "/subscriptions/")) return Json(tmpl::escape_literal(written));
    const arm::ResourceId* id = chosen_above(to_lower(written));
    if (id == nullptr) {
      const auto other = arm::ResourceId::parse(written);
      const bool named = other && other->kind == arm::ScopeKind::kResource && !options_.literal_all;
      if (!named) return value;
      return Json("[" + parameter(parameter_stem(*other) + "_externalid", written, true) + "]");
    }
    const std::string expression = id_expression(*id);
    if (!equal_ci(id->text, self.id)) before.insert("[" + expression + "]");
    if (id->text.size() == written.size()) return Json("[" + expression + "]");
    return Json("[concat(" + expression + ", " + quoted(written.substr(id->text.size())) + ")]");
  }

  Json part(const Json& value, const Record& self, std::set<std::string>& before) {
    if (value.is_string()) return text(value, self, before);
    if (const auto* array = value.if_array()) {
      JsonArray out;
      for (const Json& element : *array) out.push_back(part(element, self, before));
      return out;
    }
    const auto* object = value.if_object();
    if (object == nullptr) return value;
    JsonObject out;
    for (const auto& [key, member] : *object) {
      out[tmpl::escape_literal(std::string(key))] = part(member, self, before);
    }
    return out;
  }

  Json resource(const Record& record, const arm::ResourceId& id) {
    JsonObject out{
        {"type",       id.type           },
        {"apiVersion", record.api_version},
        {"name",       name_text(id)     }
    };
    std::set<std::string> before;
    if (const arm::ResourceId* parent = chosen_above(to_lower(id.parent))) {
      before.insert("[" + id_expression(*parent) + "]");
    }
    JsonObject body;
    if (record.body.is_object()) body = part(record.body, record, before).get_object();
    if (const Json* location = body.if_contains("location")) out["location"] = *location;
    if (!before.empty()) out["dependsOn"] = JsonArray(before.begin(), before.end());
    for (const auto& [key, member] : body) out.emplace(key, member);
    return out;
  }

  const Options options_;
  const std::string group_;  // its id in lower case
  std::map<std::string, std::pair<const Record*, arm::ResourceId>> chosen_;
  JsonObject parameters_;
};

Json incomplete(JsonArray details) {
  return JsonObject{
      {"code",    "ExportTemplateCompletedWithErrors"},
      {"message",
       "Export template operation completed with errors. Some resources were not exported. Please "
       "see details for more information."           },
      {"details", std::move(details)                 }
  };
}

}  // namespace

ArmAnswer export_group(const Cloud& cloud, const State& state, const ArmCall& call) {
  const std::string id =
      "/subscriptions/" + cloud.subscription() + "/resourceGroups/" + call.at.head[3];
  const std::string group = to_lower(id);
  const Json* wanted = call.body ? find(*call.body, "resources") : nullptr;
  if (!wanted || !wanted->is_array() || wanted->get_array().empty()) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: 'resources is a "
                  "list of resource ids, or of \"*\" for all'.");
  }
  Exporter exporter(read_options(text_at(*call.body, "options")), group);
  const auto& records = state.table<Record>();
  JsonArray missing;
  for (const Json& one : wanted->get_array()) {
    const std::string name = one.is_string() ? std::string(as_text(one)) : "";
    if (name == "*") {
      const std::string prefix = group + "/providers/";
      for (auto it = records.lower_bound(prefix);
           it != records.end() && it->first.starts_with(prefix); ++it) {
        exporter.choose(it->second);
      }
      continue;
    }
    const Record* record = state.get<Record>(to_lower(name));
    if (record && starts_with_ci(name, id + "/")) {
      exporter.choose(*record);
      continue;
    }
    missing.push_back(JsonObject{
        {"code",    "ResourceNotFound"                                                },
        {"target",  name                                                              },
        {"message", "The resource '" + name + "' was not found in the resource group."}
    });
  }
  if (exporter.size() > kMost) {
    return refuse(400, "ExportTemplateResourceLimitExceeded",
                  "The number of resources to export, '" + std::to_string(exporter.size()) +
                      "', exceeds the limit of '" + std::to_string(kMost) + "'.");
  }
  JsonObject out{
      {"template", exporter.document()}
  };
  if (!missing.empty()) out["error"] = incomplete(std::move(missing));
  return answer(200, std::move(out));
}

}  // namespace armature::sandbox
