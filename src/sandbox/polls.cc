// Polls of long-running operations: their state follows from the clock.
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/routes.h"

namespace armature::sandbox {

ArmAnswer poll_operation(const Cloud& cloud, const State& state, const ArmCall& call) {
  const auto& tail = call.at.tail;
  const bool by_location =
      !call.at.providers || ends_with_ci(tail[tail.size() - 2], "operationresults");
  const std::string name = to_lower(call.at.providers ? tail.back() : call.at.head[3]);
  const AsyncOperation* operation = state.get<AsyncOperation>(name);
  if (!operation) {
    return refuse(404, "OperationNotFound", "The operation '" + name + "' could not be found.");
  }
  const bool done = operation->ready <= cloud.clock().now();
  if (by_location) {
    if (done && operation->status == 0) return answer(200);
    if (done && operation->body.is_null()) return answer(operation->status);
    if (done) return answer(operation->status, operation->body);
    ArmAnswer out = answer(202);
    out.headers.set("Location", cloud.link(call.op.target, call));
    out.headers.set("Retry-After", "1");
    return out;
  }
  JsonObject body{
      {"id",        call.op.target                   },
      {"name",      name                             },
      {"status",    done ? "Succeeded" : "InProgress"},
      {"startTime", to_rfc3339(operation->started)   }
  };
  if (done) body["endTime"] = to_rfc3339(operation->ready);
  if (done && operation->body.is_object()) {
    for (const auto& [key, value] : operation->body.get_object()) body[key] = value;
  }
  ArmAnswer out = answer(200, std::move(body));
  if (!done) out.headers.set("Retry-After", "1");
  return out;
}

}  // namespace armature::sandbox
