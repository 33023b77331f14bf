#include "identity/attempt_claims.h"

#include <string_view>
#include <utility>

namespace armature::identity {
namespace {

Error nobody() { return fail(Code::kUnauthenticated, "token names no attempt"); }

template <class Int>
Result<Int> integer(const JsonObject& claims, std::string_view name) {
  const Json* value = claims.if_contains(name);
  if (!value || !value->is_int64() || !std::in_range<Int>(value->get_int64())) return nobody();
  return static_cast<Int>(value->get_int64());
}

std::string_view text(const JsonObject& claims, std::string_view name) {
  const Json* value = claims.if_contains(name);
  return value && value->is_string() ? as_text(*value) : std::string_view();
}

}  // namespace

JsonObject claims_of(const Attempt& attempt) {
  JsonObject claims;
  claims["sub"] = to_string(attempt.key);
  claims["dag"] = attempt.key.dag.str();
  claims["run"] = attempt.key.run.str();
  claims["task"] = attempt.key.task.str();
  claims["map_index"] = attempt.key.map_index;
  claims["try"] = attempt.try_number;
  claims["fence"] = attempt.fence;
  return claims;
}

Result<Attempt> attempt_in(const JsonObject& claims) {
  const auto dag = DagId::parse(text(claims, "dag"));
  const auto run = RunId::parse(text(claims, "run"));
  const auto task = TaskId::parse(text(claims, "task"));
  if (!dag || !run || !task) return nobody();
  ARMATURE_TRY(const int map_index, integer<int>(claims, "map_index"));
  ARMATURE_TRY(const int try_number, integer<int>(claims, "try"));
  ARMATURE_TRY(const std::int64_t fence, integer<std::int64_t>(claims, "fence"));
  return Attempt{
      {*dag, *run, *task, map_index},
      try_number, fence
  };
}

}  // namespace armature::identity
