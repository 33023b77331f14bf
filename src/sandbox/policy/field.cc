#include "sandbox/policy/field.h"

#include <algorithm>
#include <array>

#include "arm/resource_id.h"
#include "base/bytes.h"

namespace armature::sandbox::policy {
namespace {

const Json kMissing;

// Aliases that follow no rule: "" as a type stands for every type the namespace's alias applies to.
struct Special {
  std::string_view alias;
  std::string_view type;
  std::string_view path;  // from the root
};
constexpr std::string_view kVm = "microsoft.compute/virtualmachines";
constexpr std::string_view kVmss = "microsoft.compute/virtualmachinescalesets";
constexpr std::string_view kImage = "properties.storageProfile.imageReference.";
constexpr std::string_view kSetImage =
    "properties.virtualMachineProfile.storageProfile.imageReference.";
constexpr std::array kSpecials = {
    Special{"microsoft.compute/virtualmachines/sku.name",             kVm,                                "properties.hardwareProfile.vmSize"          },
    Special{"microsoft.hybridcompute/imageoffer",                     "microsoft.hybridcompute/machines",
            "properties.osName"                                                                                                                        },
    Special{"microsoft.storage/storageaccounts/enableblobencryption",
            "microsoft.storage/storageaccounts",                                                          "properties.encryption.services.blob.enabled"},
    Special{"microsoft.storage/storageaccounts/enablefileencryption",
            "microsoft.storage/storageaccounts",                                                          "properties.encryption.services.file.enabled"},
};

// At the root of a resource, not below "properties", in most types.
constexpr std::array<std::string_view, 9> kAtRoot = {
    "sku",  "kind",      "identity",         "zones",   "plan",
    "tags", "managedBy", "extendedLocation", "location"};
// Types whose sku is a property.
constexpr std::array<std::string_view, 6> kSkuBelow = {"microsoft.keyvault/vaults",
                                                       "microsoft.network/firewallpolicies",
                                                       "microsoft.network/azurefirewalls",
                                                       "microsoft.network/applicationgateways",
                                                       "microsoft.network/virtualnetworkgateways",
                                                       "microsoft.operationalinsights/workspaces"};

std::vector<Segment> read_path(std::string_view text) {
  std::vector<Segment> out;
  for (const std::string& part : split(text, '.')) {
    std::string_view name = part;
    std::size_t stars = 0;
    while (name.ends_with("[*]")) {
      name.remove_suffix(3);
      ++stars;
    }
    out.push_back({std::string(name), stars > 0});
    for (; stars > 1; --stars) out.push_back({"", true});  // an array of arrays
  }
  return out;
}

// "imagePublisher" of Microsoft.Compute is one of virtual machines and of their sets.
std::optional<std::vector<Segment>> special_path(const Field& field, std::string_view type) {
  for (const Special& row : kSpecials) {
    if (equal_ci(row.alias, field.text) && equal_ci(row.type, type)) return read_path(row.path);
  }
  if (field.type != "microsoft.compute" || field.path.size() != 1) return std::nullopt;
  const std::string& name = field.path[0].name;
  if (!starts_with_ci(name, "image")) return std::nullopt;
  std::string_view above;
  if (equal_ci(type, kVm)) above = kImage;
  if (equal_ci(type, kVmss)) above = kSetImage;
  if (above.empty()) return std::nullopt;
  return read_path(std::string(above) + to_lower(name.substr(5)));
}

bool plain_segment(const Segment& segment) {
  return !segment.name.empty() && segment.name.find_first_of("[]'\" ") == std::string::npos;
}

// "Microsoft.Media.JobInputs", "#Microsoft-Media-JobInputs": the same letters and digits.
std::string letters(std::string_view text) {
  std::string out;
  for (const char c : to_lower(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

// A last part must look like a discriminator too: "enabled" is a member that is missing.
bool discriminated(const JsonObject& object, std::string_view name, bool last) {
  constexpr std::array kKeys = {"type",     "@odata.type", "kind", "ruleCollectionType",
                                "ruleType", "objectType",  "name"};
  if (last && name.find_first_of("#-") == std::string_view::npos) return false;
  const std::string wanted = letters(name);
  return std::ranges::any_of(kKeys, [&](const char* key) {
    const Json* value = find_ci(object, key);
    return value && value->is_string() && letters(as_text(*value)) == wanted;
  });
}

const JsonObject* inner(const JsonObject& object) {
  const Json* properties = find_ci(object, "properties");
  return properties ? properties->if_object() : nullptr;
}

const Json* below_root(const Json& root, std::string_view name, bool last) {
  const auto& object = root.get_object();
  const JsonObject* properties = inner(object);
  if (properties) {
    if (const Json* found = find_ci(*properties, name)) return found;
  }
  const bool own = equal_ci(name, "id") || equal_ci(name, "name") || equal_ci(name, "type");
  if (!own) {
    if (const Json* found = find_ci(object, name)) return found;
  }
  const bool here =
      (properties && discriminated(*properties, name, last)) || discriminated(object, name, last);
  return here ? &root : &kMissing;
}

const Json* below(const Json& value, std::string_view name, bool last) {
  const auto* object = value.if_object();
  if (!object) return &kMissing;
  if (const Json* found = find_ci(*object, name)) return found;
  if (const JsonObject* properties = inner(*object)) {
    if (const Json* found = find_ci(*properties, name)) return found;
  }
  return discriminated(*object, name, last) ? &value : &kMissing;
}

class Walk {
 public:
  Walk(const Json& root, bool by_alias, Selection& out)
      : root_(root), by_alias_(by_alias), out_(out) {}

  void from(const Json& value, const std::vector<Segment>& path, std::size_t at) {
    if (at == path.size()) {
      out_.values.push_back(&value);
      return;
    }
    // An older alias goes through an array without saying so: "logs.enabled".
    if (const auto* array = value.if_array(); array && !path[at].name.empty()) {
      out_.many = true;
      for (const Json& one : *array) from(one, path, at);
      return;
    }
    const Json* next = &value;
    if (!path[at].name.empty()) {
      const bool root = by_alias_ && &value == &root_;
      const bool last = at + 1 == path.size();
      next = root ? below_root(value, path[at].name, last) : below(value, path[at].name, last);
    }
    if (!path[at].each) return from(*next, path, at + 1);
    const auto* array = next->if_array();
    if (!array) return;
    for (const Json& one : *array) from(one, path, at + 1);
  }

 private:
  const Json& root_;
  bool by_alias_;
  Selection& out_;
};

// How many segments of the field the count's array covers; 0: none.
std::size_t covered(const Field& field, const Field& array) {
  if (field.kind != array.kind || field.type != array.type) return 0;
  if (array.path.size() > field.path.size()) return 0;
  for (std::size_t i = 0; i < array.path.size(); ++i) {
    if (!equal_ci(field.path[i].name, array.path[i].name)) return 0;
    if (field.path[i].each != array.path[i].each) return 0;
  }
  return array.path.size();
}

Field plain_field(Field::Kind kind, std::string_view text) {
  Field out;
  out.kind = kind;
  out.text = text;
  return out;
}

std::optional<Field> read_tag(std::string_view text) {
  if (!starts_with_ci(text, "tags")) return std::nullopt;
  std::string_view rest = text.substr(4);
  if (rest.starts_with('.') && rest.size() > 1) {
    rest.remove_prefix(1);
  } else if (rest.starts_with('[') && rest.ends_with(']') && rest.size() > 2 && rest != "[*]") {
    rest = rest.substr(1, rest.size() - 2);
    if (rest.size() >= 2 && rest.front() == '\'' && rest.back() == '\'') {
      rest = rest.substr(1, rest.size() - 2);
    }
  } else {
    return std::nullopt;
  }
  Field out = plain_field(Field::Kind::kTag, text);
  out.tag = rest;
  return out;
}

}  // namespace

bool Field::many() const { return std::ranges::any_of(path, &Segment::each); }

std::optional<Field> read_field(std::string_view text) {
  if (equal_ci(text, "name")) return plain_field(Field::Kind::kName, text);
  if (equal_ci(text, "fullName")) return plain_field(Field::Kind::kFullName, text);
  if (equal_ci(text, "type")) return plain_field(Field::Kind::kType, text);
  if (equal_ci(text, "id")) return plain_field(Field::Kind::kId, text);
  if (equal_ci(text, "location")) return plain_field(Field::Kind::kLocation, text);
  if (auto tag = read_tag(text)) return tag;
  Field out = plain_field(Field::Kind::kPath, text);
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) {
    out.path = read_path(text);
    constexpr std::array kRoots = {"kind", "tags", "identity"};
    const bool known = std::ranges::any_of(
        kRoots, [&](const char* root) { return equal_ci(out.path[0].name, root); });
    return known && std::ranges::all_of(out.path, plain_segment) ? std::optional(out)
                                                                 : std::nullopt;
  }
  out.kind = Field::Kind::kAlias;
  out.type = to_lower(text.substr(0, slash));
  out.path = read_path(text.substr(slash + 1));
  const bool namespaced = out.type.find('.') != std::string::npos && out.type.front() != '/';
  if (!namespaced || !plain_segment(out.path[0])) return std::nullopt;
  return out;
}

Subject::Subject(Json resource) : resource_(std::move(resource)) {
  if (!resource_.is_object()) resource_ = JsonObject{};
  type_ = text_at(resource_, "type");
  id_ = text_at(resource_, "id");
  const auto id = arm::ResourceId::parse(as_text(id_));
  const std::string full = id ? id->name : text_at(resource_, "name");
  full_name_ = full;
  name_ = full.substr(full.rfind('/') + 1);
  location_ = text_at(resource_, "location", "global");
}

Selection select(const Subject& subject, const Field& field, const std::vector<Member>& around) {
  Selection out;
  switch (field.kind) {
    case Field::Kind::kName:
      out.values.push_back(&subject.name());
      return out;
    case Field::Kind::kFullName:
      out.values.push_back(&subject.full_name());
      return out;
    case Field::Kind::kType:
      out.values.push_back(&subject.type_value());
      return out;
    case Field::Kind::kId:
      out.values.push_back(&subject.id_value());
      return out;
    case Field::Kind::kLocation:
      out.values.push_back(&subject.location());
      return out;
    case Field::Kind::kTag: {
      const Json* tags = find(subject.resource(), "tags");
      const Json* tag =
          tags && tags->is_object() ? find_ci(tags->get_object(), field.tag) : nullptr;
      out.values.push_back(tag ? tag : &kMissing);
      return out;
    }
    case Field::Kind::kPath:
    case Field::Kind::kAlias:
      break;
  }
  out.many = field.many();
  const bool alias = field.kind == Field::Kind::kAlias;
  Walk walk(subject.resource(), alias, out);
  for (auto member = around.rbegin(); member != around.rend(); ++member) {
    if (const std::size_t done = covered(field, member->array)) {
      out.many = std::any_of(field.path.begin() + static_cast<std::ptrdiff_t>(done),
                             field.path.end(), [](const Segment& s) { return s.each; });
      walk.from(*member->at, field.path, done);
      if (!out.many && out.values.empty()) out.values.push_back(&kMissing);
      return out;
    }
  }
  if (alias) {
    if (const auto path = special_path(field, subject.type())) {
      Walk(subject.resource(), false, out).from(subject.resource(), *path, 0);
      return out;
    }
  }
  if (!alias || equal_ci(field.type, subject.type())) {
    walk.from(subject.resource(), field.path, 0);
  }
  if (!out.many && out.values.empty()) out.values.push_back(&kMissing);
  return out;
}

std::optional<Place> place_of(const Subject& subject, const Field& field) {
  Place out;
  switch (field.kind) {
    case Field::Kind::kLocation:
      out.path = {"location"};
      return out;
    case Field::Kind::kTag:
      out.path = {"tags", field.tag};
      return out;
    case Field::Kind::kPath:
    case Field::Kind::kAlias:
      break;
    default:
      return std::nullopt;
  }
  std::vector<Segment> path = field.path;
  if (field.kind == Field::Kind::kAlias) {
    if (const auto special = special_path(field, subject.type())) {
      path = *special;
    } else if (!equal_ci(field.type, subject.type())) {
      return std::nullopt;
    } else {
      const bool sku_below =
          equal_ci(path[0].name, "sku") &&
          std::ranges::any_of(kSkuBelow, [&](auto type) { return type == field.type; });
      const bool root = std::ranges::any_of(
          kAtRoot, [&](std::string_view name) { return equal_ci(name, path[0].name); });
      if (!root || sku_below) path.insert(path.begin(), {"properties", false});
    }
  }
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i].each && i + 1 < path.size()) return std::nullopt;
    out.path.push_back(path[i].name);
  }
  out.each = path.back().each;
  return out;
}

}  // namespace armature::sandbox::policy
