#include "sandbox/front/locks.h"

#include <algorithm>
#include <set>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/bodies.h"
#include "sandbox/front/paging.h"
#include "sandbox/resource_kinds.h"

namespace armature::sandbox {
namespace {

constexpr std::string_view kType = "Microsoft.Authorization/locks";
constexpr std::string_view kBelow = "/providers/microsoft.authorization/locks/";
constexpr std::size_t kMostPerScope = 20;

// The scope that a lock's key lies at.
std::string_view scope_of(std::string_view key) { return key.substr(0, key.rfind(kBelow)); }

// What a method needs of a lock to pass: "write", "delete", or "" when no lock minds.
std::string_view operation_of(const ArmCall& call) {
  const std::string& method = call.op.method;
  if (method == "DELETE") return "delete";
  if (method == "PUT" || method == "PATCH") return "write";
  if (method == "POST" && (call.op.mutates || call.op.returns_secrets)) return "write";
  return "";
}

bool forbids(const Record& lock, std::string_view operation) {
  const std::string level = text_at(lock.body, "properties.level");
  return equal_ci(level, "ReadOnly") || (operation == "delete" && equal_ci(level, "CanNotDelete"));
}

// The id and what is above it, on the boundaries of segments.
std::vector<std::string_view> lineage(std::string_view key) {
  std::vector<std::string_view> out;
  for (std::size_t at = key.size(); at != std::string_view::npos && at > 0;
       at = key.rfind('/', at - 1)) {
    out.push_back(key.substr(0, at));
  }
  return out;
}

template <class F>
void locks_at(const State& state, std::string_view scope, F visit) {
  const std::string prefix = std::string(scope) + std::string(kBelow);
  const auto& records = state.table<Record>();
  for (auto it = records.lower_bound(prefix); it != records.end() && it->first.starts_with(prefix);
       ++it) {
    visit(it->first, it->second);
  }
}

// Where an action is done: a POST's own last word is no part of the id.
std::string target_of(const ArmCall& call) {
  return to_lower(call.op.method == "POST" ? call.op.scope : call.op.target);
}

}  // namespace

std::optional<ArmAnswer> check_locks(const State& state, const ArmCall& call) {
  const std::string_view operation = operation_of(call);
  const auto& all = state.index().of_type(kType);
  if (operation.empty() || all.empty()) return std::nullopt;
  if (call.at.is("Microsoft.Authorization", "locks")) return std::nullopt;
  const std::string target = target_of(call);
  std::set<std::string> locked;
  const auto note = [&](const std::string& key, const Record& lock) {
    if (!forbids(lock, operation)) return;
    locked.insert(std::string(std::string_view(lock.id).substr(0, scope_of(key).size())));
  };
  for (const std::string_view scope : lineage(target)) locks_at(state, scope, note);
  if (operation == "delete") {
    for (const RecordIndex::Entry* entry : all) {
      if (arm::at_or_above(target, scope_of(entry->first))) note(entry->first, entry->second);
    }
  }
  if (locked.empty()) return std::nullopt;
  const std::string shown = call.op.method == "POST" ? call.op.scope : call.op.target;
  return refuse(409, "ScopeLocked",
                "The scope '" + shown + "' cannot perform " + std::string(operation) +
                    " operation because following scope(s) are locked: '" +
                    join({locked.begin(), locked.end()}, ",") +
                    "'. Please remove the lock and try again.");
}

std::optional<ArmAnswer> check_lock(const State& state, const ArmCall& call) {
  const auto invalid = [](const std::string& text) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: '" + text + "'.");
  };
  if (!call.body || !call.body->is_object()) return invalid("a JSON object is expected");
  const std::string& name = call.at.tail.back();
  if (name.empty() || name.size() > 90) {
    return refuse(400, "InvalidLockName",
                  "The lock name '" + name + "' must have 1 to 90 characters.");
  }
  const Json* properties = find(*call.body, "properties");
  if (!properties || !properties->is_object()) return invalid("the lock has no properties");
  const std::string level = text_at(*properties, "level");
  if (!equal_ci(level, "CanNotDelete") && !equal_ci(level, "ReadOnly")) {
    return refuse(400, "InvalidLockLevel",
                  "The lock level '" + level +
                      "' is not valid. The supported levels are 'CanNotDelete,ReadOnly'.");
  }
  const Json* notes = find(*properties, "notes");
  if (notes && !notes->is_null() && !notes->is_string()) return invalid("notes is no text");
  if (text_at(*properties, "notes").size() > 512) {
    return refuse(400, "InvalidLockNotes", "The notes of a lock have at most 512 characters.");
  }
  const std::string key = to_lower(call.op.target);
  if (state.get<Record>(key) || state.index().in_collection(collection_of(key)) < kMostPerScope) {
    return std::nullopt;
  }
  return refuse(409, "LockCountQuotaExceeded",
                "The scope '" + call.at.scope + "' has " + std::to_string(kMostPerScope) +
                    " locks, which is the most that a scope may have.");
}

ArmAnswer list_locks(const Cloud& cloud, const State& state, const ArmCall& call) {
  const std::string filter = call.query_value("$filter");
  const bool at_scope = equal_ci(trim(filter), "atScope()");
  if (!filter.empty() && !at_scope) return invalid_filter(filter);
  Page page = Page::read(call);
  if (page.refusal()) return *page.refusal();
  const std::string scope = to_lower(call.at.scope);
  const auto& all = state.index().of_type(kType);
  auto it = page.after().empty() ? all.begin() : all.upper_bound(RecordIndex::Key{page.after()});
  for (; it != all.end() && page.goes_on((*it)->first); ++it) {
    const std::string_view where = scope_of((*it)->first);
    const bool above = arm::at_or_above(where, scope);
    if (above || (!at_scope && arm::at_or_above(scope, where))) {
      page.add(render(cloud, state, (*it)->second));
    }
  }
  return std::move(page).answer(cloud, call);
}

}  // namespace armature::sandbox
