// armature: one program. `standalone` runs the server; every other verb talks to one.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <span>
#include <thread>

#include "app/config.h"
#include "app/standalone.h"
#include "app/version.h"
#include "base/bytes.h"
#include "base/files.h"
#include "cli/cli.h"
#include "orchestrator/orchestrator.h"

extern char** environ;  // NOLINT: POSIX names it so

namespace armature::app {
namespace {

struct StandaloneFlags {
  std::string config_file;
  std::vector<std::string> sets;
  std::string data_dir, dags_folder, port;
  bool no_sandbox = false;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Result<Config> configuration(const StandaloneFlags& flags) {
  ConfigSources sources;
  sources.file_name = flags.config_file.empty() ? "armature.yaml" : flags.config_file;
  if (auto text = read_file(sources.file_name)) {
    sources.file_text = *text;
  } else if (!flags.config_file.empty()) {
    return std::move(text).error();
  }
  for (char** entry = environ; *entry; ++entry) {
    const std::string pair = *entry;
    const auto equals = pair.find('=');
    if (equals != std::string::npos) {
      sources.environment.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    }
  }
  sources.sets = flags.sets;
  const auto also = [&](const char* key, const std::string& value) {
    if (!value.empty()) sources.sets.push_back(std::string(key) + "=" + value);
  };
  also("data_dir", flags.data_dir);
  also("dags.folder", flags.dags_folder);
  also("server.port", flags.port);
  if (flags.no_sandbox) sources.sets.emplace_back("sandbox.enabled=false");
  return load_config(sources);
}

Level level_of(const std::string& name) {
  if (name == "debug") return Level::kDebug;
  if (name == "warning") return Level::kWarning;
  return name == "error" ? Level::kError : Level::kInfo;
}

int run_standalone(const StandaloneFlags& flags) {
  auto config = configuration(flags);
  if (!config) {
    std::cerr << "armature: " << config.error().message << "\n";
    return 2;
  }
  // Blocked before any thread starts, so that only sigwait below sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
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
  auto server = Standalone::start(*config, clock, random, log, redactor);
  if (!server) {
    std::cerr << "armature: " << redactor.clean(server.error().message) << "\n";
    return 1;
  }
  std::cout << "Armature " << kVersion << " is up at " << (*server)->url() << "\n" << std::flush;
  log.info("server ready", {
                               {"url",     (*server)->url()},
                               {"version", kVersion        }
  });
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  log.info("server stopping", {
                                  {"signal", signal_number}
  });
  (*server)->stop();
  return 0;
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
      "  armature dags list\n  armature dags trigger azure_provision --watch");
  int status = 0;
  StandaloneFlags flags;
  add_standalone(app, flags, status);
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
