// Lists of resources: ARM's own, of whatever is tracked, and the providers', of one type.
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/bodies.h"
#include "sandbox/entra/managed_identity.h"
#include "sandbox/front/paging.h"
#include "sandbox/front/provider_facts.h"
#include "sandbox/front/resource_filter.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

constexpr std::string_view kGroupType = "Microsoft.Resources/resourceGroups";

// Calls visit(key, record) for what lies below `prefix`, from behind `after`, until it says false.
template <class F>
void walk_below(const State& state, const std::string& prefix, const std::string& after, F visit) {
  const auto& records = state.table<Record>();
  auto it = after > prefix ? records.upper_bound(after) : records.lower_bound(prefix);
  for (; it != records.end() && it->first.starts_with(prefix); ++it) {
    if (!visit(it->first, it->second)) return;
  }
}

template <class Entries, class F>
void walk(const Entries& entries, const std::string& after, F visit) {
  auto it = after.empty() ? entries.begin() : entries.upper_bound(RecordIndex::Key{after});
  for (; it != entries.end(); ++it) {
    if (!visit((*it)->first, (*it)->second)) return;
  }
}

// Is it one of those that ARM's own lists show?
bool is_tracked(const Record& record) {
  return find(record.body, "location") && !equal_ci(record.type, kGroupType) &&
         !starts_with_ci(record.type, "Microsoft.Authorization/");
}

// What ARM's index shows of a resource: the envelope, never the properties.
Json list_item(const Cloud& cloud, const State& state, const Record& record,
               const std::string& expand) {
  JsonObject out{
      {"id",   record.id           },
      {"name", full_name(record.id)},
      {"type", record.type         }
  };
  const auto& body = record.body.get_object();
  for (const char* key : {"kind", "managedBy", "location", "extendedLocation", "identity", "sku",
                          "plan", "zones", "tags"}) {
    if (const Json* value = body.if_contains(key)) out[key] = *value;
  }
  show_identity(cloud, state, record, out);
  if (expand.empty()) return out;
  const std::string wanted = to_lower(expand);
  const auto expands = [&](std::string_view word) {
    return wanted.find(word) != std::string::npos;
  };
  if (expands("createdtime")) out["createdTime"] = to_rfc3339(record.created);
  if (expands("changedtime")) out["changedTime"] = to_rfc3339(record.changed);
  if (expands("provisioningstate")) out["provisioningState"] = provisioning_state(cloud, record);
  return out;
}

std::string list_scope(const ArmCall& call) {
  std::string out;
  for (std::size_t i = 0; i + 1 < call.at.head.size(); ++i) out += "/" + call.at.head[i];
  return to_lower(out);
}

// A subnet of its network's body and the like, which are no records of their own.
JsonArray inline_children(const Cloud& cloud, const State& state, const Record& parent,
                          std::string_view type) {
  JsonArray out;
  const Json whole = render(cloud, state, parent);
  const Json* properties = find(whole, "properties");
  if (!properties || !properties->is_object()) return out;
  const Json* list = find_ci(properties->get_object(), type.substr(type.rfind('/') + 1));
  if (!list || !list->is_array()) return out;
  for (const Json& element : list->get_array()) {
    const std::string name = text_at(element, "name");
    const std::string id = parent.id + "/" + std::string(type.substr(type.rfind('/') + 1)) + "/";
    if (name.empty() || state.get<Record>(to_lower(id + name))) continue;
    if (auto child = inline_child(cloud, state, id + name)) out.push_back(*std::move(child));
  }
  return out;
}

// GET of a type at a subscription shows it in all groups; of a type that extends others, only
// what stands at the subscription itself.
bool spans_groups(const ArmCall& call, const std::string& type) {
  if (call.at.head.size() != 2 || call.at.tail.size() != 1) return false;
  const auto facts = find_type(type);
  return !facts || ((facts->writable | facts->readable) & kExtensionScope) == 0;
}

}  // namespace

ArmAnswer list_resources(const Cloud& cloud, const State& state, const ArmCall& call) {
  const std::string text = call.query_value("$filter");
  const auto filter = ResourceFilter::parse(text);
  if (!filter) return invalid_filter(text);
  Page page = Page::read(call);
  if (page.refusal()) return *page.refusal();
  const std::string expand = call.query_value("$expand");
  std::string prefix = list_scope(call) + "/";
  bool in_group = call.at.head.size() > 3;
  if (const std::string group = filter->only_group(); !group.empty() && !in_group) {
    prefix += "resourcegroups/" + to_lower(group) + "/";
    in_group = true;
  }
  const auto visit = [&](const std::string& key, const Record& record) {
    if (!page.goes_on(key)) return false;
    if (key.starts_with(prefix) && filter->holds(key, record) && is_tracked(record)) {
      page.add(list_item(cloud, state, record, expand));
    }
    return true;
  };
  // The narrowest walk that meets all that the filter can hold for. It follows from the request
  // alone, so that all pages of a list go through the same order.
  const std::string type = filter->only_type();
  const auto tag = filter->only_tag();
  if (in_group) {
    walk_below(state, prefix, page.after(), visit);
  } else if (tag.name && (tag.value || type.empty())) {
    walk(state.index().tagged(*tag.name, tag.value), page.after(), visit);
  } else if (!type.empty()) {
    walk(state.index().of_type(type), page.after(), visit);
  } else {
    walk_below(state, prefix, page.after(), visit);
  }
  return std::move(page).answer(cloud, call);
}

ArmAnswer list_of_type(const Cloud& cloud, const State& state, const ArmCall& call) {
  const std::string type = call.at.type();
  const std::string parent = call.at.parent();
  if (call.at.tail.size() > 1 && !exists(cloud, state, parent)) return resource_not_found(parent);
  Page page = Page::read(call);
  if (page.refusal()) return *page.refusal();
  std::string prefix = to_lower(parent) + "/";
  const bool spans = spans_groups(call, type);
  if (!spans) {
    if (call.at.tail.size() == 1) prefix += "providers/" + to_lower(call.at.provider) + "/";
    prefix += to_lower(call.at.tail.back()) + "/";
  }
  const auto visit = [&](const std::string& key, const Record& record) {
    if (!spans && key.find('/', prefix.size()) != std::string::npos) return true;
    if (!page.goes_on(key)) return false;
    if (key.starts_with(prefix)) page.add(render(cloud, state, record));
    return true;
  };
  if (spans) {
    walk(state.index().of_type(type), page.after(), visit);
  } else {
    const Record* owner = state.get<Record>(to_lower(parent));
    if (owner && call.at.tail.size() > 1 && page.after().empty()) {
      for (Json& child : inline_children(cloud, state, *owner, type)) page.add(std::move(child));
    }
    walk_below(state, prefix, page.after(), visit);
  }
  return std::move(page).answer(cloud, call);
}

ArmAnswer list_groups(const Cloud& cloud, const State& state, const ArmCall& call) {
  const std::string text = call.query_value("$filter");
  const auto filter = ResourceFilter::parse(text, true);
  if (!filter) return invalid_filter(text);
  Page page = Page::read(call);
  if (page.refusal()) return *page.refusal();
  const auto visit = [&](const std::string& key, const Record& record) {
    if (!page.goes_on(key)) return false;
    if (find_group(cloud, state, key) && filter->holds(key, record)) {
      page.add(render(cloud, state, record));
    }
    return true;
  };
  walk(state.index().of_type(kGroupType), page.after(), visit);
  return std::move(page).answer(cloud, call);
}

}  // namespace armature::sandbox
