// reference(), references() and list*(): answered by the Lookup once resources exist; providers()
// and pickZones() from what the surroundings know of a type.
#include "arm/role.h"
#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/front/provider_facts.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/resources.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

struct Target {
  std::string id;
  std::string api_version;
  bool in_template = false;  // and written by it
};

Outcome<Target> target(Evaluator& evaluator, const std::string& text) {
  const Directory* directory = evaluator.directory;
  const Source* best = nullptr;
  if (directory != nullptr) {
    for (const std::size_t hit : directory->find(text)) {
      const Source& source = directory->sources()[hit];
      if (best == nullptr || (!best->active && source.active)) best = &source;
    }
  }
  if (best != nullptr) {
    // An id is taken as it stands: it may name the same resource at another scope.
    const bool by_id = text.starts_with('/');
    return Target{by_id ? text : best->resource.id, best->resource.api_version,
                  !best->resource.existing};
  }
  if (text.starts_with('/')) return Target{text, ""};
  const auto slash = text.find('/');
  if (slash != std::string::npos && text.substr(0, slash).find('.') != std::string::npos) {
    return Target{evaluator.context.surroundings.scope + "/providers/" + text, ""};
  }
  return invalid_template("The resource '" + text +
                          "' is not defined in the template. Please see "
                          "https://aka.ms/arm-template for usage details.");
}

Outcome<std::string> version(const Target& target, const Arguments& arguments) {
  if (arguments.size() > 1 && arguments[1].is_string() && !as_text(arguments[1]).empty()) {
    return std::string(as_text(arguments[1]));
  }
  if (!target.api_version.empty()) return target.api_version;
  return invalid_template("The template resource reference to '" + target.id +
                          "' requires an API version. Please see https://aka.ms/arm-template for "
                          "usage details.");
}

// What reference(…, 'Full') shows: not the resource's own names, but where they stand.
Json full_shape(const Json& whole, const std::string& id, const std::string& api_version,
                bool in_template) {
  JsonObject out{
      {"apiVersion", api_version}
  };
  if (const auto* members = whole.if_object()) {
    for (const auto& [key, value] : *members) {
      const bool name = key == "id" || key == "name" || key == "type" || key == "systemData" ||
                        key == "etag" || key == "apiVersion";
      if (!name) out[key] = value;
    }
  }
  const std::string group = group_scope(id);
  const std::string subscription = subscription_scope(id);
  if (!subscription.empty())
    out["subscriptionId"] = subscription.substr(subscription.rfind('/') + 1);
  if (!group.empty()) out["resourceGroupName"] = group.substr(group.rfind('/') + 1);
  const auto providers = to_lower(id).rfind("/providers/");
  out["scope"] = providers == std::string::npos ? "" : id.substr(0, providers);
  out["resourceId"] = providers == std::string::npos ? id : id.substr(providers + 11);
  out["referenceApiVersion"] = api_version;
  out["condition"] = true;
  out["isConditionTrue"] = true;
  out["isTemplateResource"] = in_template;
  out["isAction"] = false;
  out["provisioningOperation"] = in_template ? "Create" : "Read";
  return Json(std::move(out));
}

Outcome<Json> looked_up(Evaluator& evaluator, const std::string& id, const std::string& api_version,
                        bool full, bool in_template) {
  ARMATURE_TRY(Json found, evaluator.lookup->reference(id, api_version, full));
  return full ? full_shape(found, id, api_version, in_template) : std::move(found);
}

bool is_full(const Json& value) { return value.is_string() && equal_ci(as_text(value), "full"); }

Outcome<Json> reference(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const std::string name, text_argument("reference", arguments, 0));
  ARMATURE_TRY(const Target found, target(evaluator, name));
  Arguments rest = arguments;
  const bool full = is_full(rest.back());
  if (rest.size() > 1 && is_full(rest.back())) rest.pop_back();
  ARMATURE_TRY(const std::string api_version, version(found, rest));
  return looked_up(evaluator, found.id, api_version, full && arguments.size() > 1,
                   found.in_template);
}

