#include "sandbox/front/body_rules.h"

#include <array>

#include "base/bytes.h"
#include "base/crypto.h"
#include "sandbox/front/provider_facts.h"
#include "sandbox/front/tags.h"

namespace armature::sandbox {
namespace {

ArmAnswer bad_content(const std::string& detail) {
  return refuse(400, "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: '" + detail + "'.");
}

struct Shape {
  const char* field;
  boost::json::kind kind;
  const char* words;
};
constexpr std::array kShapes = {
    Shape{"location",         boost::json::kind::string, "a string" },
    Shape{"properties",       boost::json::kind::object, "an object"},
    Shape{"identity",         boost::json::kind::object, "an object"},
    Shape{"sku",              boost::json::kind::object, "an object"},
    Shape{"plan",             boost::json::kind::object, "an object"},
    Shape{"kind",             boost::json::kind::string, "a string" },
    Shape{"zones",            boost::json::kind::array,  "an array" },
    Shape{"managedBy",        boost::json::kind::string, "a string" },
    Shape{"extendedLocation", boost::json::kind::object, "an object"},
    Shape{"id",               boost::json::kind::string, "a string" },
    Shape{"name",             boost::json::kind::string, "a string" },
    Shape{"type",             boost::json::kind::string, "a string" },
};

std::optional<ArmAnswer> check_shapes(const JsonObject& body) {
  for (const Shape& shape : kShapes) {
    const Json* value = find_ci(body, shape.field);
    if (value && !value->is_null() && value->kind() != shape.kind) {
      return bad_content(std::string("the value of ") + shape.field + " must be " + shape.words);
    }
  }
  return std::nullopt;
}

std::string said(const JsonObject& body, std::string_view field) {
  const Json* value = find_ci(body, field);
  return value && value->is_string() ? std::string(as_text(*value)) : "";
}

// A child's name is written whole, as ARM shows it, or by its last part, as a provider may.
std::optional<ArmAnswer> check_names(const JsonObject& body, const arm::ResourceId& id) {
  const std::string name = said(body, "name");
  if (!name.empty() && !equal_ci(name, id.name) &&
      !equal_ci(name, id.name.substr(id.name.rfind('/') + 1))) {
    return refuse(400, "InvalidResourceName",
                  "The name '" + name + "' in the request body does not match the name '" +
                      id.name + "' in the request URL.");
  }
  const std::string type = said(body, "type");
  if (!type.empty() && !equal_ci(type, id.type)) {
    return refuse(400, "InvalidResourceType",
                  "The type '" + type + "' in the request body does not match the type '" +
                      id.type + "' in the request URL.");
  }
  const std::string whole = said(body, "id");
  if (!whole.empty() && !arm::same_id(whole, id.text)) {
    return refuse(400, "InvalidResourceId",
                  "The id '" + whole + "' in the request body does not match the request URL.");
  }
  return std::nullopt;
}

std::optional<ArmAnswer> check_state(const Cloud& cloud, const JsonObject& body,
                                     const Record* old) {
  const Json* properties = find_ci(body, "properties");
  const std::string state = properties && properties->is_object()
                                ? said(properties->get_object(), "provisioningState")
                                : "";
  if (!old || state.empty()) return std::nullopt;
  const bool running = old->ready > cloud.clock().now();
  const char* now = !running ? "Succeeded" : old->fresh ? "Creating" : "Updating";
  // A body that was read while the change ran, or after, is no wish to change the state.
  if (equal_ci(state, now) || equal_ci(state, "Succeeded") || equal_ci(state, "Creating") ||
      equal_ci(state, "Updating")) {
    return std::nullopt;
  }
  return refuse(
      400, "InvalidPropertyValue",
      "The provisioningState '" + state + "' cannot be set; the resource's is '" + now + "'.");
}

ArmAnswer failed(const std::string& text) { return refuse(412, "PreconditionFailed", text); }

}  // namespace

std::optional<ArmAnswer> check_envelope(const Cloud& cloud, const ArmCall& call,
                                        const arm::ResourceId& id, const Record* old) {
  if (!call.body || !call.body->is_object()) return std::nullopt;  // read_body says so
  const auto& body = call.body->get_object();
  if (auto refused = check_shapes(body)) return refused;
  if (auto refused = check_names(body, id)) return refused;
  if (auto refused = check_state(cloud, body, old)) return refused;
  return check_tags(*call.body, id.type);
}

std::string etag_of(const Record& record) {
  const auto facts = find_type(record.type);
  if (!facts || !facts->has_etag) return "";
  const std::string digest =
      sha256(canonical(record.body) + "#" + std::to_string(to_micros(record.changed)));
  return "W/\"" + format_uuid(std::string_view(digest).substr(0, 16)) + "\"";
}

std::optional<ArmAnswer> check_conditions(const ArmCall& call, const Record* old) {
  const std::string& method = call.op.method;
  if (!call.if_none_match.empty() && old) {
    const bool matches =
        trim(call.if_none_match) == "*" || trim(call.if_none_match) == etag_of(*old);
    if (matches && (method == "PUT" || method == "PATCH")) {
      return failed("The condition '" + call.if_none_match +
                    "' in the If-None-Match header was not satisfied: the resource exists.");
    }
  }
  if (call.if_match.empty()) return std::nullopt;
  const std::string_view wanted = trim(call.if_match);
  if (!old) {
    // PATCH answers 404 and DELETE 204 whatever is asked for.
    if (method != "PUT") return std::nullopt;
    return failed("The condition '" + call.if_match +
                  "' in the If-Match header was not satisfied: the resource does not exist.");
  }
  const std::string etag = etag_of(*old);
  if (wanted == "*" || etag.empty() || wanted == etag) return std::nullopt;
  return failed("The condition '" + call.if_match +
                "' in the If-Match header was not satisfied. The current etag is '" + etag + "'.");
}

}  // namespace armature::sandbox
