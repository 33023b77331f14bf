#pragma once
// Facts of Azure's resource providers: which types there are, their api-versions, where they may be
// written, what they carry, how they may be named; and the regions.
//
//   In        data/resource_types.txt and data/locations.txt, compiled in. The first look-up notes
//             where each line begins; each is a binary search over those, and reads its lines alone
//   Out       views into that text, good for ever
//   Compare   names without regard to case, as ARM does
//   Source    Azure's published type definitions; scripts/make_resource_types.py
//   Threads   pure
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace armature::sandbox {

// Where a type may be read or written: bits.
enum Scopes : unsigned {
  kTenantScope = 1,
  kManagementGroupScope = 2,
  kSubscriptionScope = 4,
  kGroupScope = 8,
  kExtensionScope = 16,  // on any resource
};

struct TypeFacts {
  std::string_view name;  // "Microsoft.Storage/storageAccounts", in ARM's own case
  unsigned readable = 0;
  unsigned writable = 0;
  bool has_location = false;
  bool needs_location = false;
  bool has_tags = false;
  bool has_identity = false;
  bool has_kind = false;
  bool has_sku = false;
  bool has_zones = false;
  bool has_etag = false;
  std::string_view versions;  // newest first, blanks between; "*": any
  std::string_view rule;      // of its last name: "MIN MAX PATTERN", "" for none

  std::string_view provider() const { return name.substr(0, name.find('/')); }
  std::string_view type() const { return name.substr(name.find('/') + 1); }
  bool takes(std::string_view api_version) const;
  std::vector<std::string> version_list() const;
  // The newest that is no preview; the newest of all when there is no other.
  std::string_view default_version() const;
};

std::optional<TypeFacts> find_type(std::string_view full_type);
// "Microsoft.Storage" for any spelling of it; "" when there is no such namespace.
std::string_view find_namespace(std::string_view name);
std::vector<TypeFacts> types_of(std::string_view provider);
std::vector<std::string_view> all_namespaces();
// What ARM's own routes take: subscriptions, groups, providers.
const TypeFacts& own_routes();

struct LocationFacts {
  std::string_view name, type, category, display, regional_display, geography, geography_group,
      longitude, latitude, place;
  std::string_view pairs;  // names, commas between
  std::string_view zones;  // "1=eastus-az1,2=…"
};

const std::vector<LocationFacts>& all_locations();
const LocationFacts* find_location(std::string_view normal_name);

}  // namespace armature::sandbox
