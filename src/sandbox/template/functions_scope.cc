// Names of the template, its surroundings, and ids made from types and names.
#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/resources.h"

namespace armature::sandbox::tmpl {
namespace {

Outcome<Json> parameters(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const std::string name, text_argument("parameters", arguments, 0));
  ARMATURE_TRY(const Json* value, evaluator.parameter(name));
  return *value;
}
Outcome<Json> variables(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const std::string name, text_argument("variables", arguments, 0));
  ARMATURE_TRY(const Json* value, evaluator.variable(name));
  return *value;
}

Outcome<Json> surrounding(std::string_view function, const Json& value) {
  if (!value.is_null()) return value;
  return invalid_template("The template function '" + std::string(function) +
                          "' is not expected at this location: it is not available at the scope "
                          "of this deployment. Please see https://aka.ms/arm-functions for usage "
                          "details.");
}

Outcome<Json> deployment(Evaluator& evaluator, const Arguments&) {
  return surrounding("deployment", evaluator.context.surroundings.deployment);
}
Outcome<Json> deployer(Evaluator& evaluator, const Arguments&) {
  return surrounding("deployer", evaluator.context.surroundings.deployer);
}
Outcome<Json> environment(Evaluator& evaluator, const Arguments&) {
  return surrounding("environment", evaluator.context.surroundings.environment);
}
Outcome<Json> subscription(Evaluator& evaluator, const Arguments&) {
  return surrounding("subscription", evaluator.context.surroundings.subscription);
}
Outcome<Json> resource_group(Evaluator& evaluator, const Arguments&) {
  return surrounding("resourceGroup", evaluator.context.surroundings.resource_group);
}
Outcome<Json> management_group(Evaluator& evaluator, const Arguments&) {
  return surrounding("managementGroup", evaluator.context.surroundings.management_group);
}
Outcome<Json> tenant(Evaluator& evaluator, const Arguments&) {
  return surrounding("tenant", evaluator.context.surroundings.tenant);
}

// [leading…], type, name…: the leading arguments end where the first one holds a slash.
struct Named {
  std::vector<std::string> leading;
  std::string type;
  std::string name;
};

Outcome<Named> named(std::string_view function, const Arguments& arguments,
                     std::size_t most_leading, std::size_t from = 0) {
  Named out;
  std::vector<std::string> names;
  for (std::size_t i = from; i < arguments.size(); ++i) {
    ARMATURE_TRY(std::string text, text_argument(function, arguments, i));
    if (!out.type.empty()) {
      names.push_back(std::move(text));
    } else if (text.find('/') != std::string::npos) {
      out.type = std::move(text);
    } else {
      out.leading.push_back(std::move(text));
    }
  }
  while (out.type.ends_with('/')) out.type.pop_back();
  const std::string wrapper =
      "Unable to evaluate template language function '" + std::string(function) + "': ";
  const std::string help = " Please see https://aka.ms/arm-resource-functions/#" +
                           to_lower(function) + " for usage details.";
  if (out.type.empty() || out.leading.size() > most_leading) {
    return invalid_template(wrapper +
                            "the fully qualified resource type is not found among its "
                            "arguments." +
                            help);
  }
  const std::size_t wanted = split(out.type, '/').size() - 1;
  if (names.size() != wanted) {
    return invalid_template(wrapper + "the type '" + out.type + "' requires '" +
                            std::to_string(wanted) + "' resource name argument(s)." + help);
  }
  out.name = join(names, "/");
  return out;
}

TemplateError bad_subscription(const std::string& value) {
  return invalid_template("The provided value '" + value +
                          "' is not valid subscription identifier. Please see "
                          "https://aka.ms/arm-template-expressions/#resourceid for usage details.");
}

Outcome<Json> resource_id_(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const Named parts, named("resourceId", arguments, 2));
  const std::string& here = evaluator.context.surroundings.scope;
  const std::string group = group_scope(here);
  std::string scope = !group.empty() ? group : subscription_scope(here);
  if (parts.leading.size() == 2) {
    if (!is_uuid(parts.leading[0])) return bad_subscription(parts.leading[0]);
    scope = "/subscriptions/" + parts.leading[0] + "/resourceGroups/" + parts.leading[1];
  } else if (parts.leading.size() == 1) {
    const bool is_subscription = is_uuid(parts.leading[0]) && group.empty();
    scope = is_subscription ? "/subscriptions/" + parts.leading[0]
                            : subscription_scope(here) + "/resourceGroups/" + parts.leading[0];
  }
  return Json(resource_id(scope, parts.type, parts.name));
}

Outcome<Json> subscription_resource_id(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const Named parts, named("subscriptionResourceId", arguments, 1));
  std::string scope = subscription_scope(evaluator.context.surroundings.scope);
  if (!parts.leading.empty()) {
    if (!is_uuid(parts.leading[0])) return bad_subscription(parts.leading[0]);
    scope = "/subscriptions/" + parts.leading[0];
  }
  return Json(resource_id(scope, parts.type, parts.name));
}

Outcome<Json> tenant_resource_id(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const Named parts, named("tenantResourceId", arguments, 0));
  return Json(resource_id("", parts.type, parts.name));
}

Outcome<Json> management_group_resource_id(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const Named parts, named("managementGroupResourceId", arguments, 1));
  constexpr std::string_view kPrefix = "/providers/Microsoft.Management/managementGroups/";
  const std::string& here = evaluator.context.surroundings.scope;
  std::string scope;
  if (!parts.leading.empty()) {
    scope = std::string(kPrefix) + parts.leading[0];
  } else if (starts_with_ci(here, kPrefix)) {
    scope = here.substr(0, here.find('/', kPrefix.size()));
  }
  return Json(resource_id(scope, parts.type, parts.name));
}

Outcome<Json> extension_resource_id(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(std::string base, text_argument("extensionResourceId", arguments, 0));
  ARMATURE_TRY(const Named parts, named("extensionResourceId", arguments, 0, 1));
  while (base.ends_with('/')) base.pop_back();
  return Json(resource_id(base, parts.type, parts.name));
}

constexpr Function kRows[] = {
    {"parameters",                1, 1,     parameters                  },
    {"variables",                 1, 1,     variables                   },
    {"deployment",                0, 0,     deployment                  },
    {"deployer",                  0, 0,     deployer                    },
    {"environment",               0, 0,     environment                 },
    {"subscription",              0, 0,     subscription                },
    {"resourceGroup",             0, 0,     resource_group              },
    {"managementGroup",           0, 0,     management_group            },
    {"tenant",                    0, 0,     tenant                      },
    {"resourceId",                2, kMany, resource_id_                },
    {"subscriptionResourceId",    2, kMany, subscription_resource_id    },
    {"tenantResourceId",          2, kMany, tenant_resource_id          },
    {"managementGroupResourceId", 2, kMany, management_group_resource_id},
    {"extensionResourceId",       3, kMany, extension_resource_id       },
};

}  // namespace

std::span<const Function> scope_functions() { return kRows; }

}  // namespace armature::sandbox::tmpl
