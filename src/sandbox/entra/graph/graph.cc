#include "sandbox/entra/graph/graph.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/entra.h"
#include "sandbox/entra/graph/filter.h"
#include "sandbox/entra/resources.h"

namespace armature::sandbox::graph {
namespace {

constexpr std::size_t kPage = 100;
constexpr std::size_t kMostPage = 999;
constexpr std::size_t kMostBody = 1u << 20;

// "applications(appId='x')" → "applications", "appId='x'".
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> out;
  for (std::string& part : split(path, '/')) {
    std::string text = http::percent_decode(part).value_or("");
    if (text.empty()) continue;
    const std::size_t open = text.find('(');
    if (open == std::string::npos || !text.ends_with(')')) {
      out.push_back(std::move(text));
      continue;
    }
    out.push_back(text.substr(0, open));
    out.push_back(text.substr(open + 1, text.size() - open - 2));
  }
  if (!out.empty()) out.erase(out.begin());  // "v1.0"
  return out;
}

// The permissions of which one is needed.
using Permissions = std::vector<std::string_view>;
Permissions needed(const Call& call) {
  const std::string what = to_lower(call.path.front());
  const std::string last = to_lower(call.path.back());
  const bool asks = call.method == "GET" || last.starts_with("getmember") ||
                    last == "checkmembergroups" || last == "getbyids";
  Permissions out;
  const auto add = [&](std::initializer_list<std::string_view> more) {
    out.insert(out.end(), more);
  };
  if (what == "applications" || what == "serviceprincipals") {
    if (!asks && call.path.size() > 2 && to_lower(call.path[2]) == "approleassignments") {
      return {"AppRoleAssignment.ReadWrite.All"};
    }
    add({"Application.ReadWrite.All", "Directory.ReadWrite.All"});
    if (asks) add({"Application.Read.All", "Application.ReadWrite.OwnedBy", "Directory.Read.All"});
  } else if (what == "users") {
    add({"User.ReadWrite.All", "Directory.ReadWrite.All"});
    if (asks) add({"User.Read.All", "Directory.Read.All"});
  } else if (what == "groups") {
    add({"Group.ReadWrite.All", "Directory.ReadWrite.All"});
    if (call.path.size() > 2) add({"GroupMember.ReadWrite.All"});
    if (asks) add({"Group.Read.All", "GroupMember.Read.All", "Directory.Read.All"});
  } else {
    add({"Directory.Read.All", "Directory.ReadWrite.All"});
  }
  return out;
}

bool permitted(const Json& claims, const Permissions& permissions) {
  const Json* roles = find(claims, "roles");
  if (!roles || !roles->is_array()) return false;
  return std::ranges::any_of(roles->get_array(), [&](const Json& role) {
    return role.is_string() && std::ranges::find(permissions, as_text(role)) != permissions.end();
  });
}

std::optional<Answer> check_token(const Cloud& cloud, const http::Request& request,
                                  const Call& call) {
  using Flaw = BearerToken::Flaw;
  const BearerToken token = read_token(cloud, request);
  const auto refused = [](const char* text) {
    return refuse(401, "InvalidAuthenticationToken", text);
  };
  if (token.flaw == Flaw::kMissing || token.flaw == Flaw::kNoBearer) {
    return refused("Access token is empty.");
  }
  if (token.flaw == Flaw::kExpired)
    return refused("Lifetime validation failed, the token is expired.");
  if (token.flaw != Flaw::kNone) return refused("Access token validation failure.");
  if (!is_audience(cloud, Service::kGraph, text_at(token.claims, "aud"))) {
    return refused("Access token validation failure. Invalid audience.");
  }
  if (permitted(token.claims, needed(call))) return std::nullopt;
  return refuse(403, "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.");
}

Answer organization(const Cloud& cloud, const Call& call) {
  return list_of(
      cloud, call,
      {
          JsonObject{{"id", cloud.tenant()},
                     {"displayName", "Sandbox"},
                     {"tenantType", "AAD"},
                     {"verifiedDomains", JsonArray{JsonObject{{"name", std::string(kTenantDomain)},
                                                              {"isDefault", true},
                                                              {"isInitial", true}}}}}
  });
}

Answer route(Cloud& cloud, const Call& call) {
  const std::string what = to_lower(call.path.front());
  if (what == "me") {
    return refuse(400, "BadRequest",
                  "/me request is only valid with delegated authentication flow.");
  }
  if (what == "organization") return organization(cloud, call);
  if (what == "directoryobjects") {
    return cloud.store().read(
        [&](const State& state) { return directory_objects(cloud, state, call); });
  }
  using Handle = Answer (*)(Cloud&, Change&, const Call&);
  constexpr std::array kHandlers = {
      std::pair<std::string_view, Handle>{"applications",      applications      },
      std::pair<std::string_view, Handle>{"serviceprincipals", service_principals},
      std::pair<std::string_view, Handle>{"users",             users             },
      std::pair<std::string_view, Handle>{"groups",            groups            }
  };
  for (const auto& [name, handle] : kHandlers) {
    if (name != what) continue;
    auto done = cloud.store().change([&](Change& change) { return handle(cloud, change, call); });
    if (done) return *std::move(done);
    cloud.log().error("sandbox write failed", {
                                                  {"reason", done.error().message}
    });
    return refuse(500, "InternalServerError", "The sandbox could not write its database.");
  }
  return no_such_segment(call);
}

// innerError carries when and which request, as Graph's does.
void add_inner(Cloud& cloud, const http::Request& request, Json& body, const std::string& id) {
  Json* error = body.is_object() ? body.get_object().if_contains("error") : nullptr;
  if (!error) return;
  std::string now = to_rfc3339(std::chrono::floor<std::chrono::seconds>(cloud.clock().now()));
  now.pop_back();
  error->get_object()["innerError"] = JsonObject{
      {"date",              now                                                  },
      {"request-id",        id                                                   },
      {"client-request-id", request.headers.get("client-request-id").value_or(id)}
  };
}

}  // namespace