Outcome<Json> references(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const std::string symbol, text_argument("references", arguments, 0));
  const bool full = arguments.size() > 1 && is_full(arguments.back());
  JsonArray out;
  if (evaluator.directory == nullptr) return Json(std::move(out));
  for (const std::size_t hit : evaluator.directory->find_symbol(symbol)) {
    const Source& source = evaluator.directory->sources()[hit];
    if (!source.active) continue;
    ARMATURE_TRY(Json one, looked_up(evaluator, source.resource.id, source.resource.api_version,
                                     full, !source.resource.existing));
    out.push_back(std::move(one));
  }
  return Json(std::move(out));
}

Outcome<Json> list(Evaluator& evaluator, const Node& call) {
  Arguments arguments;
  for (const Node& child : call.children) {
    ARMATURE_TRY(Json argument, evaluator.node(child));
    arguments.push_back(std::move(argument));
  }
  ARMATURE_TRY(const std::string name, text_argument(call.text, arguments, 0));
  ARMATURE_TRY(const Target found, target(evaluator, name));
  ARMATURE_TRY(const std::string api_version, version(found, arguments));
  const Json body = arguments.size() > 2 ? arguments[2] : Json(nullptr);
  return evaluator.lookup->list(call.text, found.id, api_version, body);
}

Outcome<Json> known_type(Evaluator& evaluator, const std::string& name_space,
                         const std::string& type) {
  const auto& ask = evaluator.context.surroundings.provider_type;
  const Json answer = ask ? ask(name_space, type) : Json(nullptr);
  if (answer.is_object()) return answer;
  return invalid_template("The resource type '" + type + "' could not be found in the namespace '" +
                          name_space + "'.");
}

Outcome<Json> providers(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const std::string name_space, text_argument("providers", arguments, 0));
  ARMATURE_TRY(const std::string type, text_argument("providers", arguments, 1));
  ARMATURE_TRY(const Json known, known_type(evaluator, name_space, type));
  JsonObject out;
  for (const std::string_view key : {"resourceType", "locations", "apiVersions"}) {
    if (const Json* member = find(known, key)) out[key] = *member;
  }
  return Json(std::move(out));
}

std::string plain_location(std::string_view location) {
  std::string out = to_lower(location);
  std::erase(out, ' ');
  return out;
}

Outcome<Json> pick_zones(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const std::string name_space, text_argument("pickZones", arguments, 0));
  ARMATURE_TRY(const std::string type, text_argument("pickZones", arguments, 1));
  ARMATURE_TRY(const std::string location, text_argument("pickZones", arguments, 2));
  std::int64_t count = 1;
  std::int64_t offset = 0;
  if (arguments.size() > 3) {
    ARMATURE_TRY(count, integer_argument("pickZones", arguments, 3));
  }
  if (arguments.size() > 4) {
    ARMATURE_TRY(offset, integer_argument("pickZones", arguments, 4));
  }
  if (count < 1 || count > 3 || offset < 0 || offset > 3) {
    return invalid_template(
        "The template language function 'pickZones' expects a count from '1' to "
        "'3' and an offset from '0' to '3'.");
  }
  ARMATURE_TRY(const Json known, known_type(evaluator, name_space, type));
  JsonArray out;
  const Json* mappings = find(known, "zoneMappings");
  if (mappings == nullptr || !mappings->is_array()) return Json(std::move(out));
  for (const Json& mapping : mappings->get_array()) {
    const Json* zones = find(mapping, "zones");
    if (zones == nullptr || !zones->is_array() ||
        plain_location(text_at(mapping, "location")) != plain_location(location)) {
      continue;
    }
    const auto total = static_cast<std::int64_t>(zones->get_array().size());
    for (std::int64_t i = 0; i < count && i < total; ++i) {
      out.push_back(zones->get_array()[static_cast<std::size_t>((offset + i) % total)]);
    }
  }
  return Json(std::move(out));
}

