#include <CLI/CLI.hpp>

#include "base/files.h"
#include "cli/client_settings.h"
#include "cli/session.h"

namespace armature::cli {
namespace {

Status print_env(Session& session, const std::string& shell) {
  const std::map<std::string, Shell> shells = {
      {"bash",       Shell::kBash      },
      {"fish",       Shell::kFish      },
      {"powershell", Shell::kPowershell}
  };
  const auto path = session.data_dir() / "server.json";
  const auto text = read_file(path);
  if (!text) {
    return fail(Code::kUnavailable,
                "no sandbox found: " + path.string() +
                    " is not there. Start one with 'armature sandbox start', or say where it keeps "
                    "its data with --data-dir DIR");
  }
  ARMATURE_TRY(const Json server, parse_json(*text));
  ARMATURE_TRY(const ClientSettings settings, read_client_settings(server));
  session.print(exports(client_variables(settings), shells.at(shell)));
  return Ok{};
}

void add_env(CLI::App& sandbox, Session& session) {
  auto* env = sandbox.add_subcommand("env", "Print the variables that point clients at it");
  auto shell = std::make_shared<std::string>("bash");
  env->add_option("--shell", *shell, "bash, fish or powershell")
      ->check(CLI::IsMember({"bash", "fish", "powershell"}));
  env->footer(
      "Example:\n  eval \"$(armature sandbox env)\"\n"
      "  armature sandbox env --shell fish | source\n"
      "  armature sandbox env --shell powershell | Invoke-Expression\n"
      "The lines hold the client secret: they are for a shell, not for a file or a log.");
  session.run_on(*env, [&session, shell] { return print_env(session, *shell); });
}

}  // namespace

void add_sandbox_verbs(CLI::App& app, Session& session) {
  auto* sandbox = app.add_subcommand("sandbox", "The local Azure: alone, or of the server");
  sandbox->require_subcommand(1);
  sandbox->footer(
      "Start here:\n  armature sandbox start &\n  eval \"$(armature sandbox env)\"\n"
      "  armature sandbox status");
  auto* status = sandbox->add_subcommand("status", "Where it is and what it holds");
  status->footer("Example:\n  armature sandbox status -o json");
  session.run_on(*status, [&session]() -> Status {
    ARMATURE_TRY(const Json found, session.get("/api/v2/armature/sandbox"));
    session.print_object(found, {
                                    {"url",          "url"           },
                                    {"tenant",       "tenantId"      },
                                    {"subscription", "subscriptionId"},
                                    {"resources",    "resources"     },
                                    {"deployments",  "deployments"   },
                                    {"faults",       "faults"        }
    });
    return Ok{};
  });
  add_env(*sandbox, session);
  add_sandbox_fault_verbs(*sandbox, session);
  add_sandbox_state_verbs(*sandbox, session);
}

}  // namespace armature::cli
