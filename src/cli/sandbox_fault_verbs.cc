#include <CLI/CLI.hpp>

#include "cli/session.h"

namespace armature::cli {
namespace {

constexpr const char* kFaults = "/api/v2/armature/sandbox/faults";

struct FaultFlags {
  std::string kind, duration, method, path, code, message;
  int status = 0, retry_after = 0, times = -1;
  double probability = 0;
  std::int64_t seed = 0;
};

void print_faults(Session& session, const Json& faults) {
  session.print_list(
      JsonObject{
          {"faults", faults}
  },
      "faults",
      {{"ID", "id"},
       {"KIND", "kind"},
       {"STATUS", "status"},
       {"DURATION", "duration"},
       {"METHOD", "method"},
       {"PATH", "path_contains"},
       {"TIMES", "times"},
       {"MET", "met"},
       {"HOLDS", "holds"}});
}

Status add(Session& session, const FaultFlags& flags) {
  JsonObject body{
      {"kind", flags.kind}
  };
  const auto text = [&](const char* name, const std::string& value) {
    if (!value.empty()) body[name] = value;
  };
  text("duration", flags.duration);
  text("method", flags.method);
  text("path_contains", flags.path);
  text("code", flags.code);
  text("message", flags.message);
  if (flags.status != 0) body["status"] = flags.status;
  if (flags.retry_after != 0) body["retry_after"] = flags.retry_after;
  if (flags.times >= 0) body["times"] = flags.times;
  if (flags.probability != 0) body["probability"] = flags.probability;
  if (flags.seed != 0) body["seed"] = flags.seed;
  ARMATURE_TRY(const Json faults, session.send("POST", kFaults, body));
  print_faults(session, faults);
  return Ok{};
}

void add_add(CLI::App& fault, Session& session) {
  auto* verb = fault.add_subcommand("add", "Let matching requests meet a fault");
  auto flags = std::make_shared<FaultFlags>();
  verb->add_option("KIND", flags->kind,
                   "status, throttle, latency, late, drop_before, drop_after, drop_during, "
                   "drop_idle, expired_token, token_lifetime or rbac_delay")
      ->required()
      ->check(CLI::IsMember({"status", "throttle", "latency", "late", "drop_before", "drop_after",
                             "drop_during", "drop_idle", "expired_token", "token_lifetime",
                             "rbac_delay"}));
  verb->add_option("--status", flags->status, "status: 400 to 599 (default: 503)");
  verb->add_option("--code", flags->code, "status: the error's code (default: ARM's own)");
  verb->add_option("--message", flags->message, "status: the error's text");
  verb->add_option("--retry-after", flags->retry_after, "status, throttle: seconds");
  verb->add_option("--duration", flags->duration,
                   "latency, late, token_lifetime, rbac_delay: such as 2s or 5m");
  verb->add_option("--method", flags->method, "Only requests of this method");
  verb->add_option("--path", flags->path, "Only paths that hold this text, in any case");
  verb->add_option("--times", flags->times,
                   "How often; 0 until cleared (default: 1; token_lifetime, rbac_delay: 0)");
  verb->add_option("--probability", flags->probability, "Of each match, above 0 to 1 (default: 1)");
  verb->add_option("--seed", flags->seed, "The same seed, the same draws (default: 0)");
  verb->footer(
      "Example:\n  armature sandbox fault add status --status 503 --path /deployments/ --times 2\n"
      "  armature sandbox fault add throttle --retry-after 5 --method PUT\n"
      "  armature sandbox fault add drop_after --path /storageAccounts/\n"
      "  armature sandbox fault add latency --duration 2s --times 0 --probability 0.1 --seed 7\n"
      "  armature sandbox fault add token_lifetime --duration 6m\n"
      "  armature sandbox fault add rbac_delay --duration 5m");
  session.run_on(*verb, [&session, flags] { return add(session, *flags); });
}

}  // namespace

void add_sandbox_fault_verbs(CLI::App& sandbox, Session& session) {
  auto* fault = sandbox.add_subcommand("fault", "Faults that requests will meet");
  fault->require_subcommand(1);
  add_add(*fault, session);
  auto* list = fault->add_subcommand("list", "The faults that still wait");
  list->footer("Example:\n  armature sandbox fault list -o json");
  session.run_on(*list, [&session]() -> Status {
    ARMATURE_TRY(const Json faults, session.get(kFaults));
    print_faults(session, faults);
    return Ok{};
  });
  auto* clear = fault->add_subcommand("clear", "Forget all faults, or one");
  auto id = std::make_shared<std::string>();
  clear->add_option("ID", *id, "Of the list (default: all)");
  clear->footer("Example:\n  armature sandbox fault clear\n  armature sandbox fault clear 3");
  session.run_on(*clear, [&session, id]() -> Status {
    const std::string path = id->empty() ? kFaults : std::string(kFaults) + "/" + *id;
    ARMATURE_TRY(const Json nothing, session.send("DELETE", path, nullptr));
    return Ok{};
  });
}

}  // namespace armature::cli
