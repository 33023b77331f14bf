#pragma once
// What an operator is: its specification for the loader, and a function that runs one attempt on a
// thread of its own.
//
//   In        Bench: the work and every tool it may use; nothing else is reachable
//   Out       Finished. succeed() and the fail_… functions make it
//   Cancel    an operator that waits does so through bench.cancel and ends soon after it is raised
//   Re-attach operators with `attaches` find work.saved_handle and go on instead of beginning again
#include "dag/load.h"
#include "http/client.h"
#include "orchestrator/access_port.h"
#include "orchestrator/cancel.h"
#include "orchestrator/execution.h"
#include "orchestrator/task_files.h"
#include "orchestrator/task_log.h"

namespace armature::orchestrator {

struct Bench {
  const Work& work;
  TaskLog& log;
  const Cancel& cancel;
  ArmCaller& arm;
  http::Client& client;
  HandleStore& handles;
  const TaskFiles& files;
  const ChildEnvironment& child;
  const Clock& clock;

  std::optional<Micros> time_left() const;  // until the attempt's deadline
};

using RunOperator = Finished (*)(Bench&);

struct Operator {
  dag::OperatorSpec spec;
  RunOperator run = nullptr;
  bool attaches = false;
};

// The list: an operator is a line in operators/table.cc and a file beside it.
const std::vector<Operator>& operators();
const Operator* find_operator(std::string_view name);

Finished succeed(const Bench& bench, Json output = nullptr);
Finished skip(const Bench& bench, std::string message);
Finished give_up(const Bench& bench, dag::FailureClass failure, std::string message,
                 std::string cloud_error_code = "");
Finished cancelled(const Bench& bench);  // or timed out, when the deadline has passed

Finished run_empty(Bench& bench);
Finished run_bash(Bench& bench);
Finished run_http(Bench& bench);
Finished run_resource_group(Bench& bench);
Finished run_resource(Bench& bench);
Finished run_action(Bench& bench);
Finished run_arm_deployment(Bench& bench);
Finished run_role_assignment(Bench& bench);

}  // namespace armature::orchestrator
