#pragma once
// What the scheduler hands to an executor for one attempt, and what comes back.
//
//   In        Work: everything rendered, the attempt's token made; nothing else may be looked up
//   Out       done(Finished) exactly once per start(), from any thread but the caller's own stack;
//             a cancelled or stopped attempt reports too, unless the process ends first
//   Handles   an operator that begins something in the cloud saves how to find it again before it
//             polls; a later attempt of the same task gets it as Work::saved_handle and re-attaches
//   Threads   start and cancel are called by the scheduler thread and must not wait; save may be
//             called from any thread but the scheduler's
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/attempt.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"
#include "dag/dag.h"

namespace armature::orchestrator {

struct Work {
  Attempt attempt;
  std::shared_ptr<const dag::DagDef> dag;
  std::size_t task = 0;               // index into dag->tasks
  JsonObject arguments{};             // rendered
  JsonObject context{};               // as the arguments saw it; for templates that need the answer
  Secret token{};                     // empty: the DAG gives this task no access
  std::optional<Instant> deadline{};  // execution_timeout; passing it is failure class timeout
  Json saved_handle{};                // null: none
  std::filesystem::path log_file{};   // its folder may not exist yet

  const dag::TaskDef& def() const { return dag->tasks[task]; }
};

struct Finished {
  enum class Kind { kSuccess, kFailed, kSkipped };
  Attempt attempt;
  Kind kind = Kind::kSuccess;
  dag::FailureClass failure = dag::FailureClass::kTaskFailed;  // of kFailed
  std::string cloud_error_code{};                              // "AuthorizationFailed", or empty
  std::string message{};                       // for people, redacted by the receiver
  Json output{};                               // XCom return_value; null: none
  std::optional<Micros> server_asked_delay{};  // Retry-After of the last answer
};

class Executor {
 public:
  virtual ~Executor() = default;
  virtual void start(Work work, std::function<void(Finished)> done) = 0;
  virtual void cancel(const Attempt& attempt) = 0;  // unknown attempts are ignored
  virtual void stop() = 0;  // ends what runs, within a grace period; waits for it
};

class HandleStore {
 public:
  virtual ~HandleStore() = default;
  // Durable when it returns. kConflict: the attempt is no longer the task's current one, and the
  // operator must stop.
  virtual Status save(const Attempt& attempt, const Json& handle) = 0;
};

// Log file of an attempt below the logs folder: DAG/RUN/TASK/attempt=N.log, as Airflow lays it out.
std::filesystem::path log_path(const std::filesystem::path& logs_folder, const TaskKey& key,
                               int try_number);

}  // namespace armature::orchestrator
