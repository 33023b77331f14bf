#include "sandbox/policy/remediations.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/bodies.h"
#include "sandbox/policy/compliance.h"

namespace armature::sandbox::policy {
namespace {

constexpr std::size_t kMaxResources = 500;

std::string id_of(const ArmCall& call) {
  const auto scope = arm::ResourceId::parse(call.at.scope);
  return (scope ? scope->text : call.at.scope) +
         "/providers/Microsoft.PolicyInsights/remediations/" + call.at.tail[1];
}

ArmAnswer not_there(const ArmCall& call) {
  return refuse(404, "RemediationNotFound",
                "The remediation '" + call.at.tail[1] + "' could not be found.");
}

// "Succeeded", "Failed" or "Evaluating" of one resource that is being remediated.
std::string outcome_of(Cloud& cloud, const State& state, const Json& properties, const Json& one) {
  if (const std::string id = text_at(one, "deploymentId"); !id.empty()) {
    const Deployment* deployment = state.get<Deployment>(to_lower(id));
    if (!deployment) return "Failed";
    return deployment->terminal() ? deployment->state : "Evaluating";
  }
  StateQuery query;
  query.scope = text_at(one, "remediatedResourceId");
  query.assignment = to_lower(text_at(properties, "policyAssignmentId"));
  for (const ComplianceState& now : states_below(cloud, state, query)) {
    const bool same = equal_ci(now.resource_id, query.scope) &&
                      equal_ci(now.match.binding->reference_id,
                               text_at(properties, "policyDefinitionReferenceId"));
    if (same && now.state == "NonCompliant") return "Failed";
  }
  return "Succeeded";
}

JsonArray works_of(const Record& record) {
  const Json* works = find(record.body, "works");
  return works && works->is_array() ? works->get_array() : JsonArray{};
}

Json shown(Cloud& cloud, const State& state, const Record& record) {
  JsonObject properties = find(record.body, "properties")->get_object();
  std::int64_t good = 0;
  std::int64_t bad = 0;
  const JsonArray works = works_of(record);
  for (const Json& one : works) {
    const std::string outcome = outcome_of(cloud, state, properties, one);
    good += outcome == "Succeeded" ? 1 : 0;
    bad += outcome == "Failed" || outcome == "Canceled" ? 1 : 0;
  }
  const auto total = static_cast<std::int64_t>(works.size());
  const bool done = good + bad == total;
  properties["provisioningState"] = !done ? "Evaluating" : bad > 0 ? "Failed" : "Succeeded";
  properties["deploymentStatus"] = JsonObject{
      {"totalDeployments",      total},
      {"successfulDeployments", good },
      {"failedDeployments",     bad  }
  };
  properties["createdOn"] = to_rfc3339(record.created);
  properties["lastUpdatedOn"] = to_rfc3339(record.changed);
  return JsonObject{
      {"id",         record.id                              },
      {"name",       record.name                            },
      {"type",       "Microsoft.PolicyInsights/remediations"},
      {"properties", std::move(properties)                  }
  };
}

// The work on one resource, or nothing when its policy cannot write.
std::optional<Remedy> work_on(Cloud& cloud, const State& state, const ComplianceState& found) {
  const Record* record = state.get<Record>(to_lower(found.resource_id));
  if (!record || found.match.assigned->principal_id.empty()) return std::nullopt;
  if (found.match.effect == Effect::kModify) {
    Remedy out;
    out.method = "PATCH";
    out.target = record->id + "?api-version=" +
                 (record->api_version.empty() ? "2021-04-01" : record->api_version);
    out.body = JsonObject{};
    out.identity = identity_of(*found.match.assigned);
    return out;
  }
  if (found.match.effect != Effect::kDeployIfNotExists) return std::nullopt;
  const Subject subject(Enforcer::as_resource(record->id, record->body));
  const Request request = cloud.policies().request_of(state, record->id, record->type + "/write",
                                                      record->api_version, Caller{});
  return remedy_of(cloud, found.match, subject, request);
}

ArmAnswer put(Cloud& cloud, Change& change, const ArmCall& call, std::vector<Remedy>& remedies) {
  const State& state = change.state();
  auto read = read_body(call);
  if (!read.value) return *read.refusal;
  Json body = *std::move(read.value);
  const std::string assignment = text_at(body, "properties.policyAssignmentId");
  if (assignment.empty()) {
    return refuse(400, "InvalidCreateRemediationRequest",
                  "The property 'policyAssignmentId' of the remediation is required.");
  }
  const Record* assigned = state.get<Record>(to_lower(assignment));
  if (!assigned) {
    return refuse(404, "PolicyAssignmentNotFound",
                  "The policy assignment '" + assignment.substr(assignment.rfind('/') + 1) +
                      "' is not found.");
  }
  const std::string reference = text_at(body, "properties.policyDefinitionReferenceId");
  StateQuery query;
  const auto scope = arm::ResourceId::parse(call.at.scope);
  query.scope = scope ? scope->text : call.at.scope;
  query.assignment = to_lower(assignment);
  JsonArray works;
  for (const ComplianceState& found : states_below(cloud, state, query)) {
    if (found.state != "NonCompliant" || works.size() >= kMaxResources) continue;
    if (!reference.empty() && !equal_ci(reference, found.match.binding->reference_id)) continue;
    auto work = work_on(cloud, state, found);
    if (!work) continue;
    JsonObject one{
        {"remediatedResourceId", found.resource_id}
    };
    if (work->method == "PUT") one["deploymentId"] = work->target.substr(0, work->target.find('?'));
    works.push_back(std::move(one));
    remedies.push_back(*std::move(work));
  }
  const std::string key = to_lower(id_of(call));
  const Record* old = state.get<Record>(key);
  Record record;
  record.id = old ? old->id : id_of(call);
  record.type = "Microsoft.PolicyInsights/remediations";
  record.name = call.at.tail[1];
  record.api_version = call.op.api_version;
  body.get_object()["works"] = std::move(works);
  record.body = std::move(body);
  record.created = old ? old->created : cloud.clock().now();
  record.created_by = record.changed_by = call.caller.object_id;
  record.changed = record.ready = cloud.clock().now();
  if (old) {
    change.updated(record.id);
  } else {
    change.created(record.id);
  }
  change.put(key, record);
  return answer(old ? 200 : 201, shown(cloud, change.state(), record));
}

ArmAnswer list_works(Cloud& cloud, const State& state, const Record& record) {
  JsonArray out;
  const Json& properties = *find(record.body, "properties");
  for (const Json& work : works_of(record)) {
    JsonObject one = work.get_object();
    one["status"] = outcome_of(cloud, state, properties, work);
    one["createdOn"] = to_rfc3339(record.created);
    one["lastUpdatedOn"] = to_rfc3339(record.changed);
    out.push_back(std::move(one));
  }
  return list_answer(std::move(out));
}

}  // namespace

ArmAnswer read_remediation(Cloud& cloud, const State& state, const ArmCall& call) {
  if (call.at.tail.size() == 2) {
    const Record* record = state.get<Record>(to_lower(id_of(call)));
    return record ? answer(200, shown(cloud, state, *record)) : not_there(call);
  }
  JsonArray out;
  const std::string scope = to_lower(call.at.scope) + "/";
  const auto& records = state.table<Record>();
  for (auto it = records.lower_bound(scope); it != records.end() && it->first.starts_with(scope);
       ++it) {
    if (equal_ci(it->second.type, "Microsoft.PolicyInsights/remediations")) {
      out.push_back(shown(cloud, state, it->second));
    }
  }
  return list_answer(std::move(out));
}

ArmAnswer change_remediation(Cloud& cloud, Change& change, const ArmCall& call,
                             std::vector<Remedy>& remedies) {
  const auto& tail = call.at.tail;
  if (tail.size() == 2 && call.op.method == "PUT") return put(cloud, change, call, remedies);
  const bool instance = tail.size() == 2 || tail.size() == 3;
  const Record* record = instance ? change.state().get<Record>(to_lower(id_of(call))) : nullptr;
  if (tail.size() == 2 && call.op.method == "DELETE") {
    if (!record) return answer(204);
    Json last = shown(cloud, change.state(), *record);
    const std::string key = to_lower(record->id);
    change.deleted(key);
    change.erase<Record>(key);
    return answer(200, std::move(last));
  }
  if (tail.size() == 3 && call.op.method == "POST") {
    if (!record) return not_there(call);
    if (equal_ci(tail[2], "listDeployments")) return list_works(cloud, change.state(), *record);
    if (equal_ci(tail[2], "cancel")) {
      return refuse(409, "RemediationNotCancellable",
                    "The remediation '" + tail[1] + "' cannot be cancelled: it has ended.");
    }
  }
  return refuse(
      405, "MethodNotAllowed",
      "The http method '" + call.op.method + "' is not supported for '" + call.op.target + "'.");
}

}  // namespace armature::sandbox::policy
