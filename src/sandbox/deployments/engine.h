#pragma once
// Engine: deployments, from the request to the last resource.
//
//   handle    the routes below Microsoft.Resources/deployments; rights and scope are checked before
//   Order     a resource is put when what it depends on is done, on the runtime's workers, through
//             Cloud::perform as the deployment's caller: RBAC, effects and log as for any call
//   Restart   resume() goes on with what had not ended; a resource whose step had succeeded is not
//             put again, and one that was put just before the end is put with the same body, which
//             changes nothing
//   Threads   handle() from any
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "sandbox/cloud.h"
#include "sandbox/deployments/key_vault_parameters.h"
#include "sandbox/deployments/outline.h"
#include "sandbox/deployments/run.h"
#include "sandbox/deployments/stacks.h"
#include "sandbox/deployments/waiter.h"

namespace armature::sandbox {

// What a call to a provider gave, as the deployment's operation shows it.
struct StepOutcome {
  int status = 0;
  Json message = nullptr;
  std::string request_id = "";
  Json request = nullptr;  // both for debugSetting alone
  Json response = nullptr;
};

class Engine {
 public:
  explicit Engine(Cloud& cloud);
  ~Engine();
  ArmAnswer handle(const ArmCall& call);  // deployments and deployment stacks
  void resume();
  void stop();                           // waits for steps under way, starts no more
  void wait_for(const std::string& id);  // until no deployment of that id runs
  // Where Key Vault references are read. Set before the first call.
  void set_secret_source(SecretSource source) { secret_source_ = std::move(source); }
  const SecretSource& secret_source() const { return secret_source_; }

  // On a worker; dropped when the engine stops.
  void post_work(std::function<void()> work);
  // The same once no deployment of that id runs. One for each run.
  void at_end(const std::string& id, std::function<void()> work);
  // Keeps an answer for whoever polls: gives the operation's id. The oldest of many go.
  Result<std::string> keep_result(const std::string& target, int status, Json body);

 private:
  using RunPtr = std::shared_ptr<Run>;

  // routes.cc
  ArmAnswer route(const ArmCall& call);
  ArmAnswer put(const ArmCall& call);
  ArmAnswer post(const ArmCall& call);
  ArmAnswer validate(const ArmCall& call);
  ArmAnswer look_ahead(const ArmCall& call);
  ArmAnswer cancel(const ArmCall& call);
  ArmAnswer remove(const ArmCall& call);

  // steps.cc
  void step(const RunPtr& run, std::size_t index);
  void put_resource(const RunPtr& run, std::size_t index, Json body);
  void keep_extension(const RunPtr& run, std::size_t index, const Json& body);
  void finish_step(const RunPtr& run, std::size_t index, StepOutcome outcome);
  void fail_step(const RunPtr& run, std::size_t index, StepOutcome outcome, Json error);
  void write_step(const Run& run, std::size_t index, const char* state, StepOutcome outcome);
  void write_output_step(const Run& run, const Deployment& ended);
  // nested_steps.cc
  void put_nested(const RunPtr& run, std::size_t index, Json body);
  void nested_ended(const RunPtr& run, std::size_t index, const Deployment& ended);

  // engine.cc
  void launch(const RunPtr& run);
  void advance(const RunPtr& run);
  void complete(const RunPtr& run, bool canceled);
  Json finish_resources(Run& run, Deployment& ended);  // null, or the first error
  Json delete_others(const Run& run, const Deployment& ended);
  void settle(const RunPtr& run, Deployment ended);
  void resume_one(Deployment deployment);
  void restore(const RunPtr& run);
  void fail_unstarted(Deployment deployment, std::string code, std::string message);
  RunPtr running(const std::string& id) const;
  void roll_back(const Deployment& failed);  // rollback.cc

  Cloud& cloud_;
  SecretSource secret_source_;
  mutable std::mutex mutex_;
  std::condition_variable idle_;        // something ended
  std::map<std::string, RunPtr> runs_;  // by the deployment's id in lower case
  std::size_t in_flight_ = 0;
  bool stopping_ = false;
  std::deque<std::string> results_;  // of what-if, kept for a while
  Waiter waiter_;
  Stacks stacks_;
};

// What a template's reference() and list*() see: the same GET and POST as over HTTP.
class LiveLookup final : public tmpl::Lookup {
 public:
  LiveLookup(Cloud& cloud, const Deployment& deployment) : cloud_(cloud), deployment_(deployment) {}
  tmpl::Outcome<Json> reference(const std::string& resource_id, const std::string& api_version,
                                bool full) override;
  tmpl::Outcome<Json> list(const std::string& function, const std::string& resource_id,
                           const std::string& api_version, const Json& body) override;

 private:
  Cloud& cloud_;
  const Deployment& deployment_;
};

ArmAnswer invalid_location(const Deployment& next, const Deployment& old);
std::string step_key(const std::string& deployment_id, std::size_t index);
// shapes.cc
std::string iso_duration(Instant from, Instant to);
Json deployment_json(const Deployment& deployment);
Json step_json(const DeploymentStep& step);
Json validated_json(const Prepared& prepared, const Outline& planned);
// lists.cc: what GET and HEAD answer
std::string deployment_id(const ArmCall& call);
ArmAnswer deployment_not_found(const ArmCall& call);
ArmAnswer no_deployment_route(const ArmCall& call);
ArmAnswer read_deployments(Cloud& cloud, const State& state, const ArmCall& call);
// history.cc
// Makes room for one more deployment at the scope; the refusal when there is none to be made.
std::optional<ArmAnswer> make_room(Cloud& cloud, Change& change, const Deployment& next);
// rollback.cc: is onErrorDeployment possible, and the deployment to go back to there?
std::optional<ArmAnswer> check_rollback(const State& state, const Deployment& deployment);
void erase_steps(Change& change, const std::string& deployment_id);

}  // namespace armature::sandbox
