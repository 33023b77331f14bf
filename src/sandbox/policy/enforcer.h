#pragma once
// Enforcer: Azure Policy between a call's rights and its route.
//
//   change    under the store's lock: what the assigned policies say to a PUT, PATCH or DELETE; the
//             denial, or the route's answer to the call as append and modify have left it; events
//             of the category Policy
//   launch    after the commit: the deployments of deployIfNotExists, under their assignments'
//             identities. Azure waits for evaluationDelay, ten minutes by default; this does not
//   violation the error that a PUT would get, without doing it: for validation and preflight
//   Not here  resources of Microsoft.Resources but groups, and policies themselves: not evaluated
//   Threads   change() and violation() under the lock; the rest any
#include <functional>
#include <optional>
#include <vector>

#include "sandbox/cloud.h"
#include "sandbox/policy/catalog.h"
#include "sandbox/policy/existence.h"

namespace armature::sandbox::policy {

// Do policies look at the resource of this id? Groups and resources, but nothing of
// Microsoft.Resources beside groups, and no policy.
bool is_evaluated(std::string_view id);

class Enforcer {
 public:
  using Route = std::function<ArmAnswer(const ArmCall& call)>;

  explicit Enforcer(Cloud& cloud) : cloud_(cloud) {}
  ArmAnswer change(Change& change, const ArmCall& call, std::vector<Remedy>& remedies,
                   const Route& route);
  void launch(std::vector<Remedy> remedies, const std::string& correlation_id);
  // `target`: a resource's id; `body`: as it would be put, maybe with expressions in it: what
  // depends on them is not told. The error object, or nothing.
  std::optional<Json> violation(const State& state, const std::string& target, const Json& body,
                                const std::string& api_version, const Caller& caller);
  Catalog& catalog() { return catalog_; }

  // The resource of a call's target as rules see it: {id, name, type} and the body.
  static Json as_resource(const std::string& id, const Json& body);
  Request request_of(const State& state, const std::string& id, std::string action,
                     const std::string& api_version, const Caller& caller) const;

 private:
  ArmAnswer put(Change& change, const ArmCall& call, std::vector<Remedy>& remedies,
                const Route& route, const AssignedList& assigned, const Request& request);
  ArmAnswer remove(Change& change, const ArmCall& call, const Route& route,
                   const AssignedList& assigned, const Request& request);
  std::vector<Match> against_group_delete(const State& state, const ArmCall& call);
  void log(Change& change, const ArmCall& call, const Json& resource,
           const std::vector<Match>& matches);

  Cloud& cloud_;
  Catalog catalog_;
};

}  // namespace armature::sandbox::policy
