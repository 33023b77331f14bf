// The access block: which Azure roles the tasks of a DAG are to have, and on which scopes.
#include <algorithm>

#include "base/bytes.h"
#include "dag/load_internal.h"

namespace armature::dag {
namespace {

void add_access_site(const YamlNode& node, const std::string& path, Draft& draft) {
  TemplateSite site;
  site.kind = TemplateSite::Kind::kAccess;
  add_sites(node, path, site, draft.sites);
}

void read_role_tasks(const YamlNode& node, const std::string& path, RoleEntry& entry,
                     Draft& draft) {
  if (node.is_string() && node.text() == "all") {
    entry.all_tasks = true;
    return;
  }
  if (!node.is_list() || node.items.empty()) {
    draft.report.wrong_type(node, path, "a list of task ids, or all");
    return;
  }
  std::vector<std::string> ids;
  for (const TaskDef& task : draft.dag.tasks) ids.push_back(task.id.str());
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    const std::string at = path + "[" + std::to_string(i) + "]";
    if (!item.is_string()) {
      draft.report.wrong_type(item, at, "a string");
      continue;
    }
    const auto group = std::ranges::find(draft.dag.groups, item.text(), &GroupDef::id);
    if (group != draft.dag.groups.end()) {
      const auto index = static_cast<std::size_t>(group - draft.dag.groups.begin());
      for (std::size_t t = 0; t < ids.size(); ++t) {
        if (draft.dag.is_in_group(draft.dag.tasks[t].group, index)) entry.tasks.push_back(t);
      }
      continue;
    }
    const auto task = std::ranges::find(ids, item.text());
    if (task == ids.end()) {
      draft.report.error(item.at, at, "unknown_task",
                         "there is no task '" + std::string(item.text()) + "'",
                         did_you_mean(item.text(), ids));
      continue;
    }
    entry.tasks.push_back(static_cast<std::size_t>(task - ids.begin()));
  }
}

void read_role(const YamlNode& node, const std::string& path, Draft& draft) {
  if (!node.is_map()) {
    draft.report.wrong_type(node, path, "a mapping with role, scope and tasks");
    return;
  }
  RoleEntry entry;
  entry.at = node.at;
  Fields fields(node, path, draft.report);
  fields.require("role");
  entry.role = fields.text("role").value_or("");
  const YamlNode* scope = fields.require("scope");
  entry.scope = fields.text("scope").value_or("");
  if (scope != nullptr && scope->is_string()) {
    add_access_site(*scope, path + ".scope", draft);
    if (!entry.scope.starts_with('/') && !entry.scope.starts_with("{{")) {
      draft.report.error(scope->at, path + ".scope", "invalid_value",
                         "a scope begins with '/', as in /subscriptions/ID/resourceGroups/NAME");
    }
  }
  if (const YamlNode* tasks = fields.require("tasks")) {
    read_role_tasks(*tasks, path + ".tasks", entry, draft);
  }
  entry.assignable_roles = fields.texts("assignable_roles");
  fields.refuse({"condition"});
  fields.finish({"condition"});
  draft.dag.access.roles.push_back(std::move(entry));
}

}  // namespace

void read_access(const YamlNode* node, Draft& draft) {
  if (node == nullptr) return;
  Fields outer(*node, "access", draft.report);
  const YamlNode* azure = outer.map("azure");
  outer.finish();
  if (azure == nullptr) return;
  AccessDef& access = draft.dag.access;
  Fields fields(*azure, "access.azure", draft.report);
  const YamlNode* tenant = fields.take("tenant_id");
  access.tenant_id = fields.text("tenant_id").value_or("");
  if (tenant != nullptr && tenant->is_string() && !is_uuid(access.tenant_id)) {
    draft.report.error(tenant->at, "access.azure.tenant_id", "invalid_value",
                       "a tenant id is a uuid");
  }
  const YamlNode* identity = fields.require("identity");
  access.identity = fields.text("identity").value_or("");
  if (identity != nullptr) add_access_site(*identity, "access.azure.identity", draft);
  const YamlNode* ttl = fields.take("max_token_ttl");
  access.max_token_ttl = fields.duration("max_token_ttl").value_or(std::chrono::hours(1));
  if (ttl != nullptr && access.max_token_ttl < std::chrono::seconds(1)) {
    draft.report.error(ttl->at, "access.azure.max_token_ttl", "invalid_value",
                       "a token must live for at least one second");
  }
  const YamlNode* roles = fields.require("roles");
  if (roles != nullptr && !roles->is_list()) {
    draft.report.wrong_type(*roles, "access.azure.roles", "a list of role entries");
  } else if (roles != nullptr) {
    for (std::size_t i = 0; i < roles->items.size(); ++i) {
      read_role(roles->items[i], "access.azure.roles[" + std::to_string(i) + "]", draft);
    }
  }
  fields.refuse({"read_only_plan"});
  fields.finish({"read_only_plan"});
}

void check_access_coverage(Draft& draft) {
  const auto& tasks = draft.dag.tasks;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!draft.needs_azure[i]) continue;
    const bool covered = std::ranges::any_of(draft.dag.access.roles, [&](const RoleEntry& entry) {
      return entry.all_tasks || std::ranges::find(entry.tasks, i) != entry.tasks.end();
    });
    if (covered) continue;
    draft.report.error(
        tasks[i].at, "tasks[" + std::to_string(i) + "]", "no_access",
        "the task '" + tasks[i].id.str() + "' calls Azure, but no entry of " +
            "access.azure.roles names it",
        "add {role: ROLE, scope: SCOPE, tasks: [" + tasks[i].id.str() + "]} to access.azure.roles");
  }
}

}  // namespace armature::dag