// As the list of locations maps them: "1=westeurope-az1,2=…".
Outcome<std::string> zone(std::string_view function, const Arguments& arguments, const Json& given,
                          bool logical) {
  ARMATURE_TRY(const std::string subscription, text_argument(function, arguments, 0));
  ARMATURE_TRY(const std::string location, text_argument(function, arguments, 1));
  if (!given.is_string()) {
    return wrong_argument(function, "its zones to be of type 'String'", given);
  }
  std::string text(as_text(given));
  if (text.empty()) return text;
  const LocationFacts* facts = find_location(plain_location(location));
  for (const std::string& pair : split(facts == nullptr ? "" : facts->zones, ',')) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos) continue;
    const std::string number = pair.substr(0, equals);
    const std::string physical = pair.substr(equals + 1);
    if (equal_ci(text, logical ? physical : number)) return logical ? number : physical;
  }
  return invalid_template("The template language function '" + std::string(function) +
                          "' found no zone '" + text + "' in the location '" + location +
                          "' of the subscription '" + subscription + "'.");
}

Outcome<Json> one_zone(std::string_view function, const Arguments& arguments, bool logical) {
  ARMATURE_TRY(std::string found, zone(function, arguments, arguments[2], logical));
  return Json(std::move(found));
}
Outcome<Json> all_zones(std::string_view function, const Arguments& arguments, bool logical) {
  const auto* list = arguments[2].if_array();
  if (list == nullptr) {
    return wrong_argument(function, "its third parameter to be an array", arguments[2]);
  }
  JsonArray out;
  for (const Json& one : *list) {
    ARMATURE_TRY(std::string found, zone(function, arguments, one, logical));
    out.emplace_back(std::move(found));
  }
  return Json(std::move(out));
}

Outcome<Json> to_logical_zone(Evaluator&, const Arguments& arguments) {
  return one_zone("toLogicalZone", arguments, true);
}
Outcome<Json> to_logical_zones(Evaluator&, const Arguments& arguments) {
  return all_zones("toLogicalZones", arguments, true);
}
Outcome<Json> to_physical_zone(Evaluator&, const Arguments& arguments) {
  return one_zone("toPhysicalZone", arguments, false);
}
Outcome<Json> to_physical_zones(Evaluator&, const Arguments& arguments) {
  return all_zones("toPhysicalZones", arguments, false);
}

Outcome<Json> role_definitions(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const std::string name, text_argument("roleDefinitions", arguments, 0));
  const arm::Role* role = arm::find_builtin_role(name);
  if (role == nullptr) {
    return invalid_template(
        "The template language function 'roleDefinitions' found no built-in "
        "role that is called '" +
        name + "'.");
  }
  return Json(JsonObject{
      {"id",       resource_id(subscription_scope(evaluator.context.surroundings.scope),
       "Microsoft.Authorization/roleDefinitions", role->id)},
      {"roleDefinitionId", role->id                                                                    }
  });
}

constexpr Function kRows[] = {
    {"toLogicalZone",   3, 3,    to_logical_zone  },
    {"toLogicalZones",  3, 3,    to_logical_zones },
    {"toPhysicalZone",  3, 3,    to_physical_zone },
    {"toPhysicalZones", 3, 3,    to_physical_zones},
    {"roleDefinitions", 1, 1,    role_definitions },
    {"reference",       1, 3,    reference,         nullptr, true},
    {"references",             1,              2,       references,           nullptr, true},
    {"list",       1, 3,nullptr,  list, true},
    {"providers",          2,          2,             providers                        },
    {"pickZones",                 3,        5,  pick_zones        },
};

}  // namespace

std::span<const Function> resource_functions() { return kRows; }

}  // namespace armature::sandbox::tmpl
