#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/extensions.h"
#include "sandbox/template/nested.h"
#include "sandbox/template/parameters.h"
#include "sandbox/template/places.h"
#include "sandbox/template/plan.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

std::optional<TemplateError> check_shape(const Json& document) {
  const auto* root = document.if_object();
  if (root == nullptr) return invalid_template("The template must be a JSON object.");
  struct Row {
    std::string_view section;
    std::size_t most;
  };
  for (const Row& row : {
           Row{"parameters", 256},
           Row{"variables",  256},
           Row{"outputs",    64 }
  }) {
    const Json* written = find_ci(*root, row.section);
    if (written == nullptr) continue;
    if (!written->is_object()) {
      return within(invalid_template("The template section '" + std::string(row.section) +
                                     "' must be an object."),
                    row.section);
    }
    if (written->get_object().size() > row.most) {
      return within(invalid_template("The number of template " + std::string(row.section) +
                                     " exceeds the limit of '" + std::to_string(row.most) + "'."),
                    row.section);
    }
  }
  return std::nullopt;
}

bool is_symbolic(const JsonObject& root) {
  const Json* version = find_ci(root, "languageVersion");
  return version != nullptr && version->is_string() && as_text(*version).starts_with("2.");
}

// "Microsoft.X/y/providers/locks" named "n/Microsoft.Authorization/l" is a lock named "l".
void use_extension_type(Resource& resource) {
  const std::vector<std::string> types = split(resource.type, '/');
  const auto last = std::find_if(types.rbegin(), types.rend(), [](const std::string& part) {
    return equal_ci(part, "providers");
  });
  if (last == types.rend()) return;
  const auto at = static_cast<std::size_t>(types.rend() - last) - 1;
  const std::vector<std::string> names = split(resource.name, '/');
  if (at == 0 || at + 1 >= types.size()) return;
  const auto type_rest = types.begin() + static_cast<std::ptrdiff_t>(at) + 1;
  const auto name_rest = names.begin() + static_cast<std::ptrdiff_t>(at);
  resource.type = names[at - 1] + "/" + join({type_rest, types.end()}, "/");
  resource.name = join({name_rest, names.end()}, "/");
}

std::optional<TemplateError> list_resources(Plan::Impl& plan) {
  const auto& sources = plan.directory.sources();
  std::vector<std::size_t> index_of(sources.size(), 0);
  std::map<std::string, std::string> ids;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i].unidentified) {
      const Resource& resource = sources[i].resource;
      plan.unidentified.push_back({sources[i].path, resource.type, resource.name});
    }
    if (!sources[i].active) continue;
    index_of[i] = plan.resources.size();
    plan.source_of.push_back(i);
    plan.resources.push_back(sources[i].resource);
    plan.resources.back().index = index_of[i];
    use_extension_type(plan.resources.back());
    if (sources[i].resource.existing) continue;
    if (!ids.emplace(to_lower(sources[i].resource.id), sources[i].path).second) {
      return TemplateError{"InvalidTemplate",
                           "The template resource '" + sources[i].resource.id +
                               "' at line '0' and column '0' is defined multiple times in a "
                               "template. Please see https://aka.ms/arm-template/#resources for "
                               "usage details.",
                           sources[i].path};
    }
  }
  for (Resource& resource : plan.resources) {
    for (std::size_t& before : resource.depends_on) before = index_of[before];
  }
  return std::nullopt;
}

}  // namespace

TemplateError located(const Context& context, TemplateError error, std::string_view shown) {
  if (!context.surroundings.text) return error;
  const std::string_view text = *context.surroundings.text;
  const Place place =
      error.offset ? in_text(text, error.path, *error.offset + 1) : place_of(text, error.path);
  error.line = place.line;
  error.column = place.column;
  constexpr std::string_view kUnknown = "at line '0' and column '0'";
  const auto found = error.message.find(kUnknown);
  if (found != std::string::npos) {
    const Place said = shown.empty() ? place : place_of(text, shown);
    error.message.replace(found, kUnknown.size(),
                          "at line '" + std::to_string(said.line) + "' and column '" +
                              std::to_string(said.column) + "'");
  }
  return error;
}

