#include "api/problem.h"
#include "api/routes.h"
#include "api/shapes.h"
#include "base/time.h"

namespace armature::api {
namespace {

using identity::IdentityCheck;
using identity::TokenAsk;

constexpr std::size_t kMostDags = 20;  // as many as one identity can trust

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

// Federation proves a DAG: the one that was named, or those that are to use the identity.
std::vector<std::string> dags_of(const Services& services, const std::string& name) {
  std::vector<std::string> out;
  for (const auto& dag : services.orchestrator.dags()) {
    if (dag.def && dag.def->access.identity == name) out.push_back(dag.def->id.str());
    if (out.size() == kMostDags) break;
  }
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

void check_one(const Services& services, const std::string& name, const std::string& dag,
               JsonArray& out) {
  const auto ask = [&](std::optional<identity::Principal> who) {
    out.push_back(
        check_json(services.upstream.check_and_wait({name, services.audience, std::move(who)})));
  };
  if (services.upstream.kind(name) != "federation") return ask(std::nullopt);
  const auto dags = dag.empty() ? dags_of(services, name) : std::vector<std::string>{dag};
  if (dags.empty()) return ask(std::nullopt);
  for (const std::string& one : dags) ask(principal_for(one));
}

http::Response check(const Services& services, const http::Request& request) {
  const auto body = strict_body(request, {"name", "dag_id"});
  if (!body) return problem(body.error());
  const std::string name = text_at(*body, "name");
  const std::string dag = text_at(*body, "dag_id");
  if (!dag.empty() && !DagId::parse(dag)) return problem(422, "dag_id is not a DAG's id");
  JsonArray out;
  for (const std::string& one : services.upstream.names()) {
    if (name.empty() || one == name) check_one(services, one, dag, out);
  }
  if (out.empty() && !name.empty()) {
    return problem(404, "no identity is named '" + name + "'");
  }
  const auto total = static_cast<std::int64_t>(out.size());
  return ok(page_json("checks", std::move(out), total));
}

http::Response list(const Services& services) {
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

http::Response list_secrets(const Services& services) {
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

http::Response put_secret(const Services& services, const http::Call& call) {
  const auto body = strict_body(call.request, {"value"});
  if (!body) return problem(body.error());
  const Secret value(text_at(*body, "value"));
  const auto put = services.secrets.put(call.path.find("name")->second, value);
  if (!put) return problem(put.error());
  return {204, {}, ""};
}

}  // namespace

void add_identity_routes(http::Router& router, const Services& services) {
  router.add("GET", "/api/v2/armature/identities",
             [services](const http::Call&) { return list(services); });
  router.add("POST", "/api/v2/armature/identities/check",
             [services](const http::Call& call) { return check(services, call.request); });
  router.add("GET", "/api/v2/armature/secrets",
             [services](const http::Call&) { return list_secrets(services); });
  router.add("PUT", "/api/v2/armature/secrets/{name}",
             [services](const http::Call& call) { return put_secret(services, call); });
}

}  // namespace armature::api
