#pragma once
// For tests: a sandbox without a server, on a database file that can be opened again.
#include <memory>
#include <string>
#include <thread>

#include "base/testing.h"
#include "http/runtime.h"
#include "sandbox/apps.h"
#include "sandbox/cloud.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/frontend.h"
#include "storage/database.h"

namespace armature::sandbox::testing {

constexpr const char* kSecret = "planted-client-secret-4711";

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error("a test could not be set up: " + result.error().message);
  return *std::move(result);
}

struct World {
  Options chosen;  // beside the two below
  armature::testing::TempDir folder;
  armature::testing::FakeClock clock;
  SystemRandom random;
  armature::testing::CaptureLog log;
  http::Runtime runtime{
      {1, 4}
  };
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<Cloud> cloud;
  Micros provisioning_time{0};
  std::string state_key = "the key of this test";
  bool strict = false;  // types, api-versions, regions and names as in Azure, from restart() on
  bool throttle = false;
  bool require_registration = false;
  // Making RSA keys takes longer than most tests: those of one process share a pair.
  std::filesystem::path token_keys_file = shared_keys();
  Fetch fetch;
  std::string token;
  Application app;

  World() : World(Options{}) {}
  explicit World(Options given) : chosen(std::move(given)) { start(); }
  ~World() { stop(); }

  void start() {
    storage::Database::Options options;
    options.path = folder.path() / "sandbox.db";
    database = must(storage::Database::open(options));
    Options settings = chosen;
    settings.provisioning_time = provisioning_time;
    settings.state_key = Secret(state_key);
    settings.lenient = !strict;
    settings.throttle = throttle;
    settings.require_registration = require_registration;
    settings.token_keys_file = token_keys_file;
    settings.fetch = fetch;
    cloud = must(Cloud::open(settings, runtime, database.get(), clock, random, log.log));
    cloud->set_url("https://localhost:1");
    app = add_app("tester", {
                                {"Owner", ""}
    });
    token = token_of(app);
  }
  void stop() {
    cloud.reset();
    database.reset();
  }
  void restart() {
    stop();
    start();
  }

  Application add_app(const std::string& name, std::vector<AppSeed::Assignment> roles) {
    return must(ensure_app(*cloud, {name, Secret(kSecret), std::move(roles)}));
  }
  http::Response ask_token(const std::string& body,
                           const std::string& path = "/oauth2/v2.0/token") {
    http::Request request;
    request.method = "POST";
    request.target = "/" + cloud->tenant() + path;
    request.body = body;
    return serve(*cloud, request);
  }
  std::string token_of(const Application& who) {
    const auto response = ask_token("grant_type=client_credentials&client_id=" + who.client_id +
                                    "&client_secret=" + kSecret +
                                    "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default");
    return text_at(must(parse_json(response.body)), "access_token");
  }

  std::string sub() const { return "/subscriptions/" + cloud->subscription(); }
  std::string group(const std::string& name = "rg") const {
    return sub() + "/resourceGroups/" + name;
  }
  // `path` without api-version; `as`: another token than the tester's.
  http::Response call(const std::string& method, const std::string& path,
                      const std::string& body = "", const std::string& as = "") {
    http::Request request;
    request.method = method;
    request.target =
        path.find("api-version=") != std::string::npos
            ? path
            : path + (path.find('?') == std::string::npos ? "?" : "&") + "api-version=2021-04-01";
    request.headers.set("Authorization", "Bearer " + (as.empty() ? token : as));
    request.body = body;
    return serve(*cloud, request);
  }
  Json get(const std::string& path) {
    const auto response = call("GET", path);
    return response.body.empty() ? Json(nullptr) : must(parse_json(response.body, 128));
  }
  void make_group(const std::string& name = "rg") {
    call("PUT", group(name), R"({"location":"westeurope"})");
  }
  std::string deployment(const std::string& name, const std::string& rg = "rg") const {
    return group(rg) + "/providers/Microsoft.Resources/deployments/" + name;
  }
  http::Response deploy(const std::string& name, const Json& document,
                        const Json& parameters = JsonObject{},
                        const std::string& mode = "Incremental", const std::string& as = "") {
    return call(
        "PUT", deployment(name),
        dump(JsonObject{
            {"properties",
             JsonObject{{"mode", mode}, {"template", document}, {"parameters", parameters}}}
    }),
        as);
  }
  // Its end, as GET shows it.
  Json ended(const std::string& name) {
    cloud->engine().wait_for(deployment(name));
    return get(deployment(name));
  }
  // The same, with the clock pushed on until the slow resources are done.
  Json finish(const std::string& name) {
    const auto over = [&] {
      return cloud->store().read([&](const State& state) {
        const Deployment* found = state.get<Deployment>(to_key(deployment(name)));
        return !found || found->terminal();
      });
    };
    while (!over()) {
      clock.advance(std::chrono::seconds(1));
      std::this_thread::yield();
    }
    token = token_of(app);
    return get(deployment(name));
  }
  Effect effect(const std::string& id) {
    return cloud->store().read([&](const State& state) {
      const Effect* found = state.get<Effect>(to_key(id));
      return found ? *found : Effect{};
    });
  }
  static std::filesystem::path shared_keys() {
    static const armature::testing::TempDir kFolder;
    return kFolder.path() / "token_keys.json";
  }
  static std::string to_key(std::string id) {
    for (char& c : id) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return id;
  }
};

inline std::string code_of(const http::Response& response) {
  return text_at(must(parse_json(response.body)), "error.code");
}

}  // namespace armature::sandbox::testing
