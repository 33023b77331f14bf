#include "orchestrator/operators/operator.h"

namespace armature::orchestrator {

std::optional<Micros> Bench::time_left() const {
  if (!work.deadline) return std::nullopt;
  return std::max(Micros{0}, *work.deadline - clock.now());
}

Finished succeed(const Bench& bench, Json output) {
  Finished finished{bench.work.attempt};
  finished.output = std::move(output);
  return finished;
}

Finished skip(const Bench& bench, std::string message) {
  bench.log.info("skipped: " + message);
  Finished finished{bench.work.attempt};
  finished.kind = Finished::Kind::kSkipped;
  finished.message = std::move(message);
  return finished;
}

Finished give_up(const Bench& bench, dag::FailureClass failure, std::string message,
                 std::string cloud_error_code) {
  bench.log.error(message);
  Finished finished{bench.work.attempt};
  finished.kind = Finished::Kind::kFailed;
  finished.failure = failure;
  finished.message = std::move(message);
  finished.cloud_error_code = std::move(cloud_error_code);
  return finished;
}

Finished cancelled(const Bench& bench) {
  if (bench.work.deadline && bench.clock.now() >= *bench.work.deadline) {
    return give_up(bench, dag::FailureClass::kTimeout, "execution_timeout is over");
  }
  return give_up(bench, dag::FailureClass::kNetwork, "the attempt was cancelled");
}

Finished run_empty(Bench& bench) { return succeed(bench); }

}  // namespace armature::orchestrator
