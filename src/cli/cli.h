#pragma once
// The command line: verbs that talk REST to a running server, and those that read DAG files and ask
// none.
//
//   add_verbs  registers dags, runs, tasks, pools, audit, access, identity, sandbox on the CLI11
//   app that
//              app/ owns together with standalone and version; the chosen verb's exit status is
//              left in `status`
//   Exit       0 done; 1 failed, refused or not found; 2 wrong usage
//   Output     -o table|json|yaml on stdout; errors on stderr, one line and a hint; no colour
//   unless a
//              terminal
//   Finding    the server: --server, ARMATURE_SERVER, or DATA_DIR/server.json; the token:
//              ARMATURE_API_TOKEN or DATA_DIR/api_token
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/secret.h"
#include "dag/load.h"

namespace CLI {
class App;
}

namespace armature::cli {

struct Environment {
  std::function<std::string(const char* name)> variable;  // "" when unset
  std::function<void(std::string_view)> out, err;
  const Clock& clock;
  std::function<void(Micros)> sleep;
  const std::vector<dag::OperatorSpec>& operators;
  bool out_is_terminal = false;
};

class Session;
std::shared_ptr<Session> add_verbs(CLI::App& app, const Environment& environment, int& status);

}  // namespace armature::cli
