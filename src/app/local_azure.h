#pragma once
// LocalAzure: the sandbox on its port, with a service principal that is ready to be used and the
// files that point clients at it. `armature standalone` and `armature sandbox start` both run one.
//
//   Files     DATA_DIR/secrets/NAME      the principal's client secret, 0600, new at every start
//             DATA_DIR/secrets/sandbox_state_key seals secure values in the state, 0600, kept
//             DATA_DIR/secrets/identity_header   what the identity endpoint asks for, 0600, kept
//             DATA_DIR/token_keys.json           sign the sandbox's tokens, 0600, kept: the tokens
//                                        that clients have cached outlive a restart
//   Errors    kUnavailable: the port is taken, naming it, or a file cannot be written
//   Threads   start and stop from one thread
//   Lifetime  everything passed in outlives it
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "http/certificates.h"
#include "http/server.h"
#include "sandbox/sandbox.h"

namespace armature::app {

// Reads the secret file, or makes one of 256 bits for the first start.
Result<Secret> load_or_make_secret(const std::filesystem::path& path, Random& random);

struct LocalAzureOptions {
  Config config;                     // data_dir and sandbox.*
  std::filesystem::path state_file;  // empty: the state is in memory
  std::string principal;             // the name of the service principal
  std::string client_id;             // empty: chosen when it is made
  std::string object_id;             // the same
  std::vector<sandbox::AppSeed::Assignment> roles;
  std::vector<std::string> graph_roles;  // of Microsoft Graph
};

class LocalAzure {
 public:
  static Result<std::unique_ptr<LocalAzure>> start(LocalAzureOptions options,
                                                   const http::Authority& authority,
                                                   http::Runtime& runtime, const Clock& clock,
                                                   Random& random, Log& log, Redactor& redactor);
  ~LocalAzure();
  void stop();

  sandbox::Sandbox& sandbox() { return *sandbox_; }
  const std::string& url() const { return url_; }  // https://localhost:PORT
  const std::string& client_id() const { return client_id_; }
  std::filesystem::path secret_file() const;
  // What a client needs to know, without the secret: for server.json.
  JsonObject description() const;

 private:
  explicit LocalAzure(LocalAzureOptions options) : options_(std::move(options)) {}
  Status open(const http::Authority& authority, http::Runtime& runtime, const Clock& clock,
              Random& random, Log& log, Redactor& redactor);
  Status serve(const http::Authority& authority, http::Runtime& runtime, const Clock& clock,
               Random& random);
  Status add_principal(Random& random, Redactor& redactor);
  Status serve_identities(http::Runtime& runtime, Random& random, Log& log, Redactor& redactor);
  std::filesystem::path file(const char* folder, const std::string& name) const;

  LocalAzureOptions options_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> identity_server_;
  std::string url_, client_id_;
};

}  // namespace armature::app
