#pragma once
// Sandbox: a local Azure on one HTTPS port: Entra ID's token endpoint and Azure Resource Manager.
//
//   Paths     /{tenant}/oauth2/token, /{tenant}/oauth2/v2.0/token        Entra ID
//             /subscriptions…, /providers…, /tenants, /metadata/endpoints    ARM
//   State     tenant, one subscription, apps, role assignments, resources, deployments, activity
//   log;
//             in memory, every change written through to `database` if there is one, so that a
//             restart, also after kill -9, goes on where it was: running deployments and operations
//             continue
//   Rights    every ARM call needs a token of this Entra; Azure RBAC is enforced on each operation
//   Threads   handler() answers on the runtime's workers; the rest from any thread
//   Lifetime  everything passed in outlives the sandbox
//   Not here  TLS and ports: app/ serves handler()
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/runtime.h"
#include "http/server.h"
#include "sandbox/content.h"
#include "storage/database.h"

namespace armature::sandbox {

// The body of a GET that was answered 200.
using Fetch = std::function<Result<std::string>(const std::string& url)>;

// An application with a client secret and its rights, made when the state is new.
struct AppSeed {
  std::string display_name;
  Secret client_secret;  // stored as a salted digest only
  struct Assignment {
    std::string role;   // built-in role's name
    std::string scope;  // "" : the subscription
  };
  std::vector<Assignment> roles;
  // Empty: chosen when the application is made. A client id that is given is kept to: an
  // application of that name moves to it.
  std::string client_id = "";
  std::string object_id = "";
  bool global_administrator = false;          // may elevate itself to the root scope
  std::vector<std::string> graph_roles = {};  // of Microsoft Graph: "Directory.Read.All"
};

struct Options {
  std::string tenant_id;        // empty: chosen at first start and kept
  std::string subscription_id;  // empty: chosen at first start and kept
  std::string subscription_name = "Sandbox";
  Micros provisioning_time = std::chrono::milliseconds(200);  // of a resource that takes time
  Micros rbac_propagation{0};  // until a new role assignment counts, as Azure takes its time
  // Seals the secure parameters of running deployments in the database. Empty: they are not kept,
  // and a deployment that has such parameters fails when a restart interrupts it.
  Secret state_key;
  ContentSource content;  // of linked templates; empty: none can be reached
  bool lenient = false;   // takes types, api-versions, regions and names as they come, unchecked
  bool require_registration = false;  // of resource providers, before their types are used
  bool throttle = false;              // by ARM's token buckets: 429 when one is empty
  Micros token_lifetime = std::chrono::seconds(3599);
  // Where the keys that sign tokens are kept, 0600. Empty: they end with the process.
  std::filesystem::path token_keys_file;
  Fetch fetch;  // for the keys of issuers that federated credentials name; empty: none is asked
};

// A fault applies to the next `times` requests that it matches. The kinds: faults.h.
struct Fault {
  std::string kind;
  int status = 503;                // kind status: 400 to 599
  int retry_after = 0;             // seconds; sent when > 0
  Micros duration{0};              // latency, token_lifetime, rbac_delay
  std::string method = "";         // "" any
  std::string path_contains = "";  // "" any; without regard to case
  int times = 1;                   // 0: until it is cleared
  double probability = 1;          // of each request that it matches
  std::uint64_t seed = 0;          // of the dice that decide by it
  std::string code = "";           // kind status; "" what ARM says with that status
  std::string message = "";
};

class Sandbox {
 public:
  static Result<std::unique_ptr<Sandbox>> open(Options options, http::Runtime& runtime,
                                               storage::Database* database, const Clock& clock,
                                               Random& random, Log& log);
  ~Sandbox();

  // The app of that name: made from the seed when absent, otherwise given the seed's secret.
  struct App {
    std::string client_id;
    std::string object_id;  // of the service principal
  };
  Result<App> ensure_app(const AppSeed& seed);

  // The user-assigned identity of that resource id, below a resource group: group and identity are
  // made with the rights when absent; its object id.
  Result<std::string> ensure_identity(const std::string& resource_id,
                                      const std::vector<AppSeed::Assignment>& roles);
  // The token endpoints that code on the resource would find: IMDS and App Service, whose secret
  // `header` is. For plain http on loopback.
  http::Handler identity_handler(std::string resource_id, Secret header);

  void set_public_url(std::string url);  // https://localhost:PORT, for absolute links
  http::Handler handler();
  std::string tenant_id() const;
  std::string subscription_id() const;

  Status add_fault(Fault fault);
  Json faults() const;
  Status remove_fault(std::int64_t id);
  void clear_faults();

  // Time and the whole state: owner.h says what each does and refuses.
  Json clock() const;  // {"now","ahead"}
  Status advance_clock(Micros by);
  Status set_clock(Instant to);
  Result<Json> snapshot() const;
  Status restore(const Json& snapshot);
  Status reset();

  // {"tenantId","subscriptionId","resources":n,"deployments":n,"faults":n,"url"}
  Json status() const;
  // How often each thing was really created, changed or deleted, by resource id (lower case):
  // {"/subscriptions/…": {"created":1,"updated":0,"deleted":0}}. Counts effects, not calls.
  Json effects() const;

 private:
  struct Impl;
  explicit Sandbox(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace armature::sandbox
