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

ArmAnswer invalid_filter(const std::string& filter);

}  // namespace armature::sandbox
