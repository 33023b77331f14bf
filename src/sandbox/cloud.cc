#include "sandbox/cloud.h"

#include "base/bytes.h"
#include "sandbox/activity_log.h"
#include "sandbox/apps.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/front/addressing.h"
#include "sandbox/front/locks.h"
#include "sandbox/front/providers.h"
#include "sandbox/keyvault/secrets.h"
#include "sandbox/move.h"
#include "sandbox/owner.h"
#include "sandbox/policy/enforcer.h"
#include "sandbox/policy/resources.h"
#include "sandbox/rbac.h"
#include "sandbox/rbac/linked.h"
#include "sandbox/rbac/routes.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

// Lists of what the caller may see are open to all who have a token, and so is what holds for
// everyone: the tenant's role definitions, the Activity Log's categories. The address of an
// operation is a secret of who started it, as Azure's signed ones are.
bool needs_no_right(const ArmCall& call) {
  if (call.op.is_operation_poll) return true;
  if (!call.at.providers) return call.at.head.size() <= 1;
  if (policy::is_builtin_read(call)) return true;
  if (!call.at.scope.empty()) return false;
  if (call.op.method == "GET" && (call.at.is("Microsoft.Authorization", "roleDefinitions") ||
                                  call.at.is("Microsoft.Insights", "eventcategories"))) {
    return true;
  }
  if (call.at.tail.empty()) return true;
  return call.op.method == "POST" && call.at.tail.size() == 1 &&
         equal_ci(call.at.provider, "Microsoft.Resources") &&
         (equal_ci(call.at.tail[0], "calculateTemplateHash") ||
          starts_with_ci(call.at.tail[0], "check"));
}

std::optional<ArmAnswer> check_rights(const Cloud& cloud, const State& state, const ArmCall& call) {
  if (needs_no_right(call) || management_needs_no_right(state, call)) return std::nullopt;
  if (is_elevate_access(call)) return refuse_elevation(state, call);
  const AccessAsk ask{call.caller.object_id, call.op.action, call.op.scope, false,
                      [&] { return condition_facts_of(cloud, state, call); }};
  return refuse_access(cloud, state, call.caller, ask);
}

// In ARM's order: what there is no such thing as, who may not, what is not there, what is held.
std::optional<ArmAnswer> check(const Cloud& cloud, const State& state, const ArmCall& call) {
  if (auto refused = check_type(cloud, state, call)) return refused;
  if (auto refused = check_rights(cloud, state, call)) return refused;
  if (auto refused = check_registration(cloud, state, call)) return refused;
  if (auto refused = check_scope(cloud, state, call)) return refused;
  if (auto refused = check_linked(cloud, state, call)) return refused;
  if (auto refused = check_locations(cloud, state, call)) return refused;
  return check_locks(state, call);
}

}  // namespace

Cloud::Cloud(Options options, http::Runtime& runtime, const Clock& clock, Random& random, Log& log)
    : options_(std::move(options)),
      runtime_(runtime),
      clock_(clock),
      random_(random),
      log_(log),
      issuer_keys_(options_.fetch, clock_),
      vault_key_(options_.state_key.empty() ? Secret(random.bytes(32)) : options_.state_key),
      throttle_(clock_, options_.throttle) {}

// Before anything goes: the engine's running steps use everything here, the engine included.
Cloud::~Cloud() {
  if (engine_) engine_->stop();
}

Result<std::unique_ptr<Cloud>> Cloud::open(Options options, http::Runtime& runtime,
                                           storage::Database* database, const Clock& clock,
                                           Random& random, Log& log) {
  std::unique_ptr<Cloud> cloud(new Cloud(std::move(options), runtime, clock, random, log));
  ARMATURE_TRY(cloud->token_keys_,
               identity::TokenKeys::open(cloud->options_.token_keys_file, cloud->clock_));
  ARMATURE_TRY(cloud->store_, Store::open(database));
  ARMATURE_CHECK(cloud->settle_ids());
  recall_clock(*cloud);
  cloud->policies_ = std::make_unique<policy::Enforcer>(*cloud);
  cloud->engine_ = std::make_unique<Engine>(*cloud);
  cloud->engine_->set_secret_source([open = cloud.get()](const std::string& vault,
                                                         const std::string& name,
                                                         const std::string& version) {
    return read_secret(*open, vault, name, version);
  });
  cloud->engine_->resume();
  return cloud;
}

