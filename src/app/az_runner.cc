#include "app/az_runner.h"

#include "orchestrator/process.h"

namespace armature::app {
namespace {

constexpr auto kLongest = std::chrono::seconds(60);
constexpr std::size_t kMostOutput = 256 * 1024;

Error failed(const orchestrator::ProcessEnd& end, const std::string& last_line) {
  using Kind = orchestrator::ProcessEnd::Kind;
  std::string how = "az ended with " + std::to_string(end.code);
  if (end.kind == Kind::kTimedOut) how = "az took longer than a minute";
  if (end.kind == Kind::kExited && end.code == 127) how = "az is not installed";
  return fail(Code::kUnavailable, how + (last_line.empty() ? "" : ": " + last_line));
}

}  // namespace

ProgramRunner az_runner(std::vector<std::string> environment, std::filesystem::path directory,
                        const Clock& clock) {
  return [environment, directory,
          &clock](const std::vector<std::string>& arguments) -> Result<std::string> {
    orchestrator::ProcessSpec spec;
    spec.arguments = {"/usr/bin/env"};  // finds az by PATH
    spec.arguments.insert(spec.arguments.end(), arguments.begin(), arguments.end());
    spec.environment = environment;
    spec.directory = directory.string();
    spec.time_limit = kLongest;
    const orchestrator::Cancel never;
    std::string output, last_line;
    ARMATURE_TRY(const auto end,
                 orchestrator::run_process(spec, never, clock, [&](std::string_view line) {
                   if (output.size() > kMostOutput) return;
                   output.append(line) += '\n';
                   if (!line.empty()) last_line = line;
                 }));
    if (end.kind == orchestrator::ProcessEnd::Kind::kExited && end.code == 0) return output;
    return failed(end, last_line);
  };
}

}  // namespace armature::app
