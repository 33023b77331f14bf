// azure.resource_group, azure.resource and azure.action: one resource or one action on it.
#include "base/bytes.h"
#include "dag/render.h"
#include "orchestrator/operators/arm_session.h"
#include "orchestrator/operators/subscription.h"

namespace armature::orchestrator {
namespace {

constexpr auto kGroupApiVersion = "2021-04-01";

Status save_poll(Bench& bench, const std::string& target, const std::string& poll_url) {
  JsonObject handle;
  handle["target"] = target;
  handle["poll_url"] = poll_url;
  return bench.handles.save(bench.work.attempt, handle);
}

// The poll URL an earlier attempt saved for the very same request, or "".
std::string saved_poll(const Bench& bench, const std::string& target) {
  if (text_at(bench.work.saved_handle, "target") != target) return "";
  return text_at(bench.work.saved_handle, "poll_url");
}

std::variant<ArmAnswer, Finished> run_call(Bench& bench, const std::string& method,
                                           const std::string& target, const Json& body,
                                           const std::string& resource_target) {
  ArmSession session(bench);
  if (const std::string poll = saved_poll(bench, target); !poll.empty()) {
    return session.resume(method, poll, resource_target);
  }
  const int accept = method == "DELETE" ? 404 : 0;
  auto first = session.call(method, target, body, accept);
  if (std::holds_alternative<Finished>(first)) return first;
  auto& answer = std::get<ArmAnswer>(first);
  if (method == "GET" || method == "HEAD" || answer.status == 404) return first;
  return session.finish(method, std::move(answer), resource_target,
                        [&](const std::string& url) { return save_poll(bench, target, url); });
}

Finished checked(Bench& bench, const ArmAnswer& answer) {
  const std::string condition = text_at(bench.work.arguments, "response_check");
  if (condition.empty()) return succeed(bench, answer.body);
  JsonObject context = bench.work.context;
  context["response"] = answer.body;
  const auto holds = dag::render_condition(condition, context);
  if (!holds) {
    return give_up(bench, dag::FailureClass::kFatal, "response_check: " + holds.error().message);
  }
  if (!*holds) {
    return give_up(bench, dag::FailureClass::kTaskFailed,
                   "response_check does not hold: " + condition);
  }
  return succeed(bench, answer.body);
}

}  // namespace

Result<std::string> subscription_of(const Bench& bench) {
  const Json arguments(bench.work.arguments);
  const Json context(bench.work.context);
  for (const std::string& id :
       {text_at(arguments, "subscription_id"), text_at(context, "subscription_id"),
        text_at(context, "params.subscription_id")}) {
    if (!id.empty()) return id;
  }
  return fail(Code::kInvalid,
              "no subscription: set subscription_id on the task, or define it as a "
              "param or in user_defined_macros");
}

Finished run_resource_group(Bench& bench) {
  const auto subscription = subscription_of(bench);
  if (!subscription) {
    return give_up(bench, dag::FailureClass::kFatal, subscription.error().message);
  }
  const Json arguments(bench.work.arguments);
  JsonObject body;
  body["location"] = text_at(arguments, "location");
  if (const Json* tags = find(arguments, "resource_tags")) body["tags"] = *tags;
  const std::string target =
      with_api_version("/subscriptions/" + *subscription + "/resourceGroups/" +
                           http::percent_encode(text_at(arguments, "name")),
                       kGroupApiVersion);
  auto ended = run_call(bench, "PUT", target, body, target);
  if (auto* finished = std::get_if<Finished>(&ended)) return *finished;
  return succeed(bench, std::get<ArmAnswer>(ended).body);
}

Finished run_resource(Bench& bench) {
  const Json arguments(bench.work.arguments);
  const std::string method = to_upper(text_at(arguments, "method", "PUT"));
  if (method != "PUT" && method != "PATCH" && method != "GET" && method != "DELETE") {
    return give_up(bench, dag::FailureClass::kFatal,
                   "method '" + method + "' is not one of PUT, PATCH, GET, DELETE");
  }
  const Json* body = find(arguments, "body");
  if ((method == "PUT" || method == "PATCH") && !body) {
    return give_up(bench, dag::FailureClass::kFatal, method + " needs a body");
  }
  const std::string target =
      with_api_version(text_at(arguments, "resource_id"), text_at(arguments, "api_version"));
  auto ended = run_call(bench, method, target, body ? *body : Json(nullptr), target);
  if (auto* finished = std::get_if<Finished>(&ended)) return *finished;
  return checked(bench, std::get<ArmAnswer>(ended));
}

Finished run_action(Bench& bench) {
  const Json arguments(bench.work.arguments);
  const std::string resource = text_at(arguments, "resource_id");
  const std::string version = text_at(arguments, "api_version");
  const std::string target =
      with_api_version(resource + "/" + text_at(arguments, "action"), version);
  const Json* body = find(arguments, "body");
  auto ended = run_call(bench, "POST", target, body ? *body : Json(JsonObject{}),
                        with_api_version(resource, version));
  if (auto* finished = std::get_if<Finished>(&ended)) return *finished;
  // listKeys and its like answer with secrets: those never become an XCom.
  if (starts_with_ci(text_at(arguments, "action"), "list")) return succeed(bench);
  return succeed(bench, std::get<ArmAnswer>(ended).body);
}

}  // namespace armature::orchestrator
