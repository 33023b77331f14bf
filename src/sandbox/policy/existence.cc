#include "sandbox/policy/existence.h"

#include <algorithm>
#include <array>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/resource_kinds.h"

namespace armature::sandbox::policy {
namespace {

// Types that stand on another resource, whatever that is.
bool is_extension(std::string_view type) {
  constexpr std::array kTypes = {"Microsoft.Insights/diagnosticSettings",
                                 "Microsoft.GuestConfiguration/guestConfigurationAssignments",
                                 "Microsoft.Security/assessments",
                                 "Microsoft.Security/advancedThreatProtectionSettings",
                                 "Microsoft.Authorization/locks",
                                 "Microsoft.Authorization/roleAssignments",
                                 "Microsoft.EventGrid/eventSubscriptions",
                                 "Microsoft.Maintenance/configurationAssignments",
                                 "Microsoft.Automanage/configurationProfileAssignments",
                                 "Microsoft.KubernetesConfiguration/extensions",
                                 "Microsoft.ContainerService/fleetMemberships"};
  return std::ranges::any_of(kTypes, [&](const char* known) { return equal_ci(known, type); });
}

struct Wanted {
  std::string type;
  std::string name;    // "" any
  std::string kind;    // "" any
  std::string prefix;  // of the ids to look at, lower case
};

std::string text_or_empty(Judgement& judgement, const std::optional<Written>& written) {
  if (!written) return "";
  const auto value = judgement.text(*written);
  return value ? *value : "";
}

Wanted wanted(const Details& details, Judgement& judgement, const Subject& subject) {
  Wanted out;
  out.type = text_or_empty(judgement, details.type);
  out.name = text_or_empty(judgement, details.name);
  out.kind = text_or_empty(judgement, details.kind);
  const auto id = arm::ResourceId::parse(subject.id());
  const std::string subscription = id ? "/subscriptions/" + id->subscription_id : "";
  const std::string group = text_or_empty(judgement, details.group);
  const bool child = starts_with_ci(out.type, std::string(subject.type()) + "/");
  const bool own = equal_ci(out.type, subject.type()) && out.name.empty();
  if (own || child || is_extension(out.type)) {
    out.prefix = subject.id();
  } else if (details.in_subscription || !id || id->resource_group.empty()) {
    out.prefix = group.empty() ? subscription : subscription + "/resourceGroups/" + group;
  } else {
    out.prefix = subscription + "/resourceGroups/" + (group.empty() ? id->resource_group : group);
  }
  out.prefix = to_lower(out.prefix);
  return out;
}

// The type that records of it have.
std::string_view kept_type(const Wanted& wanted) {
  constexpr std::string_view kGroups = "Microsoft.Resources/subscriptions/resourceGroups";
  return equal_ci(wanted.type, kGroups) ? "Microsoft.Resources/resourceGroups"
                                        : std::string_view(wanted.type);
}

bool has_name(const Wanted& wanted, const std::string& full_name) {
  if (wanted.name.empty() || equal_ci(wanted.name, full_name)) return true;
  return equal_ci(wanted.name, full_name.substr(full_name.rfind('/') + 1));
}

}  // namespace

bool related_exists(const Cloud& cloud, const State& state, const Match& match,
                    const Subject& subject, const Request& request) {
  const Details& details = match.binding->definition->details;
  const Facts facts = facts_of(*match.binding, request);
  Judgement judgement(subject, facts);
  const Wanted wants = wanted(details, judgement, subject);
  if (wants.type.empty()) return true;
  const auto fits = [&](const std::string& key, const Record& record) {
    const char next = key.size() > wants.prefix.size() ? key[wants.prefix.size()] : '/';
    if (next != '/' || record.deleting || !equal_ci(record.type, kept_type(wants))) return false;
    Json shown = render(cloud, state, record);
    shown.get_object()["type"] = wants.type;
    const Subject related(std::move(shown));
    if (!has_name(wants, std::string(as_text(related.full_name())))) return false;
    if (!wants.kind.empty() && !equal_ci(wants.kind, text_at(related.resource(), "kind"))) {
      return false;
    }
    if (!details.existence) return true;
    Judgement of_related(related, facts);
    const auto holds = of_related.holds(*details.existence);
    return holds && *holds;
  };
  // Of a subscription its resources of the type; below that, what lies there.
  if (wants.prefix.find("/resourcegroups/") == std::string::npos) {
    return std::ranges::any_of(state.index().of_type(kept_type(wants)), [&](const auto* entry) {
      return entry->first.starts_with(wants.prefix) && fits(entry->first, entry->second);
    });
  }
  const auto& records = state.table<Record>();
  for (auto it = records.lower_bound(wants.prefix);
       it != records.end() && it->first.starts_with(wants.prefix); ++it) {
    if (fits(it->first, it->second)) return true;
  }
  return false;
}

Caller identity_of(const Assigned& assigned) {
  Caller out;
  out.object_id = assigned.principal_id;
  out.app_id = assigned.client_id;
  return out;
}

std::optional<Remedy> remedy_of(Cloud& cloud, const Match& match, const Subject& subject,
                                const Request& request) {
  const Assigned& assigned = *match.assigned;
  const Details& details = match.binding->definition->details;
  if (assigned.principal_id.empty()) return std::nullopt;
  Judgement judgement(subject, facts_of(*match.binding, request));
  const auto id = arm::ResourceId::parse(subject.id());
  if (!id) return std::nullopt;
  JsonObject properties;
  if (const Json* written = find(details.deployment, "properties");
      written && written->is_object()) {
    properties = written->get_object();
  }
  if (!find_ci(properties, "mode")) properties["mode"] = "Incremental";
  if (Json* parameters = find_ci(properties, "parameters")) {
    auto values = judgement.value(*parameters);
    if (!values) return std::nullopt;
    *parameters = *std::move(values);
  }
  Remedy out;
  JsonObject body{
      {"properties", std::move(properties)}
  };
  const std::string group = text_or_empty(judgement, details.group);
  std::string scope = "/subscriptions/" + id->subscription_id;
  if (details.deploy_to_subscription || (id->resource_group.empty() && group.empty())) {
    Json location(assigned.location);
    if (const Json* written = find(details.deployment, "location")) {
      auto value = judgement.value(*written);
      if (!value) return std::nullopt;
      location = *std::move(value);
    }
    body["location"] = std::move(location);
  } else {
    scope += "/resourceGroups/" + (group.empty() ? id->resource_group : group);
  }
  std::string digits;
  for (const char c : cloud.random().uuid()) {
    if (c != '-') digits += static_cast<char>('0' + (c >= 'a' ? c - 'a' + 1 : c - '0'));
  }
  out.target = scope + "/providers/Microsoft.Resources/deployments/PolicyDeployment_" +
               digits.substr(0, 20) + "?api-version=2024-03-01";
  out.body = std::move(body);
  out.identity = identity_of(assigned);
  return out;
}

}  // namespace armature::sandbox::policy
