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

bool ListFilter::holds(const Json& body) const {
  if (tag_name.empty()) return true;
  const Json* tags = find(body, "tags");
  const Json* tag = tags && tags->is_object() ? find_ci(tags->get_object(), tag_name) : nullptr;
  if (!tag) return false;
  return !tag_value || (tag->is_string() && as_text(*tag) == *tag_value);
}

std::optional<ListFilter> read_tag_filter(std::string_view text) {
  ListFilter filter;
  std::string rest(trim(text));
  while (!rest.empty()) {
    const std::size_t open = rest.find('\'');
    const std::size_t close = open == std::string::npos ? open : rest.find('\'', open + 1);
    if (close == std::string::npos) return std::nullopt;
    const std::string_view left = trim(std::string_view(rest).substr(0, open));
    const std::string value = rest.substr(open + 1, close - open - 1);
    if (equal_ci(left, "tagName eq")) {
      filter.tag_name = value;
    } else if (equal_ci(left, "tagValue eq")) {
      filter.tag_value = value;
    } else if (equal_ci(left, "resourceType eq")) {
      filter.type = value;
    } else if (equal_ci(left, "name eq")) {
      filter.name = value;
    } else if (equal_ci(left, "location eq")) {
      filter.location = normal_location(value);
    } else if (equal_ci(left, "resourceGroup eq")) {
      filter.group = value;
    } else {
      return std::nullopt;
    }
    rest = std::string(trim(std::string_view(rest).substr(close + 1)));
    if (rest.empty()) break;
    if (!starts_with_ci(rest, "and ")) return std::nullopt;
    rest = std::string(trim(std::string_view(rest).substr(4)));
  }
  return filter;
}

ArmAnswer invalid_filter(const std::string& filter) {
  return refuse(400, "InvalidFilterInQueryString",
                "Invalid $filter '" + filter + "' specified in the query string.");
}

}  // namespace armature::sandbox
