#include <algorithm>
#include <array>
#include <utility>

#include "dag/dag.h"
#include "dag/plan.h"

namespace armature::dag {
namespace {

constexpr std::array<std::pair<TriggerRule, std::string_view>, 12> kRules = {
    {
     {TriggerRule::kAllSuccess, "all_success"},
     {TriggerRule::kAllFailed, "all_failed"},
     {TriggerRule::kAllDone, "all_done"},
     {TriggerRule::kAllSkipped, "all_skipped"},
     {TriggerRule::kOneSuccess, "one_success"},
     {TriggerRule::kOneFailed, "one_failed"},
     {TriggerRule::kOneDone, "one_done"},
     {TriggerRule::kNoneFailed, "none_failed"},
     {TriggerRule::kNoneFailedMinOneSuccess, "none_failed_min_one_success"},
     {TriggerRule::kNoneSkipped, "none_skipped"},
     {TriggerRule::kAlways, "always"},
     {TriggerRule::kAllDoneMinOneSuccess, "all_done_min_one_success"},
     }
};

// A removed upstream task counts for nothing: it can neither satisfy nor hold up a rule.
struct Counts {
  std::size_t all = 0, success = 0, skipped = 0, failed = 0;  // failed: upstream_failed too
  std::size_t done() const { return success + skipped + failed; }
  bool all_done() const { return done() == all; }
};

Counts count(const std::vector<TaskState>& upstream) {
  Counts out;
  for (const TaskState state : upstream) {
    if (state == TaskState::kRemoved) continue;
    ++out.all;
    if (state == TaskState::kSuccess) ++out.success;
    if (state == TaskState::kSkipped) ++out.skipped;
    if (state == TaskState::kFailed || state == TaskState::kUpstreamFailed) ++out.failed;
  }
  return out;
}

}  // namespace

std::string_view to_string(TriggerRule rule) {
  for (const auto& [value, name] : kRules) {
    if (value == rule) return name;
  }
  return "all_success";
}

std::optional<TriggerRule> trigger_rule_from(std::string_view name) {
  for (const auto& [value, known] : kRules) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string> trigger_rule_names() {
  std::vector<std::string> out;
  for (const auto& rule : kRules) out.emplace_back(rule.second);
  return out;
}

std::string_view to_string(FailureClass kind) {
  switch (kind) {
    case FailureClass::kThrottled:
      return "throttled";
    case FailureClass::kTimeout:
      return "timeout";
    case FailureClass::kServerError:
      return "server_error";
    case FailureClass::kConflictInProgress:
      return "conflict_in_progress";
    case FailureClass::kNetwork:
      return "network";
    case FailureClass::kTaskFailed:
      return "task_failed";
    case FailureClass::kFatal:
      return "fatal";
  }
  return "fatal";
}

Verdict evaluate(TriggerRule rule, const std::vector<TaskState>& upstream) {
  if (upstream.empty() || rule == TriggerRule::kAlways) return Verdict::kRun;
  const Counts n = count(upstream);
  const bool all_skipped = static_cast<std::size_t>(n.skipped) == upstream.size();
  const auto once_done = [&](Verdict verdict) { return n.all_done() ? verdict : Verdict::kWait; };
  switch (rule) {
    case TriggerRule::kAllSuccess:
      if (n.failed > 0) return Verdict::kUpstreamFail;
      if (n.skipped > 0) return Verdict::kSkip;
      return once_done(Verdict::kRun);
    case TriggerRule::kAllFailed:
      if (n.success > 0 || n.skipped > 0) return Verdict::kSkip;
      return once_done(Verdict::kRun);
    case TriggerRule::kAllDone:
      return once_done(Verdict::kRun);
    case TriggerRule::kAllSkipped:
      if (n.success > 0 || n.failed > 0) return Verdict::kSkip;
      return once_done(Verdict::kRun);
    case TriggerRule::kOneSuccess:
      if (n.success > 0) return Verdict::kRun;
      return once_done(all_skipped ? Verdict::kSkip : Verdict::kUpstreamFail);
    case TriggerRule::kOneFailed:
      if (n.failed > 0) return Verdict::kRun;
      return once_done(Verdict::kSkip);
    case TriggerRule::kOneDone:
      // As in Airflow, upstream_failed is no execution; the count of failures includes it only
      // where a rule asks for failures.
      if (std::any_of(upstream.begin(), upstream.end(), [](TaskState state) {
            return state == TaskState::kSuccess || state == TaskState::kFailed;
          })) {
        return Verdict::kRun;
      }
      return once_done(Verdict::kSkip);
    case TriggerRule::kNoneFailed:
      if (n.failed > 0) return Verdict::kUpstreamFail;
      return once_done(Verdict::kRun);
    case TriggerRule::kNoneFailedMinOneSuccess:
      if (n.failed > 0) return Verdict::kUpstreamFail;
      if (n.success > 0) return once_done(Verdict::kRun);
      return once_done(all_skipped ? Verdict::kSkip : Verdict::kUpstreamFail);
    case TriggerRule::kNoneSkipped:
      if (n.skipped > 0) return Verdict::kSkip;
      return once_done(Verdict::kRun);
    case TriggerRule::kAllDoneMinOneSuccess:
      if (n.skipped > 0) return Verdict::kSkip;
      return once_done(n.success > 0 ? Verdict::kRun : Verdict::kUpstreamFail);
    case TriggerRule::kAlways:
      break;
  }
  return Verdict::kRun;
}

}  // namespace armature::dag
