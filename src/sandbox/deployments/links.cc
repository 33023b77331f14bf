#include "sandbox/deployments/links.h"

#include "base/bytes.h"
#include "base/relaxed_json.h"
#include "sandbox/template/places.h"
#include "sandbox/template/uri.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMaxDepth = 128;

ArmAnswer invalid_deployment(const std::string& why) {
  return refuse(400, "InvalidDeployment",
                "The deployment definition is invalid; " + why +
                    " Please see https://aka.ms/arm-deploy for usage details.");
}

ArmAnswer invalid_link(const std::string& link) {
  return refuse(400, "InvalidContentLink",
                "The provided content link '" + link +
                    "' is invalid or not supported. Content link must be an absolute URI not "
                    "referencing local host or UNC path.");
}

std::string without_query(const std::string& uri) { return uri.substr(0, uri.find_first_of("?#")); }

// A link to this machine is refused, as Azure could not follow it.
bool is_reachable(const std::string& uri) {
  const auto parts = tmpl::parse_uri(uri);
  if (!parts || (parts->scheme != "https" && parts->scheme != "http")) return false;
  const std::string host = parts->authority.substr(0, parts->authority.rfind(':'));
  return !host.empty() && host != "localhost" && host != "127.0.0.1" && host != "[::1]";
}

class Links {
 public:
  Links(Cloud& cloud, const ArmCall& call, const Json& parent)
      : cloud_(cloud), call_(call), parent_(parent) {}

  std::optional<ArmAnswer> read_template(const Json& link, Content& out) {
    if (!link.is_object()) {
      return refuse(400, "InvalidRequestContent",
                    "The request content was invalid and could not be deserialized: "
                    "'templateLink must be an object'.");
    }
    if (!text_at(link, "id").empty()) return read_spec(text_at(link, "id"), "", link, out);
    const std::string relative = text_at(link, "relativePath");
    if (!text_at(parent_, "id").empty() && !relative.empty()) {
      return read_spec(text_at(parent_, "id"), relative, link, out);
    }
    std::string uri = text_at(link, "uri");
    std::string query = text_at(link, "queryString");
    if (!relative.empty()) {
      const std::string base = text_at(parent_, "uri");
      const auto resolved = tmpl::resolve_uri(without_query(base), relative);
      if (base.empty() || !resolved) {
        return invalid_deployment(
            "TemplateLink RelativePath can only be used where the parent template is a linked "
            "template.");
      }
      uri = *resolved;
      if (query.empty()) query = text_at(parent_, "queryString");
    }
    if (auto refusal = read(uri, query, out.document, &out.text)) return refusal;
    out.template_link = link;
    out.template_link.get_object()["uri"] = uri;
    return check_version(link, out);
  }

  std::optional<ArmAnswer> read_parameters(const Json& link, Content& out) {
    Json file;
    if (auto refusal = read(text_at(link, "uri"), text_at(link, "queryString"), file, nullptr)) {
      return refusal;
    }
    const Json* values = find(file, "parameters");
    if (!values || !values->is_object()) {
      return refuse(
          400, "InvalidTemplate",
          "The parameter file at '" + text_at(link, "uri") + "' has no object 'parameters'.");
    }
    out.parameters = *values;
    out.parameters_link = link;
    return std::nullopt;
  }

 private:
  std::optional<ArmAnswer> read(const std::string& uri, const std::string& query, Json& into,
                                std::shared_ptr<const std::string>* text) {
    if (!is_reachable(uri)) return invalid_link(uri);
    const bool joined = query.empty() || uri.find('?') != std::string::npos;
    const std::string whole = joined ? uri : uri + (query.starts_with('?') ? "" : "?") + query;
    const auto& source = cloud_.options().content;
    auto bytes = source ? source(whole) : Result<std::string>(fail(Code::kNotFound, "no content"));
    if (!bytes) {
      // The query may be a key to the content.
      return refuse(400, "InvalidContentLink",
                    "Unable to download deployment content from '" + without_query(uri) +
                        "'. The tracking Id is '" + call_.correlation_id +
                        "'. Please see https://aka.ms/arm-deploy for usage details.");
    }
    if (bytes->starts_with("\xEF\xBB\xBF")) bytes->erase(0, 3);
    auto parsed = parse_relaxed_json(*bytes, kMaxDepth);
    if (!parsed || !parsed->is_object()) {
      return refuse(400, "InvalidTemplate",
                    "Unable to process the content at '" + without_query(uri) + "': '" +
                        (parsed ? "it is not a JSON object" : parsed.error().message) + "'.");
    }
    into = *std::move(parsed);
    if (text) *text = std::make_shared<const std::string>(*std::move(bytes));
    return std::nullopt;
  }

