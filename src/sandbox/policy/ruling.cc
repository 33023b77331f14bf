#include "sandbox/policy/ruling.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"

namespace armature::sandbox::policy {
namespace {

constexpr const char* kGroupType = "Microsoft.Resources/subscriptions/resourceGroups";
constexpr const char* kSubscriptionType = "Microsoft.Resources/subscriptions";

bool admits(const Selector& selector, const Subject& subject, const Request& request) {
  if (selector.kind == "resourcetype") return selector.admits(subject.type());
  if (selector.kind == "resourcelocation") return selector.admits(as_text(subject.location()));
  if (selector.kind == "userprincipalid") return selector.admits(request.caller);
  if (selector.kind == "resourcewithoutlocation") {
    const bool without = find(subject.resource(), "location") == nullptr;
    return without && selector.admits("subscriptionlevelresources");
  }
  return true;  // groups of principals and reference ids are looked at elsewhere
}

// No selectors select everything; otherwise one of them must admit with all its parts.
bool selected(const std::vector<std::vector<Selector>>& selectors, const Subject& subject,
              const Request& request) {
  return selectors.empty() || std::ranges::any_of(selectors, [&](const auto& parts) {
           return std::ranges::all_of(
               parts, [&](const Selector& one) { return admits(one, subject, request); });
         });
}

bool above(const Request& request, std::string_view scope) {
  return std::ranges::find(request.scopes, to_lower(scope)) != request.scopes.end();
}

bool in_scope(const Assigned& assigned, const Subject& subject, const Request& request) {
  if (!above(request, assigned.scope)) return false;
  const auto excluded = [&](const std::string& scope) { return above(request, scope); };
  return std::ranges::none_of(assigned.facts.not_scopes, excluded) &&
         selected(assigned.facts.resource_selectors, subject, request);
}

// Indexed: types with a location and tags.
bool in_mode(const Definition& definition, const Subject& subject) {
  if (definition.mode == "all") return true;
  if (definition.mode != "indexed") return false;
  if (equal_ci(subject.type(), kGroupType) || equal_ci(subject.type(), kSubscriptionType)) {
    return false;
  }
  return find(subject.resource(), "location") != nullptr ||
         find(subject.resource(), "tags") != nullptr;
}

const Exemption* exempted(const std::vector<Exemption>& exemptions, const Assigned& assigned,
                          const Binding& binding, const Subject& subject, const Request& request) {
  const auto frees = [&](const Exemption& one) {
    if (!equal_ci(one.assignment_id, assigned.id)) return false;
    if (one.expires && *one.expires <= request.now) return false;
    if (!above(request, one.scope)) return false;
    const bool named =
        one.references.empty() ||
        std::ranges::find(one.references, to_lower(binding.reference_id)) != one.references.end();
    return named && selected(one.resource_selectors, subject, request);
  };
  const auto found = std::ranges::find_if(exemptions, frees);
  return found == exemptions.end() ? nullptr : &*found;
}

Effect effect_on(const Binding& binding, const Subject& subject, const Request& request) {
  for (const Override& one : binding.overrides) {
    const bool all = std::ranges::all_of(
        one.selectors, [&](const Selector& part) { return admits(part, subject, request); });
    if (all) return effect_of(one.value).value_or(binding.effect);
  }
  return binding.effect;
}

struct Candidate {
  std::shared_ptr<const Assigned> assigned;
  const Binding* binding;
  Effect effect;
};

std::vector<Candidate> candidates(const AssignedList& list,
                                  const std::vector<Exemption>& exemptions, const Subject& subject,
                                  const Request& request) {
  std::vector<Candidate> out;
  for (const auto& assigned : list) {
    if (!assigned->facts.enforced || !in_scope(*assigned, subject, request)) continue;
    for (const Binding& binding : assigned->bindings) {
      if (!in_mode(*binding.definition, subject)) continue;
      if (request.tags_only && !binding.definition->inspects_tags) continue;
      const Effect effect = effect_on(binding, subject, request);
      if (effect == Effect::kDisabled || effect == Effect::kOther) continue;
      if (exempted(exemptions, *assigned, binding, subject, request)) continue;
      out.push_back({assigned, &binding, effect});
    }
  }
  return out;
}

Match match_of(const Candidate& candidate) {
  Match out;
  out.assigned = candidate.assigned;
  out.binding = candidate.binding;
  out.effect = candidate.effect;
  return out;
}

// Whether the condition holds; a failed evaluation is a match with its error.
bool meets(const Candidate& candidate, const Subject& subject, const Request& request,
           Match& match) {
  match = match_of(candidate);
  Judgement judgement(subject, facts_of(*candidate.binding, request));
  const auto holds = judgement.holds(candidate.binding->definition->condition);
  match.evaluated = judgement.evaluated();
  if (!holds) match.error = holds.error().message;
  return !holds || *holds;
}

// Fields that an earlier policy wrote in this request, and by which policy's conflict effect.
using Written_ = std::map<std::string, const Binding*>;

std::string conflict_effect(const Binding& binding, Judgement& judgement) {
  const auto& written = binding.definition->details.conflict_effect;
  if (!written) return "deny";
  const auto value = judgement.text(*written);
  return value ? to_lower(*value) : "deny";
}

// One append or modify policy on the resource as it is now.
void write_fields(const Candidate& candidate, const Request& request, Ruling& out,
                  Written_& written) {
  const Subject subject(out.resource);
  Match match;
  if (!meets(candidate, subject, request, match)) return;
  if (!match.error.empty()) {
    out.denied.push_back(std::move(match));
    return;
  }
  const bool append = candidate.effect == Effect::kAppend;
  const Details& details = candidate.binding->definition->details;
  Judgement judgement(subject, facts_of(*candidate.binding, request));
  Json changed = out.resource;
  const auto applied =
      apply(append ? details.append : details.modify, append, judgement, subject, changed);
  if (!applied) {
    match.error = applied.error().message;
    out.denied.push_back(std::move(match));
    return;
  }
  if (applied->conflict) {
    out.denied.push_back(std::move(match));
    return;
  }
  if (!applied->changed) return;
  const bool taken = !append && std::ranges::any_of(applied->fields, [&](const std::string& f) {
    return written.contains(f);
  });
  if (taken) {
    const std::string effect = conflict_effect(*candidate.binding, judgement);
    if (effect == "deny") out.denied.push_back(std::move(match));
    if (effect == "audit") out.audited.push_back(std::move(match));
    return;
  }
  for (const std::string& field : applied->fields) written.emplace(field, candidate.binding);
  out.resource = std::move(changed);
  out.changed = true;
  out.applied.push_back(std::move(match));
}

bool writes(Effect effect) { return effect == Effect::kAppend || effect == Effect::kModify; }

}  // namespace

Facts facts_of(const Binding& binding, const Request& request) {
  Facts out;
  out.parameters = &binding.parameters;
  out.policy = &binding.policy;
  out.request = &request.context;
  out.subscription = &request.subscription;
  if (!request.resource_group.is_null()) out.resource_group = &request.resource_group;
  out.action = request.action;
  out.now = request.now;
  return out;
}

Ruling rule_on(const AssignedList& assigned, const std::vector<Exemption>& exemptions,
               Json resource, const Request& request) {
  Ruling out;
  out.resource = std::move(resource);
  if (assigned.empty()) return out;
  const auto all = candidates(assigned, exemptions, Subject(out.resource), request);
  Written_ written;
  for (const Candidate& one : all) {
    if (writes(one.effect)) write_fields(one, request, out, written);
  }
  const Subject subject(out.resource);
  for (const Candidate& one : all) {
    if (writes(one.effect) || one.effect == Effect::kDenyAction || one.effect == Effect::kManual) {
      continue;
    }
    Match match;
    if (!meets(one, subject, request, match)) continue;
    if (!match.error.empty() || one.effect == Effect::kDeny) {
      out.denied.push_back(std::move(match));
    } else if (one.effect == Effect::kAudit) {
      out.audited.push_back(std::move(match));
    } else {
      out.existence.push_back(std::move(match));
    }
  }
  return out;
}

std::vector<Match> rule_on_delete(const AssignedList& assigned,
                                  const std::vector<Exemption>& exemptions, const Json& resource,
                                  const Request& request, bool by_group) {
  std::vector<Match> out;
  if (assigned.empty()) return out;
  const Subject subject(resource);
  for (const Candidate& one : candidates(assigned, exemptions, subject, request)) {
    const Details& details = one.binding->definition->details;
    if (one.effect != Effect::kDenyAction) continue;
    if (std::ranges::find(details.actions, "delete") == details.actions.end()) continue;
    if (by_group && !details.deny_cascade) continue;
    Match match;
    if (meets(one, subject, request, match)) out.push_back(std::move(match));
  }
  return out;
}

std::vector<Standing> standings(const AssignedList& list, const std::vector<Exemption>& exemptions,
                                const Subject& subject, const Request& request) {
  std::vector<Standing> out;
  for (const auto& assigned : list) {
    if (!in_scope(*assigned, subject, request)) continue;
    for (const Binding& binding : assigned->bindings) {
      if (!in_mode(*binding.definition, subject)) continue;
      const Candidate candidate{assigned, &binding, effect_on(binding, subject, request)};
      if (candidate.effect == Effect::kDisabled || candidate.effect == Effect::kOther) continue;
      Judgement judgement(subject, facts_of(binding, request));
      if (!judgement.applies(binding.definition->condition)) continue;
      Standing standing;
      standing.holds = meets(candidate, subject, request, standing.match);
      standing.exemption = exempted(exemptions, *assigned, binding, subject, request);
      out.push_back(std::move(standing));
    }
  }
  return out;
}

}  // namespace armature::sandbox::policy
