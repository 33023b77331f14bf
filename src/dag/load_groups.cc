// Task groups: their ids, with those of the groups around them, and what they give their tasks.
#include <algorithm>
#include <unordered_map>

#include "dag/load_internal.h"

namespace armature::dag {
namespace {

constexpr std::size_t kMaxGroups = 1'000;

struct Entry {  // of the file
  const YamlNode* node = nullptr;
  std::string name, path, parent;
  Position parent_at;
  std::size_t index = 0;  // once it is a group
  enum class State { kNew, kOpen, kMade, kBroken } state = State::kNew;
};

void tell_unknown(const std::string& name, Position at, const std::string& path, bool several,
                  const std::vector<std::string>& known, Report& report) {
  report.error(at, path, "unknown_group",
               several ? "more than one task group is called '" + name + "'"
                       : "there is no task group '" + name + "'",
               several ? "write its full id" : did_you_mean(name, known));
}

class GroupReader {
 public:
  explicit GroupReader(Draft& draft) : draft_(draft), report_(draft.report) {}

  void read_all(const YamlNode& list) {
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      read_names(list.items[i], "task_groups[" + std::to_string(i) + "]");
    }
    for (Entry& entry : entries_) make(entry);
  }

 private:
  void read_names(const YamlNode& node, std::string path) {
    if (!node.is_map()) return report_.wrong_type(node, path, "a mapping with group_id");
    Fields fields(node, path, report_);
    const char* key = node.find("group_name") == nullptr ? "group_id" : "group_name";
    const YamlNode* id = fields.require(key);
    const auto name = fields.text(key);
    if (!name) return;
    if (!is_airflow_key(*name)) {
      report_.error(id->at, path + "." + key, "invalid_value",
                    "a group id has 1 to 250 letters, digits, '_', '.' or '-'");
      return;
    }
    Entry entry{&node, *name, std::move(path), "", {}};
    if (const YamlNode* parent = fields.take("parent_group")) {
      entry.parent = fields.text("parent_group").value_or("");
      entry.parent_at = parent->at;
    }
    entries_.push_back(std::move(entry));
  }

  // The groups around it come first, wherever they stand in the file.
  void make(Entry& entry) {
    if (entry.state != Entry::State::kNew) return;
    entry.state = Entry::State::kOpen;
    std::optional<std::size_t> parent;
    if (!entry.parent.empty()) {
      Entry* around = around_of(entry);
      if (around != nullptr) make(*around);
      if (around != nullptr && around->state == Entry::State::kOpen) {
        report_.error(entry.parent_at, entry.path + ".parent_group", "cycle",
                      "the group '" + entry.name + "' lies within itself");
      }
      if (around == nullptr || around->state != Entry::State::kMade) {
        entry.state = Entry::State::kBroken;
        return;
      }
      parent = around->index;
    }
    read(entry, parent);
  }

  Entry* around_of(const Entry& entry) {
    const std::string& wanted = entry.parent;
    std::vector<Entry*> found;
    for (Entry& one : entries_) {
      if (one.name == wanted) found.push_back(&one);
    }
    if (found.size() == 1) return found[0];
    for (Entry& one : entries_) {  // by its full id, as far as that is known
      if (wanted.ends_with(one.name) && &one != &entry) make(one);
      if (one.state == Entry::State::kMade && draft_.dag.groups[one.index].id == wanted) {
        return &one;
      }
    }
    std::vector<std::string> names;
    for (const Entry& one : entries_) names.push_back(one.name);
    tell_unknown(wanted, entry.parent_at, entry.path + ".parent_group", !found.empty(), names,
                 report_);
    return nullptr;
  }

  void read(Entry& entry, std::optional<std::size_t> parent) {
    Fields fields(*entry.node, entry.path, report_);
    for (const char* key : {"group_id", "group_name", "parent_group"}) fields.take(key);
    GroupDef group;
    group.id = parent ? draft_.dag.groups[*parent].child_id(entry.name) : entry.name;
    group.parent = parent;
    group.at = entry.node->at;
    group.tooltip = fields.text("tooltip").value_or("");
    group.prefix_group_id = fields.flag("prefix_group_id").value_or(true);
    GroupDraft beside{entry.name, {}, read_dependencies(fields, "dependencies"), entry.path};
    if (const YamlNode* defaults = fields.map("default_args")) {
      beside.defaults.push_back({defaults, entry.path + ".default_args"});
    }
    if (parent) {
      const auto& outer = draft_.groups[*parent].defaults;
      beside.defaults.insert(beside.defaults.end(), outer.begin(), outer.end());
    }
    fields.finish();
    entry.state = Entry::State::kBroken;
    const auto& made = draft_.dag.groups;
    if (std::ranges::find(made, group.id, &GroupDef::id) != made.end()) {
      report_.error(group.at, entry.path, "duplicate_group",
                    "there is already a task group '" + group.id + "'");
      return;
    }
    entry.state = Entry::State::kMade;
    entry.index = made.size();
    draft_.dag.groups.push_back(std::move(group));
    draft_.groups.push_back(std::move(beside));
  }

  Draft& draft_;
  Report& report_;
  std::vector<Entry> entries_;
};

}  // namespace

void read_groups(const YamlNode* node, Draft& draft) {
  if (node == nullptr) return;
  if (!node->is_list()) return draft.report.wrong_type(*node, "task_groups", "a list of groups");
  if (node->items.size() > kMaxGroups) {
    draft.report.error(node->at, "task_groups", "too_large", "more than 1,000 task groups");
    return;
  }
  GroupReader(draft).read_all(*node);
}

std::vector<Dependency> read_dependencies(Fields& fields, const std::string& key) {
  std::vector<Dependency> out;
  const YamlNode* node = fields.take(key);
  const auto names = fields.texts(key);
  if (node == nullptr || names.size() != node->items.size()) return out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out.push_back(
        {names[i], node->items[i].at, fields.path_of(key) + "[" + std::to_string(i) + "]"});
  }
  return out;
}

std::optional<std::size_t> find_group(const std::string& name, Position at, const std::string& path,
                                      Draft& draft) {
  std::vector<std::size_t> written;
  for (std::size_t i = 0; i < draft.groups.size(); ++i) {
    if (draft.dag.groups[i].id == name) return i;
    if (draft.groups[i].name == name) written.push_back(i);
  }
  if (written.size() == 1) return written[0];
  std::vector<std::string> ids;
  for (const GroupDef& group : draft.dag.groups) ids.push_back(group.id);
  tell_unknown(name, at, path, !written.empty(), ids, draft.report);
  return std::nullopt;
}

}  // namespace armature::dag
