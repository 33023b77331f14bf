#include "api/problem.h"
#include "api/routes.h"
#include "api/shapes.h"
#include "base/time.h"

namespace armature::api {
namespace {

using identity::IdentityCheck;
using identity::TokenAsk;

constexpr std::size_t kMostCallers = 20;  // as many as one identity can trust

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json check_json(const IdentityCheck& check) {
  JsonObject out;
  out["name"] = check.name;
  out["kind"] = check.kind;
  out["subject"] = text_or_null(check.subject);
  out["ok"] = check.outcome.has_value();
  out["oid"] = text_or_null(check.oid);
  out["appid"] = text_or_null(check.appid);
  out["tid"] = text_or_null(check.tid);
  out["token_expires_on"] = time_json(check.token_ends);
  out["credential_expires_on"] = time_json(check.credential_ends);
  out["error"] = check.outcome ? Json(nullptr) : Json(check.outcome.error().message);
  out["advice"] = text_or_null(check.advice);
  return out;
}

// Of an attempt that never was: the run and task that a check names.
std::optional<identity::Principal> principal_for(const std::string& dag) {
  auto id = DagId::parse(dag);
  if (!id) return std::nullopt;
  return identity::Principal{
      {{*std::move(id), *RunId::parse("identity_check"), *TaskId::parse("identity_check"), -1},
       0, 0},
      std::nullopt
  };
}

// Federation proves a caller: the DAG that was named, or the DAGs and workloads that are to use the
// identity.
std::vector<identity::Principal> callers_of(const GatewayServices& services, const DagsOf& dags_of,
                                            const std::string& name, const std::string& dag) {
  std::vector<identity::Principal> out;
  std::vector<std::string> dags;
  if (!dag.empty()) {
    dags = {dag};
  } else {
    if (dags_of) dags = dags_of(name);
    if (services.workloads_of) out = services.workloads_of(name);
  }
  for (const std::string& one : dags) {
    if (auto who = principal_for(one)) out.push_back(*std::move(who));
  }
  if (out.size() > kMostCallers) out.erase(out.begin() + kMostCallers, out.end());
  return out;
}

void check_one(const GatewayServices& services, const DagsOf& dags_of, const std::string& name,
               const std::string& dag, JsonArray& out) {
  const auto ask = [&](std::optional<identity::Principal> who) {
    out.push_back(
        check_json(services.upstream.check_and_wait({name, services.audience, std::move(who)})));
  };
  if (services.upstream.kind(name) != "federation") return ask(std::nullopt);
  const auto callers = callers_of(services, dags_of, name, dag);
  if (callers.empty()) return ask(std::nullopt);
  for (const identity::Principal& one : callers) ask(one);
}

http::Response check(const GatewayServices& services, const DagsOf& dags_of,
                     const http::Request& request) {
  const auto body = strict_body(request, {"name", "dag_id"});
  if (!body) return problem(body.error());
  const std::string name = text_at(*body, "name");
  const std::string dag = text_at(*body, "dag_id");
  if (!dag.empty() && !DagId::parse(dag)) return problem(422, "dag_id is not a DAG's id");
  JsonArray out;
  for (const std::string& one : services.upstream.names()) {
    if (name.empty() || one == name) check_one(services, dags_of, one, dag, out);
  }
  if (out.empty() && !name.empty()) {
    return problem(404, "no identity is named '" + name + "'");
  }
  const auto total = static_cast<std::int64_t>(out.size());
  return ok(page_json("checks", std::move(out), total));
}

http::Response list(const GatewayServices& services) {
  JsonArray out;
  for (const std::string& name : services.upstream.names()) {
    JsonObject one;
    one["name"] = name;
    one["kind"] = services.upstream.kind(name);
    out.push_back(std::move(one));
  }
  const auto total = static_cast<std::int64_t>(out.size());
  return ok(page_json("identities", std::move(out), total));
}

http::Response list_secrets(const GatewayServices& services) {
  const auto names = services.secrets.names();
  if (!names) return problem(names.error());
  JsonArray out;
  for (const std::string& name : *names) {
    JsonObject one;
    one["name"] = name;
    out.push_back(std::move(one));
  }
  const auto total = static_cast<std::int64_t>(out.size());
  return ok(page_json("secrets", std::move(out), total));
}

http::Response put_secret(const GatewayServices& services, const http::Call& call) {
  const auto body = strict_body(call.request, {"value"});
  if (!body) return problem(body.error());
  const Secret value(text_at(*body, "value"));
  const auto put = services.secrets.put(call.path.find("name")->second, value);
  if (!put) return problem(put.error());
  return {204, {}, ""};
}

}  // namespace

void add_identity_routes(http::Router& router, const GatewayServices& services, DagsOf dags_of) {
  router.add("GET", "/api/v2/armature/identities",
             [services](const http::Call&) { return list(services); });
  router.add("POST", "/api/v2/armature/identities/check",
             [services, dags_of = std::move(dags_of)](const http::Call& call) {
               return check(services, dags_of, call.request);
             });
  router.add("GET", "/api/v2/armature/secrets",
             [services](const http::Call&) { return list_secrets(services); });
  router.add("PUT", "/api/v2/armature/secrets/{name}",
             [services](const http::Call& call) { return put_secret(services, call); });
}

}  // namespace armature::api
