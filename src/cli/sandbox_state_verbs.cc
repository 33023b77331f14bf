#include <CLI/CLI.hpp>

#include "base/files.h"
#include "base/time.h"
#include "cli/session.h"

namespace armature::cli {
namespace {

constexpr const char* kClock = "/api/v2/armature/sandbox/clock";
constexpr const char* kSnapshot = "/api/v2/armature/sandbox/snapshot";
constexpr Micros kAskEvery = std::chrono::milliseconds(200);
constexpr std::size_t kLargestSnapshot = 256u << 20;

void print_clock(Session& session, const Json& clock) {
  session.print_object(clock, {
                                  {"now",   "now"  },
                                  {"ahead", "ahead"}
  });
}

Status move_clock(Session& session, const char* how, const std::string& value) {
  ARMATURE_TRY(const Json clock, session.send("POST", kClock,
                                              JsonObject{
                                                  {how, value}
  }));
  print_clock(session, clock);
  return Ok{};
}

void add_clock(CLI::App& sandbox, Session& session) {
  auto* clock = sandbox.add_subcommand("clock", "The sandbox's time, which may run ahead");
  clock->require_subcommand(1);
  auto* show = clock->add_subcommand("show", "Its time, and how far it is ahead");
  show->footer("Example:\n  armature sandbox clock show");
  session.run_on(*show, [&session]() -> Status {
    ARMATURE_TRY(const Json found, session.get(kClock));
    print_clock(session, found);
    return Ok{};
  });
  auto value = std::make_shared<std::string>();
  auto* advance = clock->add_subcommand("advance", "Move it forward by a length");
  advance->add_option("LENGTH", *value, "Such as 2h, 90m or 91d")->required();
  advance->footer(
      "Example:\n  armature sandbox clock advance 2h\n"
      "Tokens expire, provisioning ends, soft-deleted vaults are purged. Time never goes back; "
      "'armature sandbox reset' begins anew in the present.");
  session.run_on(*advance, [&session, value] { return move_clock(session, "advance", *value); });
  auto* set = clock->add_subcommand("set", "Move it forward to a time");
  set->add_option("TIME", *value, "RFC 3339")->required();
  set->footer("Example:\n  armature sandbox clock set 2030-01-01T00:00:00Z");
  session.run_on(*set, [&session, value] { return move_clock(session, "set", *value); });
}

// Again while a deployment runs, until `wait` is over.
Result<Json> when_at_rest(Session& session, const std::string& wait,
                          const std::function<Result<Json>()>& ask) {
  Micros left{0};
  if (!wait.empty()) {
    ARMATURE_TRY(left, parse_duration(wait));
  }
  for (;; left -= kAskEvery) {
    auto answer = ask();
    if (answer || answer.error().code != Code::kConflict || left <= Micros{0}) return answer;
    session.environment().sleep(kAskEvery);
  }
}

struct SnapshotFlags {
  std::string file, wait;
};

Status save(Session& session, const SnapshotFlags& flags) {
  ARMATURE_TRY(const Json snapshot,
               when_at_rest(session, flags.wait, [&] { return session.get(kSnapshot); }));
  return write_file(flags.file, dump(snapshot) + "\n", 0600);
}

Status load(Session& session, const SnapshotFlags& flags) {
  ARMATURE_TRY(const std::string text, read_file(flags.file, kLargestSnapshot));
  auto snapshot = parse_json(text, 256);
  if (!snapshot) return std::move(snapshot).error().in(flags.file);
  ARMATURE_TRY(const Json nothing, when_at_rest(session, flags.wait, [&] {
                 return session.send("PUT", kSnapshot, *snapshot);
               }));
  return Ok{};
}

void add_snapshot(CLI::App& sandbox, Session& session) {
  auto* snapshot = sandbox.add_subcommand("snapshot", "Keep the whole state in a file");
  snapshot->require_subcommand(1);
  auto flags = std::make_shared<SnapshotFlags>();
  const auto verb = [&](const char* name, const char* text, const char* example,
                        Status (*body)(Session&, const SnapshotFlags&)) {
    auto* added = snapshot->add_subcommand(name, text);
    added->add_option("FILE", flags->file, "JSON, readable by its owner only")->required();
    added->add_option("--wait", flags->wait, "How long to wait for running deployments");
    added->footer(std::string("Example:\n  ") + example);
    session.run_on(*added, [&session, flags, body] { return body(session, *flags); });
  };
  verb("save", "Write the state to FILE; secret values stay sealed",
       "armature sandbox snapshot save before.json --wait 1m", save);
  verb("load", "Go back to the state in FILE: what is there now is gone",
       "armature sandbox snapshot load before.json", load);
}

}  // namespace

void add_sandbox_state_verbs(CLI::App& sandbox, Session& session) {
  add_clock(sandbox, session);
  add_snapshot(sandbox, session);
  auto* reset = sandbox.add_subcommand("reset", "Begin anew: an empty subscription, today");
  reset->footer(
      "Example:\n  armature sandbox reset\n"
      "The service principal keeps its client id and secret; faults are forgotten.");
  session.run_on(*reset, [&session]() -> Status {
    ARMATURE_TRY(const Json nothing,
                 session.send("POST", "/api/v2/armature/sandbox/reset", nullptr));
    return Ok{};
  });
}

}  // namespace armature::cli
