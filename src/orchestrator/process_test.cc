#include "orchestrator/process.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/testing.h"

namespace armature::orchestrator {
namespace {

using namespace std::chrono_literals;

struct Ran {
  ProcessEnd end;
  std::vector<std::string> lines;
};

Ran run(const std::string& command, std::optional<Micros> limit = {},
        const Cancel& cancel = Cancel()) {
  ProcessSpec spec;
  spec.arguments = {"/bin/bash", "-c", command};
  spec.environment = {"PATH=/usr/bin:/bin", "GIVEN=yes"};
  spec.directory = "/";
  spec.time_limit = limit;
  spec.grace = 200ms;
  Ran ran;
  const SystemClock clock;
  const auto on_line = [&](std::string_view line) { ran.lines.emplace_back(line); };
  const auto end = run_process(spec, cancel, clock, on_line);
  EXPECT_TRUE(end) << (end ? "" : end.error().message);
  if (end) ran.end = *end;
  return ran;
}

using Kind = ProcessEnd::Kind;

TEST(Process, GivesOutputLineByLineAndTheExitStatus) {
  const Ran ran = run("echo one; echo two >&2; printf 'no newline'; exit 7");
  EXPECT_EQ(ran.end.kind, Kind::kExited);
  EXPECT_EQ(ran.end.code, 7);
  EXPECT_EQ(ran.lines, (std::vector<std::string>{"one", "two", "no newline"}));
}

TEST(Process, InheritsNothingButWhatItIsGiven) {
  const Ran ran = run("echo \"$GIVEN$HOME$USER\"; pwd; ls /proc/self/fd | wc -l");
  ASSERT_EQ(ran.lines.size(), 3u);
  EXPECT_EQ(ran.lines[0], "yes");
  EXPECT_EQ(ran.lines[1], "/");
  EXPECT_LE(std::stoi(ran.lines[2]), 4);  // 0, 1, 2 and the folder ls reads
}

TEST(Process, SaysWhichSignalEndedIt) {
  const Ran ran = run("kill -9 $$");
  EXPECT_EQ(ran.end.kind, Kind::kSignalled);
  EXPECT_EQ(ran.end.code, 9);
}

TEST(Process, EndsAtItsTimeLimitAlsoWhenTheChildDoesNotListen) {
  EXPECT_EQ(run("sleep 60", 50ms).end.kind, Kind::kTimedOut);
  EXPECT_EQ(run("trap '' TERM; while :; do sleep 60; done", 50ms).end.kind, Kind::kTimedOut);
}

TEST(Process, EndsOnCancel) {
  Cancel cancel;
  std::thread other([&] { cancel.raise(); });
  EXPECT_EQ(run("sleep 60", {}, cancel).end.kind, Kind::kCancelled);
  other.join();
}

TEST(Process, LeavesNoChildBehind) {
  const Ran ran = run("sleep 61 & echo $!");
  ASSERT_EQ(ran.lines.size(), 1u);
  // Killed, though a busy machine may take its time, and init to reap it: gone or a zombie.
  const Ran state =
      run("for i in $(seq 200); do s=$(sed -n 's/^State:\\t\\(.\\).*/\\1/p' /proc/" + ran.lines[0] +
          "/status 2>/dev/null); case \"$s\" in ''|Z|X) break ;; esac; sleep 0.05; done; "
          "echo \"state:$s\"");
  ASSERT_EQ(state.lines.size(), 1u);
  EXPECT_TRUE(state.lines[0] == "state:" || state.lines[0] == "state:Z" ||
              state.lines[0] == "state:X")
      << state.lines[0];
}

TEST(Process, SaysWhyItCannotStart) {
  ProcessSpec spec;
  spec.arguments = {"/bin/true"};
  spec.directory = "/no/such/folder";
  const Cancel cancel;
  const SystemClock clock;
  const auto end = run_process(spec, cancel, clock, [](std::string_view) {});
  ASSERT_FALSE(end);
  EXPECT_NE(end.error().message.find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace armature::orchestrator