std::string Call::query_value(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (equal_ci(key, name)) return value;
  }
  return "";
}

Answer refuse(int status, std::string_view code, std::string_view message) {
  return {status, JsonObject{{"error", JsonObject{{"code", code}, {"message", message}}}}};
}

Answer not_found(std::string_view id) {
  return refuse(404, "Request_ResourceNotFound",
                "Resource '" + std::string(id.substr(0, 256)) +
                    "' does not exist or one of its queried reference-property objects are not "
                    "present.");
}

Answer bad_request(std::string_view message) { return refuse(400, "Request_BadRequest", message); }

Answer no_such_segment(const Call& call) {
  return refuse(400, "BadRequest",
                "Resource not found for the segment '" + call.path.back().substr(0, 256) + "'.");
}

Answer list_of(const Cloud& cloud, const Call& call, std::vector<Json> objects) {
  const auto filter = read_filter(call.query_value("$filter"));
  if (!filter) return bad_request(filter.error().message);
  const auto number = [&](std::string_view name, std::size_t otherwise) {
    const std::string text = call.query_value(name);
    std::size_t out = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
  };
  const std::size_t page = std::clamp<std::size_t>(number("$top", kPage), 1, kMostPage);
  const std::size_t from = number("$skiptoken", 0);
  std::erase_if(objects, [&](const Json& one) { return !filter->holds(one); });
  JsonArray value;
  for (std::size_t i = from; i < objects.size() && value.size() < page; ++i) {
    value.push_back(std::move(objects[i]));
  }
  JsonObject out{
      {"@odata.context", cloud.url() + "/v1.0/$metadata#" + call.path.front()}
  };
  if (from < objects.size() && from + page < objects.size()) {
    std::string next = cloud.url() + "/v1.0/" + join(call.path, "/") +
                       "?$skiptoken=" + std::to_string(from + page) +
                       "&$top=" + std::to_string(page);
    const std::string text = call.query_value("$filter");
    if (!text.empty()) next += "&$filter=" + http::percent_encode(text);
    out["@odata.nextLink"] = next;
  }
  out["value"] = std::move(value);
  return {200, std::move(out)};
}

Answer one_of(const Cloud& cloud, const Call& call, int status, Json object) {
  JsonObject out{
      {"@odata.context", cloud.url() + "/v1.0/$metadata#" + call.path.front() + "/$entity"}
  };
  for (const auto& [key, value] : object.get_object()) out[key] = value;
  return {status, std::move(out)};
}

bool is_graph_path(std::string_view path) { return starts_with_ci(path, "/v1.0/"); }

http::Response serve_graph(Cloud& cloud, const http::Request& request) {
  const std::string id = cloud.random().uuid();
  const auto answered = [&](Answer answer) {
    add_inner(cloud, request, answer.body, id);
    http::Response out;
    out.status = answer.status;
    if (!answer.body.is_null()) out = http::json_response(answer.status, dump(answer.body));
    if (answer.status == 401) {
      out.headers.set("WWW-Authenticate", "Bearer realm=\"\", authorization_uri=\"" + cloud.url() +
                                              "/common/oauth2/authorize\"");
    }
    out.headers.set("request-id", id);
    return out;
  };
  Call call;
  call.method = request.method;
  call.path = segments_of(http::path_of(request.target));
  call.query = http::parse_form(http::query_of(request.target)).value_or(decltype(call.query){});
  if (call.path.empty()) return answered(refuse(404, "BadRequest", "Invalid version or segment."));
  if (auto refused = check_token(cloud, request, call)) return answered(*std::move(refused));
  if (request.body.size() > kMostBody) {
    return answered(refuse(413, "RequestEntityTooLarge", "The request body is too large."));
  }
  if (!trim(request.body).empty()) {
    auto body = parse_json(request.body);
    if (!body || !body->is_object()) {
      return answered(refuse(400, "BadRequest",
                             "Unable to read JSON request payload. Please "
                             "ensure Content-Type header is set and payload is "
                             "of valid JSON format."));
    }
    call.body = *std::move(body);
  }
  return answered(route(cloud, call));
}

}  // namespace armature::sandbox::graph
