#pragma once
// Request bodies and filters, read once for all routes.
#include <optional>
#include <string>

#include "sandbox/arm_call.h"

namespace armature::sandbox {

// A JSON object without what the server sets itself (id, name, type, systemData, etag and
// properties.provisioningState), its location as one word; or the 400.
struct Body {
  std::optional<Json> value;
  std::optional<ArmAnswer> refusal;
};
Body read_body(const ArmCall& call);
std::string normal_location(std::string_view location);  // "West US" → "westus"

// RFC 7396, tags as a whole. Says whether nothing changed.
bool apply_patch(Json& body, const Json& patch);

// $filter of lists: resourceType, name, location or resourceGroup eq; tagName eq and tagValue eq.
struct ListFilter {
  std::string type;
  std::string name;
  std::string location;
  std::string group;
  std::string tag_name;
  std::optional<std::string> tag_value;
  bool holds(const Json& body) const;  // the tags alone
};
std::optional<ListFilter> read_tag_filter(std::string_view text);
ArmAnswer invalid_filter(const std::string& filter);

}  // namespace armature::sandbox
