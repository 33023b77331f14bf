// armature: one program. `standalone` runs the server, `gateway` the gateway alone, `sandbox start`
// the sandbox alone; every other verb talks to one of them.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <span>
#include <thread>

#include "app/config.h"
#include "app/gateway_server.h"
#include "app/sandbox_server.h"
#include "app/standalone.h"
#include "app/version.h"
#include "base/bytes.h"
#include "base/files.h"
#include "cli/cli.h"
#include "orchestrator/orchestrator.h"

extern char** environ;  // NOLINT: POSIX names it so

namespace armature::app {
namespace {

struct SandboxFlags {
  std::string config_file, data_dir, port, control_port, state;
  std::vector<std::string> sets;
  bool in_memory = false;
};

struct StandaloneFlags {
  std::string config_file;
  std::vector<std::string> sets;
  std::string data_dir, dags_folder, port;
  bool no_sandbox = false;
};

struct GatewayFlags {
  std::string config_file, data_dir, port, upstream;
  std::vector<std::string> sets;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string config_file_of(const std::string& flag) {
  return flag.empty() ? "armature.yaml" : flag;
}

Result<Config> configuration(const std::string& config_file, std::vector<std::string> sets) {
  ConfigSources sources;
  sources.file_name = config_file_of(config_file);
  if (auto text = read_file(sources.file_name)) {
    sources.file_text = *text;
  } else if (!config_file.empty()) {
    return std::move(text).error();
  }
  for (char** entry = environ; *entry; ++entry) {
    const std::string pair = *entry;
    const auto equals = pair.find('=');
    if (equals != std::string::npos) {
      sources.environment.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    }
  }
  sources.sets = std::move(sets);
  return load_config(sources);
}

// A flag is a --set of its own: the last word.
void add_set(std::vector<std::string>& sets, const char* key, const std::string& value) {
  if (!value.empty()) sets.push_back(std::string(key) + "=" + value);
}

Level level_of(const std::string& name) {
  if (name == "debug") return Level::kDebug;
  if (name == "warning") return Level::kWarning;
  return name == "error" ? Level::kError : Level::kInfo;
}

template <class Server>
concept HangsUp = requires(Server& server) {
  server.hang_up();
};

// Waits for SIGINT or SIGTERM; a server that knows what to do at SIGHUP does it.
template <class Server>
int wait_for_end(const sigset_t& signals, Server& server) {
  for (;;) {
    int signal_number = 0;
    sigwait(&signals, &signal_number);
    if (signal_number != SIGHUP) return signal_number;
    if constexpr (HangsUp<Server>) server.hang_up();
  }
}

// Stops in peace; a second signal meanwhile ends the process at once. What is written is whole
// then, too: it has to be after a power loss.
template <class Server>
void stop(const sigset_t& signals, Server& server) {
  std::atomic<bool> stopped{false};
  std::thread impatient([&signals, &stopped] {
    int signal_number = SIGHUP;
    while (signal_number == SIGHUP && !stopped) sigwait(&signals, &signal_number);
    if (!stopped) ::_exit(128 + signal_number);
  });
  server.stop();
  stopped = true;
  pthread_kill(impatient.native_handle(), SIGTERM);
  impatient.join();
}

// Starts what `start` makes, says what `greeting` makes of it, and stops it at SIGINT or SIGTERM.
template <class Start, class Greeting>
int run_server(const Result<Config>& config, Start start, Greeting greeting) {
  if (!config) {
    std::cerr << "armature: " << config.error().message << "\n";
    return 2;
  }
  // Blocked before any thread starts, so that only sigwait below sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  using Server = std::remove_reference_t<decltype(**start(
      *config, std::declval<const Clock&>(), std::declval<Random&>(), std::declval<Log&>(),
      std::declval<Redactor&>()))>;
  if constexpr (HangsUp<Server>) sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const SystemClock clock;
  SystemRandom random;
  Redactor redactor;
  const auto to_stderr = [](std::string_view line) {
    const std::string whole = std::string(line) + "\n";
    std::fwrite(whole.data(), 1, whole.size(), stderr);
  };
  Log log(to_stderr, clock, redactor, level_of(config->log_level));
  auto server = start(*config, clock, random, log, redactor);
  if (!server) {
    std::cerr << "armature: " << redactor.clean(server.error().message) << "\n";
    return 1;
  }
  // Where the access log goes to standard output, nothing else does.
  (config->gateway_access_log == "stdout" ? std::cerr : std::cout)
      << greeting(**server) << std::flush;
  log.info("server ready", {
                               {"version", kVersion}
  });
  const int signal_number = wait_for_end(signals, **server);
  log.info("server stopping", {
                                  {"signal", signal_number}
  });
  stop(signals, **server);
  return 0;
}

int run_standalone(const StandaloneFlags& flags) {
  std::vector<std::string> sets = flags.sets;
  add_set(sets, "data_dir", flags.data_dir);
  add_set(sets, "dags.folder", flags.dags_folder);
  add_set(sets, "server.port", flags.port);
  if (flags.no_sandbox) sets.emplace_back("sandbox.enabled=false");
  return run_server(configuration(flags.config_file, std::move(sets)), Standalone::start,
                    [](const Standalone& server) {
                      return fmt::format("Armature {} is up at {}\n", kVersion, server.url());
                    });
}

int run_sandbox(const SandboxFlags& flags) {
  // The control API takes any free port, whatever a file says about the server's.
  std::vector<std::string> sets = flags.sets;
  add_set(sets, "data_dir", flags.data_dir);
  add_set(sets, "sandbox.port", flags.port);
  add_set(sets, "server.port", flags.control_port.empty() ? "0" : flags.control_port);
  return run_server(
      configuration(flags.config_file, std::move(sets)),
      [&](const Config& config, const Clock& clock, Random& random, Log& log, Redactor& redactor) {
        return SandboxServer::start({config, flags.state}, clock, random, log, redactor);
      },
      [](const SandboxServer& server) { return server.directions(); });
}

int run_gateway(const GatewayFlags& flags) {
  // The control API takes any free port, whatever a file says about the server's; --set names one.
  std::vector<std::string> sets = {"server.port=0"};
  sets.insert(sets.end(), flags.sets.begin(), flags.sets.end());
  add_set(sets, "data_dir", flags.data_dir);
  add_set(sets, "gateway.port", flags.port);
  add_set(sets, "azure.management_url", flags.upstream);
  const auto reread = [file = flags.config_file, sets] { return configuration(file, sets); };
  return run_server(
      reread(),
      [&](const Config& config, const Clock& clock, Random& random, Log& log, Redactor& redactor) {
        return GatewayServer::start({config, reread, config_file_of(flags.config_file)}, clock,
                                    random, log, redactor);
      },
      [](const GatewayServer& server) { return server.directions(); });
}

void add_standalone(CLI::App& app, StandaloneFlags& flags, int& status) {
  auto* verb =
      app.add_subcommand("standalone", "Run the server: API, orchestrator, gateway and sandbox");
  verb->add_option("--config", flags.config_file,
                   "Configuration file (default: armature.yaml if there)");
  verb->add_option("--data-dir", flags.data_dir, "Database, keys and logs (default: .armature)");
  verb->add_option("--dags-folder", flags.dags_folder, "Folder of DAG files (default: dags)");
  verb->add_option("--port", flags.port, "Port of the REST API (default: 8080)");
  verb->add_flag("--no-sandbox", flags.no_sandbox,
                 "Use Azure itself; identities come from the configuration");
  verb->add_option("--set", flags.sets, "section.key=value, repeatable");
  verb->footer(
      "Example:\n  armature standalone --dags-folder examples --set sandbox.port=0\n\n"
      "Keys of armature.yaml, ARMATURE__SECTION__KEY and --set:\n" +
      describe_keys());
  verb->callback([&] { status = run_standalone(flags); });
}

// What `armature gateway --help` teaches.
const std::string kGatewayHelp =
    R"(Who may call, and as whom, stands in the configuration file (docs/identities.md):
  identities:
    - name: prod
      kind: managed_identity
      ceiling: [{role: Contributor, scope: /subscriptions/S}]
  workloads:
    - name: release                       # a job elsewhere, with a token of its own issuer
      issuer: https://token.actions.githubusercontent.com
      audience: api://armature
      claims: {sub: "repo:contoso/app:environment:production"}
      identity: prod
      roles: [{role: Contributor, scope: /subscriptions/S/resourceGroups/app}]
    - name: batch                         # a job with a certificate (gateway.client_ca_file)
      certificate: {uri: "spiffe://contoso/batch"}
      identity: prod
      roles: [{role: Reader, scope: /subscriptions/S}]
    - name: backup                        # a job on this machine
      local: true
      identity: prod
      roles: [{role: Reader, scope: /subscriptions/S}]
The file is read again at SIGHUP and when it changes: workloads, roles and ceilings count at once.

Examples:
  armature gateway --config gateway.yaml
  set -a; . .armature/workloads/backup.env; set +a; az login --identity    # the local job
In front of a sandbox that 'armature sandbox start --data-dir sb' runs:
  armature gateway --config gateway.yaml --upstream https://localhost:8082 \
    --set azure.authority=https://localhost:8082 --set azure.ca_file=sb/ca/bundle.pem
'armature audit', 'armature access' and 'armature identity' ask it by its data directory.

Keys of armature.yaml, ARMATURE__SECTION__KEY and --set (those of dags, orchestrator and
sandbox say nothing here; server.port is the control API's: any free one, or --set server.port=N):
)";

void add_gateway(CLI::App& app, GatewayFlags& flags, int& status) {
  auto* verb = app.add_subcommand(
      "gateway",
      "Run the gateway alone, in front of Azure or a sandbox, for workloads from outside");
  verb->add_option("--config", flags.config_file,
                   "Configuration file (default: armature.yaml if there)");
  verb->add_option("--data-dir", flags.data_dir,
                   "Audit, operation log, keys, addresses (default: .armature)");
  verb->add_option("--port", flags.port, "TLS port (default: 8081; 0: any free)");
  verb->add_option("--upstream", flags.upstream,
                   "Azure Resource Manager (default: https://management.azure.com)");
  verb->add_option("--set", flags.sets, "section.key=value, repeatable");
  verb->footer(kGatewayHelp + describe_keys());
  verb->callback([&] { status = run_gateway(flags); });
}

void add_sandbox_start(CLI::App& sandbox, SandboxFlags& flags, int& status) {
  auto* verb = sandbox.add_subcommand(
      "start", "Run the local Azure alone: Entra ID, Resource Manager, Key Vault");
  verb->add_option("--port", flags.port, "TLS port on loopback (default: 8082; 0: any free)");
  verb->add_option("--data-dir", flags.data_dir,
                   "CA, secrets, addresses for the command line (default: .armature)");
  auto* state =
      verb->add_option("--state", flags.state, "Keep the state in this SQLite file over restarts");
  verb->add_flag("--in-memory", flags.in_memory, "Keep the state in memory (the default)")
      ->excludes(state);
  verb->add_option("--control-port", flags.control_port,
                   "Of the control API, http on loopback (default: any free)");
  verb->add_option("--config", flags.config_file,
                   "Configuration file (default: armature.yaml if there)");
  verb->add_option("--set", flags.sets, "section.key=value, repeatable: sandbox.* and log.level");
  verb->footer(
      "Example:\n  armature sandbox start --port 8082 --state sandbox.db\n"
      "  eval \"$(armature sandbox env)\"                      # in another shell\n"
      "  az cloud register -n armature --cloud-config @.armature/azure-cloud.json\n"
      "  az cloud set -n armature\n"
      "  az login --service-principal -u $AZURE_CLIENT_ID -p $AZURE_CLIENT_SECRET \\\n"
      "    --tenant $AZURE_TENANT_ID\n"
      "One sandbox or server per data directory. Its secrets are in DATA_DIR/secrets (0600); the\n"
      "service principal's is new at every start.");
  verb->callback([&] { status = run_sandbox(flags); });
}

// CLI11 says only that a subcommand is required: which word was none of them, and what was meant?
std::string unknown_command(const CLI::App* app, std::span<char* const> words) {
  for (const std::string_view word : words) {
    std::vector<std::string> names;
    const CLI::App* next = nullptr;
    for (const CLI::App* one : app->get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(one->get_name());
      if (one->get_name() == word) next = one;
    }
    if (names.empty() || word.starts_with('-')) return "";
    if (next == nullptr) {
      const std::string near = nearest(word, names);
      return "there is no command '" + std::string(word) + "'" +
             (near.empty() ? "" : "; did you mean '" + near + "'?");
    }
    app = next;
  }
  return "";
}

int run(int argc, char** argv) {
  CLI::App app("Armature: DAGs on Azure through an identity-aware gateway", "armature");
  app.require_subcommand(1);
  app.footer(
      "Start here:\n  armature standalone --dags-folder examples\n"
      "  armature dags list\n  armature dags trigger azure_provision --watch\n"
      "Only the local Azure:\n  armature sandbox start\n"
      "Only the gateway:\n  armature gateway --config gateway.yaml");
  int status = 0;
  StandaloneFlags flags;
  add_standalone(app, flags, status);
  GatewayFlags gateway_flags;
  add_gateway(app, gateway_flags, status);
  app.add_subcommand("version", "Print the version")
      ->footer("Example:\n  armature version")
      ->callback([] { std::cout << "armature " << kVersion << "\n"; });
  const SystemClock clock;
  const cli::Environment environment{variable,
                                     [](std::string_view text) { std::cout << text << std::flush; },
                                     [](std::string_view text) { std::cerr << text << std::flush; },
                                     clock,
                                     [](Micros length) { std::this_thread::sleep_for(length); },
                                     orchestrator::operator_specs(),
                                     ::isatty(STDOUT_FILENO) == 1};
  const auto verbs = cli::add_verbs(app, environment, status);
  SandboxFlags sandbox_flags;
  add_sandbox_start(*app.get_subcommand("sandbox"), sandbox_flags, status);
  const std::span words(argv + 1, argc > 0 ? static_cast<std::size_t>(argc - 1) : 0);
  if (const std::string problem = unknown_command(&app, words); !problem.empty()) {
    std::cerr << "armature: " << problem << "\nRun 'armature --help' for what there is.\n";
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return status;
}

}  // namespace
}  // namespace armature::app

int main(int argc, char** argv) {
  try {
    return armature::app::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "armature: " << error.what() << "\n";
    return 1;
  }
}
