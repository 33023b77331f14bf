#include "sandbox/bodies.h"

#include "base/bytes.h"

namespace armature::sandbox {

std::string normal_location(std::string_view location) {
  std::string out;
  for (const char c : to_lower(location)) {
    if (c != ' ') out += c;
  }
  return out;
}

Body read_body(const ArmCall& call) {
  if (!call.body || !call.body->is_object()) {
    return {std::nullopt,
            refuse(400, "InvalidRequestContent",
                   "The request content was invalid and could not be deserialized: 'a JSON object "
                   "is expected'.")};
  }
  Json body = *call.body;
  auto& object = body.get_object();
  for (const char* name : {"id", "name", "type", "systemData", "etag", "apiVersion"}) {
    object.erase(name);
  }
  if (Json* location = find_ci(object, "location"); location && location->is_string()) {
    *location = normal_location(as_text(*location));
  }
  if (Json* properties = find_ci(object, "properties"); properties && properties->is_object()) {
    properties->get_object().erase("provisioningState");
  }
  return {std::move(body), std::nullopt};
}

bool apply_patch(Json& body, const Json& patch) {
  const std::string before = canonical(body);
  const Json* tags = find(patch, "tags");
  Json merged = merge_patch(body, patch);
  if (tags && tags->is_object()) merged.get_object()["tags"] = *tags;
  body = std::move(merged);
  return canonical(body) == before;
}

ArmAnswer invalid_filter(const std::string& filter) {
  return refuse(400, "InvalidFilterInQueryString",
                "Invalid $filter '" + filter + "' specified in the query string.");
}

}  // namespace armature::sandbox
