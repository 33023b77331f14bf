// From the document's resources to sources: copy loops, conditions, child resources, ids.
#include "sandbox/template/resources.h"

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

constexpr std::size_t kMaxResources = 800;

struct Parent {
  std::string type;
  std::string name;
};

bool is_existing(const JsonObject& written) {
  const Json* flag = find_ci(written, "existing");
  return flag != nullptr && flag->is_bool() && flag->get_bool();
}

// Who provides a resource that names an extension: "Kubernetes", "MicrosoftGraph"; "" for ARM.
std::string extension_of(const Context& context, const JsonObject& written) {
  for (const auto& [key, section] :
       {std::pair("import", "imports"), std::pair("extension", "extensions")}) {
    const Json* alias = find_ci(written, key);
    if (alias == nullptr || !alias->is_string()) continue;
    const JsonObject* declared = context.section(section);
    const Json* found = declared == nullptr ? nullptr : find_ci(*declared, as_text(*alias));
    if (found == nullptr) return std::string(as_text(*alias));
    const std::string provider = text_at(*found, "provider", text_at(*found, "name"));
    return equal_ci(provider, "AzureResourceManager") ? "" : provider;
  }
  return "";
}

class Expander {
 public:
  explicit Expander(Context& context) : context_(context) {}

  std::optional<TemplateError> all(const Json& written, const std::string& path,
                                   const Parent* parent, const std::vector<Loop>& loops) {
    if (const auto* array = written.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) {
        const std::string here = path + "[" + std::to_string(i) + "]";
        if (auto error = looped((*array)[i], "", here, parent, loops)) return at(*error, here);
      }
      return std::nullopt;
    }
    const auto* object = written.if_object();
    if (object == nullptr || !context_.symbolic || parent != nullptr) {
      return invalid_template(
          "The 'resources' of the template must be an array, or an object when "
          "languageVersion is '2.0'.");
    }
    for (const auto& [symbol, one] : *object) {
      const std::string here = path + "." + std::string(symbol);
      if (auto error = looped(one, std::string(symbol), here, parent, loops)) {
        return at(*error, here);
      }
    }
    return std::nullopt;
  }

  Directory take() { return std::move(directory_); }

 private:
  static TemplateError at(TemplateError error, const std::string& path) {
    if (error.path.starts_with("resources")) return error;
    return error.path.starts_with("variables") ? error : within(std::move(error), path);
  }

  std::optional<TemplateError> looped(const Json& written, const std::string& symbol,
                                      const std::string& path, const Parent* parent,
                                      const std::vector<Loop>& loops) {
    if (!written.is_object()) return invalid_template("A resource must be an object.");
    Source source;
    source.written = &written.get_object();
    source.path = path;
    source.resource.symbol = symbol;
    source.loops = loops;
    if (!symbol.empty()) directory_.declare(symbol);
    const Json* copy = find_ci(*source.written, "copy");
    if (copy == nullptr || !copy->is_object()) return one(std::move(source), parent);
    Evaluator evaluator(context_, Phase::kStart, nullptr, nullptr, loops);
    const auto count = evaluator.copy_count(*copy);
    if (!count && count.error().code == kNotYetKnown) return leave_out(std::move(source));
    if (!count) return within(count.error(), "copy");
    std::string name = symbol;
    if (const Json* given = find_ci(copy->get_object(), "name")) {
      auto text = evaluator.string(*given, "name of a copy loop");
      if (!text) return within(text.error(), "copy");
      name = *std::move(text);
    }
    source.resource.copy_loop = name;
    directory_.declare(name);
    const Json* mode = find_ci(copy->get_object(), "mode");
    if (mode != nullptr && mode->is_string() && equal_ci(as_text(*mode), "serial")) {
      source.batch_size = 1;
      if (const Json* size = find_ci(copy->get_object(), "batchSize")) {
        auto value = evaluator.value(*size);
        if (!value) return within(value.error(), "copy");
        if (!value->is_int64() || value->get_int64() < 1) {
          return within(invalid_template("The copy batch size must be at least '1'."), "copy");
        }
        source.batch_size = value->get_int64();
      }
    }
    for (std::int64_t i = 0; i < *count; ++i) {
      Source iteration = source;
      iteration.iteration = i;
      iteration.loops.push_back({name, i, false});
      if (auto error = one(std::move(iteration), parent)) return error;
    }
    return std::nullopt;
  }

  std::optional<TemplateError> one(Source source, const Parent* parent) {
    Evaluator evaluator(context_, Phase::kStart, nullptr, nullptr, source.loops);
    if (const Json* condition = find_ci(*source.written, "condition")) {
      auto value = evaluator.value(*condition);
      // A preview shows what may come.
      if (!value && value.error().code == kNotYetKnown) value = Json(true);
      if (!value) return within(value.error(), "condition");
      if (!value->is_bool()) {
        return within(invalid_template("The condition of the template resource must be a boolean; "
                                       "it is a value of type '" +
                                       type_name(*value) + "'."),
                      "condition");
      }
      source.active = value->get_bool();
    }
    auto error = describe(evaluator, source, parent);
    if (error && error->code == kNotYetKnown && source.active) return leave_out(std::move(source));
    // The name of a resource that is left out, or read only where something uses it, may not be
    // evaluable at all.
    if (error && (!source.active || is_existing(*source.written))) {
      source.active = false;
      source.resource.id.clear();
      directory_.add(std::move(source));
      return std::nullopt;
    }
    if (error) return error;
    const Parent self{source.resource.type, source.resource.name};
    const Json* children = find_ci(*source.written, "resources");
    const std::vector<Loop> loops = source.loops;
    const std::string path = source.path;
    count_ += source.active ? 1 : 0;
    if (count_ > kMaxResources) {
      return invalid_template("The number of resources in the template exceeds the limit of '" +
                              std::to_string(kMaxResources) + "'.");
    }
    directory_.add(std::move(source));
    if (children == nullptr || !children->is_array()) return std::nullopt;
    return all(*children, path + ".resources", &self, loops);
  }

  static void show_unknown(Evaluator& evaluator, const Json& written, std::string& into) {
    evaluator.keep_unknown = true;
    const auto shown = evaluator.value(written);
    evaluator.keep_unknown = false;
    if (shown && shown->is_string()) into = std::string(as_text(*shown));
  }

  // Of no known id: known by its symbol or loop alone.
  std::optional<TemplateError> leave_out(Source source) {
    source.active = false;
    source.unidentified = true;
    source.resource.id.clear();
    directory_.add(std::move(source));
    return std::nullopt;
  }

  std::optional<TemplateError> describe(Evaluator& evaluator, Source& source,
                                        const Parent* parent) {
    Resource& resource = source.resource;
    const JsonObject& written = *source.written;
    struct Field {
      std::string_view key;
      std::string* into;
      bool required;
    };
    std::string scope;
    std::string subscription;
    std::string group;
    resource.extension = extension_of(context_, written);
    const bool of_arm = resource.extension.empty();
    const Field fields[] = {
        {"type",           &resource.type,        true  },
        {"name",           &resource.name,        of_arm},
        {"apiVersion",     &resource.api_version, of_arm},
        {"scope",          &scope,                false },
        {"subscriptionId", &subscription,         false },
        {"resourceGroup",  &group,                false }
    };
    for (const Field& field : fields) {
      const Json* member = find_ci(written, field.key);
      if (member == nullptr || member->is_null()) {
        if (!field.required) continue;
        return invalid_template("The template resource has no '" + std::string(field.key) +
                                "'. Please see https://aka.ms/arm-template/#resources for usage "
                                "details.");
      }
      auto value = evaluator.value(*member);
      if (!value && value.error().code == kNotYetKnown)
        show_unknown(evaluator, *member, *field.into);
      if (!value) return within(value.error(), field.key);
      if (value->is_null() && !field.required) continue;
      if (!value->is_string() || (field.required && as_text(*value).empty())) {
        return within(invalid_template("The '" + std::string(field.key) +
                                       "' of the template resource must be a non-empty string."),
                      field.key);
      }
      *field.into = std::string(as_text(*value));
    }
    resource.existing = is_existing(written);
    if (!of_arm) {
      place_below_deployment(source);
      return std::nullopt;
    }
    if (parent != nullptr) under(*parent, resource);
    if (auto error = check_segments(resource)) return error;
    place(source, scope, subscription, group);
    resource.is_deployment = equal_ci(resource.type, "Microsoft.Resources/deployments");
    if (const Json* location = find_ci(written, "location"); location && location->is_string()) {
      const auto value = evaluator.value(*location);
      if (value && value->is_string()) source.location = std::string(as_text(*value));
    }
    return std::nullopt;
  }

  // A child's type and name continue its parent's, unless it already has a full type.
  static void under(const Parent& parent, Resource& resource) {
    const std::string head = resource.type.substr(0, resource.type.find('/'));
    const bool full = head.find('.') != std::string::npos && head.size() < resource.type.size();
    if (full) return;
    resource.type = parent.type + "/" + resource.type;
    resource.name = parent.name + "/" + resource.name;
  }

  static std::optional<TemplateError> check_segments(const Resource& resource) {
    const std::size_t types = split(resource.type, '/').size();
    if (types == split(resource.name, '/').size() + 1 && types > 1) return std::nullopt;
    return invalid_template(
        "The template resource '" + resource.name + "' for type '" + resource.type +
        "' at line '0' and column '0' has incorrect segment lengths. A nested resource type must "
        "have identical number of segments as its resource name. A root resource type must have "
        "segment length one greater than its resource name. Please see "
        "https://aka.ms/arm-template/#resources for usage details.");
  }

  // Where the resource goes: its own scope, subscription or group, else the deployment's.
  void place(Source& source, const std::string& scope, const std::string& subscription,
             const std::string& group) const {
    Resource& resource = source.resource;
    std::string base = context_.surroundings.scope == "/" ? "" : context_.surroundings.scope;
    source.plain_id = resource_id(base, resource.type, resource.name);
    if (!subscription.empty()) base = "/subscriptions/" + subscription;
    if (!group.empty()) base = subscription_scope(base) + "/resourceGroups/" + group;
    if (scope.starts_with('/')) {
      base = scope == "/" ? "" : scope;
    } else if (starts_with_ci(scope, "Microsoft.Management/managementGroups/")) {
      base = "/providers/" + scope;
    } else if (!scope.empty()) {
      base += "/providers/" + scope;
    }
    resource.id = resource_id(base, resource.type, resource.name);
  }

  // "apps/Deployment@v1": its provider knows no ids of ARM.
  void place_below_deployment(Source& source) const {
    Resource& resource = source.resource;
    const auto version = resource.type.find('@');
    if (version != std::string::npos && resource.api_version.empty()) {
      resource.api_version = resource.type.substr(version + 1);
    }
    resource.type = resource.type.substr(0, version);
    if (resource.name.empty()) {
      resource.name = resource.symbol;
      if (!resource.copy_loop.empty()) resource.name += "-" + std::to_string(source.iteration);
    }
    const std::string& scope = context_.surroundings.scope;
    resource.id = resource_id(scope, "Microsoft.Resources/deployments",
                              text_at(context_.surroundings.deployment, "name")) +
                  "/extensibleResources/" + resource.name;
    source.plain_id = resource.id;
  }

  Context& context_;
  Directory directory_;
  std::size_t count_ = 0;
};

}  // namespace

Outcome<Directory> expand_resources(Context& context) {
  const auto* root = context.document.if_object();
  const Json* written = root == nullptr ? nullptr : find_ci(*root, "resources");
  if (written == nullptr) {
    return invalid_template(
        "The template has no 'resources'. Please see "
        "https://aka.ms/arm-template for usage details.");
  }
  Expander expander(context);
  if (auto error = expander.all(*written, "resources", nullptr, {})) return *std::move(error);
  return expander.take();
}

}  // namespace armature::sandbox::tmpl