// What was chosen first stays: resource ids hold the subscription's.
Status Cloud::settle_ids() {
  const auto settled = store_->change([&](Change& change) -> Status {
    const auto settle = [&](const char* name, std::string& value) -> Status {
      const Setting* kept = change.state().get<Setting>(name);
      if (kept && !value.empty() && !equal_ci(kept->value, value)) {
        return fail(Code::kConflict, std::string("the sandbox's database belongs to another ") +
                                         name + ": " + kept->value);
      }
      if (kept) {
        value = kept->value;
        return Ok{};
      }
      value = value.empty() ? random_.uuid() : to_lower(value);
      if (!is_uuid(value)) return fail(Code::kInvalid, std::string(name) + " is not a uuid");
      change.put(name, Setting{value});
      return Ok{};
    };
    ARMATURE_CHECK(settle("tenant", options_.tenant_id));
    ARMATURE_CHECK(settle("subscription", options_.subscription_id));
    seed_directory(*this, change);
    return Ok{};
  });
  if (!settled) return settled.error();
  return *settled;
}

std::string Cloud::url() const {
  const std::scoped_lock lock(url_mutex_);
  return url_;
}

void Cloud::set_url(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  const std::scoped_lock lock(url_mutex_);
  url_ = std::move(url);
}

std::string Cloud::link(const std::string& path, const ArmCall& call) const {
  return url() + path + "?api-version=" + http::percent_encode(call.op.api_version);
}

ArmAnswer Cloud::perform(const ArmCall& call) {
  if (call.op.action.empty() && !needs_no_right(call)) {
    return refuse(400, "InvalidRequestUri", "'" + call.op.target + "' is no request to ARM.");
  }
  const bool reads = call.op.method == "GET" || call.op.method == "HEAD";
  if (call.at.is("Microsoft.Resources", "deployments") ||
      call.at.is("Microsoft.Resources", "deploymentStacks")) {
    const auto refused = refusal(call);
    if (!refused) return engine_->handle(call);
    return reads ? *refused : perform_change(call);
  }
  return reads ? perform_read(call) : perform_change(call);
}

ArmAnswer Cloud::perform_read(const ArmCall& call) {
  return store_->read([&](const State& state) {
    if (auto refused = check(*this, state, call)) return *std::move(refused);
    return route_read(*this, state, call);
  });
}

ArmAnswer Cloud::perform_change(const ArmCall& call) {
  std::vector<policy::Remedy> remedies;
  auto outcome = store_->change([&](Change& change) {
    auto refused = check(*this, change.state(), call);
    const auto route = [&](const ArmCall& allowed) { return route_change(*this, change, allowed); };
    ArmAnswer out =
        refused ? *std::move(refused) : policies_->change(change, call, remedies, route);
    log_call(change, *this, call, out);
    return out;
  });
  if (outcome) {
    policies_->launch(std::move(remedies), call.correlation_id);
    return *std::move(outcome);
  }
  log_.error("sandbox write failed", {
                                         {"reason", outcome.error().message}
  });
  return refuse(500, "InternalServerError", "The sandbox could not write its database.");
}

std::optional<ArmAnswer> Cloud::refusal(const ArmCall& call) const {
  return store_->read([&](const State& state) { return check(*this, state, call); });
}

// A target that cannot be read leaves the action empty, and perform() refuses it.
ArmCall Cloud::make_call(const std::string& method, const std::string& target,
                         std::optional<Json> body, const Caller& caller,
                         const std::string& correlation_id) {
  ArmCall call;
  if (auto op = read_operation(method, target)) {
    call.op = *std::move(op);
  } else {
    call.op.method = method;
    call.op.target = target;
  }
  call.at = read_address(call.op.target);
  call.query = http::parse_form(call.op.query).value_or(decltype(call.query){});
  call.caller = caller;
  call.request_id = random_.uuid();
  call.correlation_id = correlation_id;
  call.client_ip = "127.0.0.1";
  call.body = std::move(body);
  return call;
}

ArmAnswer Cloud::perform(const std::string& method, const std::string& target,
                         std::optional<Json> body, const Caller& caller,
                         const std::string& correlation_id, std::vector<std::string> secrets) {
  ArmCall call = make_call(method, target, std::move(body), caller, correlation_id);
  call.secrets = std::move(secrets);
  return perform(call);
}

}  // namespace armature::sandbox