TemplateError validation_failed(const Context& context, TemplateError error) {
  error = located(context, std::move(error));
  if (error.code != "InvalidTemplate" && error.code != "InvalidTemplateCircularDependency") {
    return error;
  }
  error.message = "Deployment template validation failed: '" + error.message + "'.";
  return error;
}

Outcome<Plan> expand(const Json& document, const Json& parameters,
                     const Surroundings& surroundings) {
  auto plan = std::make_shared<Plan::Impl>();
  Context& context = plan->context;
  context.document = document;
  context.surroundings = surroundings;
  const auto refused = [&](TemplateError error) {
    return validation_failed(context, std::move(error));
  };
  if (auto error = check_shape(document)) return refused(*std::move(error));
  context.symbolic = is_symbolic(document.get_object());
  if (const auto* given = parameters.if_object()) context.given = *given;
  if (auto error = check_expressions(context)) return refused(*std::move(error));
  if (auto error = resolve_parameters(context)) return refused(*std::move(error));
  if (auto error = check_extension_configs(context)) return refused(*std::move(error));
  auto directory = expand_resources(context);
  if (!directory) return refused(directory.error());
  plan->directory = *std::move(directory);
  if (auto error = connect(context, plan->directory)) return refused(*std::move(error));
  if (auto error = list_resources(*plan)) return refused(*std::move(error));
  return Plan(std::move(plan));
}

const std::vector<Resource>& Plan::resources() const { return impl_->resources; }
const std::vector<Unidentified>& Plan::unidentified() const { return impl_->unidentified; }

Json Plan::parameters() const {
  JsonObject out;
  const JsonObject* declared = impl_->context.section("parameters");
  if (declared == nullptr) return out;
  for (const auto& [name, declaration] : *declared) {
    const std::string type = shown_type(impl_->context, declaration);
    JsonObject shown{
        {"type", type}
    };
    const auto value = impl_->context.parameters.find(to_lower(name));
    if (value != impl_->context.parameters.end() && !is_secure(type)) {
      shown["value"] = value->second;
    }
    out[name] = std::move(shown);
  }
  return out;
}

Json Plan::providers() const {
  JsonArray out;
  for (std::size_t i = 0; i < impl_->resources.size(); ++i) {
    const Resource& resource = impl_->resources[i];
    if (resource.existing || !resource.extension.empty()) continue;
    const auto slash = resource.type.find('/');
    const std::string name_space = resource.type.substr(0, slash);
    const std::string type = resource.type.substr(slash + 1);
    const auto member = [](JsonArray& list, std::string_view key, const std::string& value,
                           std::string_view inner) -> JsonObject& {
      for (Json& one : list) {
        if (equal_ci(text_at(one, key), value)) return one.get_object();
      }
      list.push_back(JsonObject{
          {key,   value      },
          {inner, JsonArray()}
      });
      return list.back().get_object();
    };
    JsonObject& provider = member(out, "namespace", name_space, "resourceTypes");
    JsonObject& entry =
        member(provider["resourceTypes"].get_array(), "resourceType", type, "locations");
    std::string location = to_lower(impl_->directory.sources()[impl_->source_of[i]].location);
    std::erase(location, ' ');
    const Json shown = location.empty() ? Json(nullptr) : Json(location);
    JsonArray& locations = entry["locations"].get_array();
    if (std::ranges::find(locations, shown) == locations.end()) locations.push_back(shown);
  }
  return out;
}

Json Plan::dependencies() const {
  const auto shown = [](const Resource& resource) {
    return JsonObject{
        {"id",           resource.id  },
        {"resourceType", resource.type},
        {"resourceName", resource.name}
    };
  };
  JsonArray out;
  for (const Resource& resource : impl_->resources) {
    if (resource.depends_on.empty()) continue;
    JsonArray before;
    for (const std::size_t index : resource.depends_on) {
      before.push_back(shown(impl_->resources[index]));
    }
    JsonObject entry{
        {"dependsOn", std::move(before)}
    };
    for (const auto& [key, value] : shown(resource)) entry[key] = value;
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace armature::sandbox::tmpl
