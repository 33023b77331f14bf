#include "sandbox/deployments/outline.h"

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/deployments/run.h"
#include "sandbox/deployments/scope.h"
#include "sandbox/policy/catalog.h"
#include "sandbox/policy/preflight.h"
#include "sandbox/rbac.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/routes.h"
#include "sandbox/template/evaluator.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMostNested = 500;
constexpr int kDeepestNesting = 24;
constexpr const char* kGroups = "Microsoft.Resources/resourceGroups";

class Outliner {
 public:
  Outliner(Cloud& cloud, const Prepared& root) : cloud_(cloud), root_(root) {}

  // Dependencies first, so that a nested deployment knows the group that was planned before it.
  std::vector<Planned> open(const Prepared& prepared, const std::string& path, int depth) {
    const auto& resources = prepared.plan->resources();
    for (const tmpl::Unidentified& one : prepared.plan->unidentified()) {
      out_.unidentified.push_back({path + "." + one.path, one.type, one.name});
    }
    std::vector<std::vector<Planned>> parts(resources.size());
    Progress progress(resources);
    for (auto ready = progress.take_ready(); !ready.empty(); ready = progress.take_ready()) {
      for (const std::size_t i : ready) {
        progress.done(i);
        if (resources[i].existing || !resources[i].extension.empty()) continue;
        parts[i].push_back({*prepared.plan, i});
        if (equal_ci(resources[i].type, kGroups)) plan_group(prepared, i);
        if (!resources[i].is_deployment) continue;
        auto nested = open_nested(prepared, i, path, depth);
        std::ranges::move(nested, std::back_inserter(parts[i]));
      }
    }
    std::vector<Planned> flat;
    for (auto& part : parts) std::ranges::move(part, std::back_inserter(flat));
    return flat;
  }

  Outline take(std::vector<Planned> resources) {
    out_.resources = std::move(resources);
    return std::move(out_);
  }

 private:
  void plan_group(const Prepared& prepared, std::size_t index) {
    const tmpl::Resource& resource = prepared.plan->resources()[index];
    auto body = prepared.plan->preview_of(index);
    JsonObject group{
        {"id",   resource.id  },
        {"name", resource.name},
        {"type", kGroups      }
    };
    if (body) {
      for (const auto& [key, value] : body->get_object()) group[key] = value;
    }
    group["properties"] = JsonObject{
        {"provisioningState", "Succeeded"}
    };
    groups_[to_lower(resource.id)] = std::move(group);
  }

  void refuse_all(ArmAnswer answer) {
    if (!out_.refusal) out_.refusal = std::move(answer);
  }

  std::vector<Planned> open_nested(const Prepared& parent, std::size_t index,
                                   const std::string& path, int depth) {
    const tmpl::Resource& resource = parent.plan->resources()[index];
    auto body = parent.plan->preview_of(index);
    if (body && depth < kDeepestNesting && ++opened_ <= kMostNested) {
      ArmCall call = cloud_.make_call("PUT", deployment_target(resource.id), *std::move(body),
                                      root_.deployment.caller, root_.deployment.correlation_id);
      PrepareOptions options;
      options.secrets = parent.secrets;
      options.parent_link = parent.deployment.template_link;
      options.preview = tmpl::Preview::kNested;
      if (auto refused = place(call, options.planned_group)) {
        refuse_all(*std::move(refused));
        return {};
      }
      const Prepared nested = prepare(cloud_, call, options);
      if (!nested.refusal) {
        return open(nested, path + ".resources[" + std::to_string(index) + "].properties.template",
                    depth + 1);
      }
      if (nested.refusal->error_code() != tmpl::kNotYetKnown) {
        refuse_all(*nested.refusal);
        return {};
      }
    } else if (!body && body.error().code != tmpl::kNotYetKnown) {
      refuse_all(refuse_template(body.error()));
      return {};
    }
    out_.unopened.push_back(resource.id);
    return {};
  }

  // Is the scope there, or will this deployment make it?
  std::optional<ArmAnswer> place(const ArmCall& call, Json& planned_group) const {
    if (call.op.action.empty()) {
      return refuse(400, "InvalidRequestUri", "'" + call.op.target + "' is no request to ARM.");
    }
    const auto planned = groups_.find(to_lower(call.at.scope));
    if (planned != groups_.end()) {
      planned_group = planned->second;
      return std::nullopt;
    }
    return cloud_.store().read([&](const State& state) {
      auto refused = check_scope(cloud_, state, call);
      return refused ? refused : check_management_group(cloud_, state, call.at.scope);
    });
  }

  Cloud& cloud_;
  const Prepared& root_;
  Outline out_;
  std::map<std::string, Json> groups_;  // planned, by id in lower case
  std::size_t opened_ = 0;
};

std::string right_for(const tmpl::Resource& resource) {
  if (equal_ci(resource.type, kGroups))
    return "Microsoft.Resources/subscriptions/resourceGroups/write";
  return resource.type + "/write";
}

}  // namespace

Outline outline(Cloud& cloud, const Prepared& prepared) {
  Outliner outliner(cloud, prepared);
  auto resources = outliner.open(prepared, "properties.template", 0);
  return outliner.take(std::move(resources));
}

std::optional<ArmAnswer> check_rights(Cloud& cloud, const Prepared& prepared,
                                      const Outline& planned) {
  if (prepared.level != ValidationLevel::kProvider) return std::nullopt;
  const Caller& caller = prepared.deployment.caller;
  std::vector<std::string> lacking;
  cloud.store().read([&](const State& state) {
    for (const Planned& one : planned.resources) {
      const tmpl::Resource& resource = one.resource();
      const std::string action = right_for(resource);
      // A deny assignment is told by the write itself, under its own code: a stack's own stands in
      // nobody's way when the stack writes.
      const Access access = decide_access(cloud, state, {caller.object_id, action, resource.id});
      if (access.allowed() || access.verdict == Verdict::kDenied) continue;
      lacking.push_back("Authorization failed for template resource '" + resource.name +
                        "' of type '" + resource.type + "'. The client '" + caller.app_id +
                        "' with object id '" + caller.object_id +
                        "' does not have permission to perform action '" + action + "' at scope '" +
                        resource.id + "'.");
    }
    return 0;
  });
  if (lacking.empty()) return std::nullopt;
  const char* start = lacking.size() == 1 ? "The template deployment failed with error: '"
                                          : "Deployment failed with multiple errors: '";
  return refuse(403, "InvalidTemplateDeployment", start + join(lacking, ":") + "'");
}

std::optional<ArmAnswer> check_policies(Cloud& cloud, const Prepared& prepared,
                                        const Outline& planned) {
  if (prepared.level == ValidationLevel::kTemplate) return std::nullopt;
  if (!cloud.store().read([](const State& state) { return policy::Catalog::any(state); })) {
    return std::nullopt;
  }
  std::vector<policy::PlannedWrite> writes;
  for (const Planned& one : planned.resources) {
    auto body = one.plan.preview_of(one.index);
    if (!body) continue;
    drop_secrets(prepared.secrets, *body);
    writes.push_back({one.resource().id, one.resource().api_version, *std::move(body)});
  }
  return policy::refuse_deployment(cloud, writes, prepared.deployment.caller);
}

}  // namespace armature::sandbox