  // A version's mainTemplate, or the one of its linkedTemplates that has this path.
  std::optional<ArmAnswer> read_spec(const std::string& id, const std::string& path,
                                     const Json& link, Content& out) {
    ArmAnswer spec = cloud_.perform("GET", id + "?api-version=2022-02-01", std::nullopt,
                                    call_.caller, call_.correlation_id);
    if (!spec.ok() || !spec.body) return spec;
    const Json* found = at(*spec.body, "properties.mainTemplate");
    if (!path.empty()) {
      found = nullptr;
      const Json* linked = at(*spec.body, "properties.linkedTemplates");
      if (linked && linked->is_array()) {
        for (const Json& one : linked->get_array()) {
          if (text_at(one, "path") == path) found = find(one, "template");
        }
      }
    }
    if (!found || !found->is_object()) {
      return refuse(400, "InvalidTemplateSpec",
                    "The template spec version '" + id + "' has no template" +
                        (path.empty() ? "" : " at '" + path + "'") + ".");
    }
    out.document = *found;
    out.template_link = link;
    out.template_link.get_object()["id"] = id;
    return check_version(link, out);
  }

  static std::optional<ArmAnswer> check_version(const Json& link, const Content& out) {
    const std::string wanted = text_at(link, "contentVersion");
    const std::string written = text_at(out.document, "contentVersion");
    if (wanted.empty() || wanted == written) return std::nullopt;
    return refuse(400, "InvalidTemplate",
                  "Deployment template validation failed: 'The content version contained in the "
                  "template '" +
                      written +
                      "' does not match the content version found in the deployment object's "
                      "TemplateLink property '" +
                      wanted + "'. Please see https://aka.ms/arm-deploy for usage details.'.");
  }

  Cloud& cloud_;
  const ArmCall& call_;
  const Json& parent_;
};

}  // namespace

std::optional<ArmAnswer> follow_links(Cloud& cloud, const ArmCall& call, const Json& properties,
                                      const Json& parent_link, Content& out) {
  const auto given = [&](std::string_view name) {
    const Json* found = find_ci(properties.get_object(), name);
    return found && !found->is_null() ? found : nullptr;
  };
  const Json* document = given("template");
  const Json* link = given("templateLink");
  const Json* parameters = given("parameters");
  const Json* parameters_link = given("parametersLink");
  if (document && link) {
    return invalid_deployment("Template and TemplateLink properties cannot both be set.");
  }
  if (parameters && parameters_link) {
    return invalid_deployment("Parameters and ParametersLink properties cannot both be set.");
  }
  Links links(cloud, call, parent_link);
  if (link) {
    if (auto refusal = links.read_template(*link, out)) return refusal;
  } else if (document && document->is_object()) {
    out.document = *document;
    const auto text = call.text ? tmpl::value_text(*call.text, "properties.template") : "";
    if (!text.empty()) out.text = std::make_shared<const std::string>(text);
  } else if (document) {
    return refuse(400, "InvalidTemplate",
                  "Deployment template validation failed: 'properties.template must be a JSON "
                  "object'.");
  } else {
    return invalid_deployment("one of the Template or TemplateLink properties must be set.");
  }
  out.parameters = parameters && parameters->is_object() ? *parameters : Json(JsonObject{});
  if (parameters_link) return links.read_parameters(*parameters_link, out);
  return std::nullopt;
}

}  // namespace armature::sandbox
