#include "cli/session.h"

#include <CLI/CLI.hpp>

#include "http/message.h"

namespace armature::cli {

void Session::run_on(CLI::App& verb, std::function<Status()> body) {
  verb.add_option("-o,--output", output_, "table, json or yaml")
      ->check(CLI::IsMember({"table", "json", "yaml"}));
  verb.add_option("--server", server_, "URL of the server (default: from the data directory)");
  verb.add_option("--data-dir", data_dir_, "Data directory of the server (default: .armature)");
  verb.callback([this, body = std::move(body)] {
    if (const auto done = body(); !done) {
      environment_.err("armature: " + done.error().message + "\n");
      status_ = 1;
    }
  });
}

std::filesystem::path Session::data_dir() const { return data_dir_of(environment_, data_dir_); }

Result<ServerApi*> Session::api() {
  if (!api_) {
    ARMATURE_TRY(ServerAddress address, find_server(environment_, server_, data_dir_));
    api_ = std::make_unique<ServerApi>(std::move(address));
  }
  return api_.get();
}

Result<Json> Session::get(const std::string& path) {
  ARMATURE_TRY(ServerApi * server, api());
  return server->get(path);
}

Result<Json> Session::send(const std::string& method, const std::string& path, const Json& body) {
  ARMATURE_TRY(ServerApi * server, api());
  return server->send(method, path, body);
}

void Session::print_list(const Json& answer, std::string_view member,
                         const std::vector<Column>& columns) const {
  const Json* list = find(answer, member);
  const JsonArray rows = list && list->is_array() ? list->get_array() : JsonArray{};
  if (output_ == "json") {
    print(pretty(Json(rows)) + "\n");
  } else if (output_ == "yaml") {
    print(to_yaml(Json(rows)));
  } else if (rows.empty()) {
    note("nothing found\n");
  } else {
    print(to_table(rows, columns));
  }
}

void Session::print_object(const Json& object, const std::vector<Column>& columns) const {
  if (output_ == "json") {
    print(pretty(object) + "\n");
  } else if (output_ == "yaml") {
    print(to_yaml(object));
  } else {
    print(to_fields(object, columns));
  }
}

std::string run_path(const std::string& dag_id, const std::string& run_id) {
  return "/api/v2/dags/" + http::percent_encode(dag_id) + "/dagRuns/" +
         http::percent_encode(run_id);
}

Result<Json> find_run(Session& session, const std::string& dag_id, const std::string& run_id) {
  if (!dag_id.empty()) return session.get(run_path(dag_id, run_id));
  ARMATURE_TRY(const Json page, session.get("/api/v2/dags/~/dagRuns?limit=1000"));
  const Json* found = nullptr;
  for (const Json& run : page.at("dag_runs").get_array()) {
    if (text_at(run, "dag_run_id") != run_id) continue;
    if (found) {
      return fail(Code::kConflict, "run id '" + run_id + "' belongs to DAG '" +
                                       text_at(*found, "dag_id") + "' and to '" +
                                       text_at(run, "dag_id") + "': add --dag DAG_ID");
    }
    found = &run;
  }
  if (!found) {
    return fail(Code::kNotFound,
                "no run '" + run_id + "'; 'armature runs list' shows what there is");
  }
  return *found;
}

std::shared_ptr<Session> add_verbs(CLI::App& app, const Environment& environment, int& status) {
  auto session = std::make_shared<Session>(environment, status);
  add_dag_verbs(app, *session);
  add_run_verbs(app, *session);
  add_task_verbs(app, *session);
  add_pool_verbs(app, *session);
  add_access_verbs(app, *session);
  add_identity_verbs(app, *session);
  add_sandbox_verbs(app, *session);
  return session;
}

}  // namespace armature::cli
