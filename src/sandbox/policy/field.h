#pragma once
// Fields of a policy rule and the values they select in a resource.
//
//   read_field   "name", "tags['k']", "tags.k", "identity.type", or an alias
//                "Namespace/type/prop.path[*].x"; nothing for text that is no field
//   Aliases      resolve by rule: the part before the last slash is the resource type, the rest a
//                path below "properties" or, for sku, kind, zones and their like, at the root. An
//                array element keeps its values in its own "properties" where the provider nests
//                them. A part that names no member but the object's discriminator ("Stream" of
//                {"type": "Stream"}) stays where it is. Aliases that follow no rule are in a table
//   select       one value (null when missing) or, with "[*]", one for each member. The alias of
//                another resource type selects nothing
//   Source       Azure Policy definition structure; aliases of the built-in definitions
//   Threads      pure; values point into the subject
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace armature::sandbox::policy {

struct Segment {
  std::string name;
  bool each = false;  // [*]
  bool operator==(const Segment&) const = default;
};

struct Field {
  enum class Kind { kName, kFullName, kType, kId, kLocation, kTag, kPath, kAlias };
  Kind kind = Kind::kName;
  std::string text;           // as written
  std::string tag;            // kTag
  std::string type;           // kAlias: the resource type, lower case
  std::vector<Segment> path;  // kPath: from the root; kAlias: below the type

  bool many() const;  // has it a [*]?
};

std::optional<Field> read_field(std::string_view text);

// What a rule is evaluated on: {id, name, type, location?, tags?, …, properties} in ARM's shape.
class Subject {
 public:
  explicit Subject(Json resource);
  const Json& resource() const { return resource_; }
  std::string_view type() const { return as_text(type_); }
  std::string_view id() const { return as_text(id_); }
  const Json& name() const { return name_; }
  const Json& full_name() const { return full_name_; }
  const Json& type_value() const { return type_; }
  const Json& id_value() const { return id_; }
  const Json& location() const { return location_; }  // "global" for one without

 private:
  Json resource_;
  Json name_;
  Json full_name_;
  Json type_;
  Json id_;
  Json location_;
};

// The member of an array that a count is at.
struct Member {
  Field array;  // up to and with its last [*]
  const Json* at = nullptr;
};

struct Selection {
  bool many = false;
  std::vector<const Json*> values;  // exactly one unless many
};
// `around`: the counts that this is inside of, outermost first: their arrays are at one member.
Selection select(const Subject& subject, const Field& field, const std::vector<Member>& around);

// The place of a field that append and modify write to: members from the root; nothing when the
// field cannot be written or goes through an array in its middle.
struct Place {
  std::vector<std::string> path;
  bool each = false;  // a trailing [*]: to add to the array
};
std::optional<Place> place_of(const Subject& subject, const Field& field);

}  // namespace armature::sandbox::policy
