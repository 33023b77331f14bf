// What GET and HEAD below Microsoft.Resources/deployments answer: the list in pages, one
// deployment, its operations, the state of its run.
#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/bodies.h"
#include "sandbox/deployments/engine.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kPage = 1000;

// Rows of one page, and where the next one starts.
struct Window {
  std::string after;  // the skip token: the last key of the page before
  std::size_t most = kPage;
};

std::optional<ArmAnswer> read_window(const ArmCall& call, Window& window) {
  window.after = call.query_value("$skiptoken");
  const std::string top = call.query_value("$top");
  if (top.empty()) return std::nullopt;
  const bool number = top.size() < 9 && top.find_first_not_of("0123456789") == std::string::npos;
  if (!number || std::stoul(top) == 0) {
    return refuse(400, "InvalidTopInQueryString",
                  "Invalid $top query string '" + top + "'. It must be a positive integer.");
  }
  window.most = std::min(kPage, static_cast<std::size_t>(std::stoul(top)));
  return std::nullopt;
}

ArmAnswer page(const Cloud& cloud, const ArmCall& call, JsonArray rows, const std::string& last,
               bool more) {
  JsonObject out{
      {"value", std::move(rows)}
  };
  if (more) {
    std::string link =
        cloud.link(call.op.target, call) + "&$skiptoken=" + http::percent_encode(last);
    for (const char* name : {"$top", "$filter"}) {
      const std::string value = call.query_value(name);
      if (!value.empty()) link += "&" + std::string(name) + "=" + http::percent_encode(value);
    }
    out["nextLink"] = link;
  }
  return answer(200, std::move(out));
}

// "provisioningState eq 'Failed'"; nothing: all.
struct Wanted {
  std::string state;
  bool valid = true;
};
Wanted read_filter(std::string_view text) {
  text = trim(text);
  if (text.empty()) return {};
  constexpr std::string_view kStart = "provisioningState eq '";
  const bool reads = starts_with_ci(text, kStart) && text.size() > kStart.size() &&
                     text.find('\'', kStart.size()) == text.size() - 1;
  if (!reads) return {"", false};
  return {std::string(text.substr(kStart.size(), text.size() - kStart.size() - 1)), true};
}

ArmAnswer list_deployments(Cloud& cloud, const State& state, const ArmCall& call) {
  const std::string filter = call.query_value("$filter");
  const Wanted wanted = read_filter(filter);
  if (!wanted.valid) return invalid_filter(filter);
  Window window;
  if (auto refused = read_window(call, window)) return *std::move(refused);
  const auto scope = arm::ResourceId::parse(call.at.scope.empty() ? "/" : call.at.scope);
  if (!scope) return no_deployment_route(call);
  const std::string base = scope->text == "/" ? "" : to_lower(scope->text);
  const std::string prefix = base + "/providers/microsoft.resources/deployments/";
  std::vector<const Deployment*> found;
  const auto& all = state.table<Deployment>();
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) {
    const Deployment& d = it->second;
    if (it->first.find('/', prefix.size()) != std::string::npos) continue;
    if (!wanted.state.empty() && !equal_ci(d.state, wanted.state)) continue;
    if (window.after.empty() || d.operation_id > window.after) found.push_back(&d);
  }
  std::ranges::sort(found, {}, &Deployment::operation_id);  // newest first
  const bool more = found.size() > window.most;
  if (more) found.resize(window.most);
  JsonArray rows;
  for (const Deployment* d : found) rows.push_back(deployment_json(*d));
  return page(cloud, call, std::move(rows), found.empty() ? "" : found.back()->operation_id, more);
}

ArmAnswer operation_not_found(const ArmCall& call) {
  return refuse(404, "DeploymentOperationNotFound",
                "The deployment operation '" + call.at.tail[3] + "' could not be found.");
}

ArmAnswer list_steps(Cloud& cloud, const State& state, const ArmCall& call, const Deployment& d) {
  Window window;
  if (auto refused = read_window(call, window)) return *std::move(refused);
  const std::string prefix = to_lower(d.id) + "#";
  const auto& steps = state.table<DeploymentStep>();
  JsonArray rows;
  std::string last;
  bool more = false;
  for (auto it = window.after.empty() ? steps.lower_bound(prefix)
                                      : steps.upper_bound(prefix + window.after);
       it != steps.end() && it->first.starts_with(prefix); ++it) {
    if (call.at.tail.size() == 4) {
      if (equal_ci(it->second.operation_id, call.at.tail[3])) {
        return answer(200, step_json(it->second));
      }
      continue;
    }
    more = rows.size() == window.most;
    if (more) break;
    rows.push_back(step_json(it->second));
    last = it->first.substr(prefix.size());
  }
  if (call.at.tail.size() == 4) return operation_not_found(call);
  return page(cloud, call, std::move(rows), last, more);
}

ArmAnswer operation_status(const ArmCall& call, const Deployment& d) {
  if (call.at.tail[3] != d.operation_id) return operation_not_found(call);
  JsonObject body{
      {"status", d.state == "Accepted" ? "Running" : d.state}
  };
  if (!d.error.is_null()) body["error"] = d.error;
  ArmAnswer out = answer(200, std::move(body));
  if (!d.terminal()) out.headers.set("Retry-After", "0");
  return out;
}

}  // namespace

std::string deployment_id(const ArmCall& call) {
  const auto scope = arm::ResourceId::parse(call.at.scope);
  const std::string base = scope ? scope->text : call.at.scope;
  return (base == "/" ? "" : base) + "/providers/Microsoft.Resources/deployments/" +
         call.at.tail[1];
}

ArmAnswer deployment_not_found(const ArmCall& call) {
  return refuse(404, "DeploymentNotFound",
                "Deployment '" + call.at.tail[1] + "' could not be found.");
}

ArmAnswer no_deployment_route(const ArmCall& call) {
  return refuse(404, "NotFound",
                "No route of the sandbox answers " + call.op.method + " '" + call.op.target + "'.");
}

ArmAnswer read_deployments(Cloud& cloud, const State& state, const ArmCall& call) {
  const auto& tail = call.at.tail;
  if (tail.size() == 1) return list_deployments(cloud, state, call);
  const Deployment* d = state.get<Deployment>(to_lower(deployment_id(call)));
  if (call.op.method == "HEAD") return answer(d ? 204 : 404);
  if (!d) return deployment_not_found(call);
  if (tail.size() == 2) return answer(200, deployment_json(*d));
  if (equal_ci(tail[2], "operations") && tail.size() <= 4)
    return list_steps(cloud, state, call, *d);
  if (equal_ci(tail[2], "operationStatuses") && tail.size() == 4) return operation_status(call, *d);
  return no_deployment_route(call);
}

}  // namespace armature::sandbox
