// The subscription's tag names and values: those in use, and those made on their own.
#include <map>

#include "base/bytes.h"
#include "sandbox/front/tags.h"

namespace armature::sandbox {
namespace {

// Settings: "tagname/<name>" and "tagvalue/<name>/<value>", the name in lower case; the value is
// the text as it was first written.
constexpr std::string_view kNames = "tagname/";
constexpr std::string_view kValues = "tagvalue/";

struct Use {
  std::string name;
  std::int64_t count = 0;
  std::map<std::string, std::int64_t> values;
};

Json count_json(std::int64_t count) {
  return JsonObject{
      {"type",  "Total"},
      {"value", count  }
  };
}

std::string base(const Cloud& cloud) {
  return "/subscriptions/" + cloud.subscription() + "/tagNames/";
}

Json value_json(const std::string& name_id, const std::string& value, std::int64_t count) {
  return JsonObject{
      {"id",       name_id + "/tagValues/" + value},
      {"tagValue", value                          },
      {"count",    count_json(count)              }
  };
}

Json name_json(const Cloud& cloud, const Use& use) {
  const std::string id = base(cloud) + use.name;
  JsonArray values;
  for (const auto& [value, count] : use.values) values.push_back(value_json(id, value, count));
  return JsonObject{
      {"id",      id                   },
      {"tagName", use.name             },
      {"count",   count_json(use.count)},
      {"values",  std::move(values)    }
  };
}

void count_record(const Record& record, std::map<std::string, Use>& uses) {
  const Json* tags = find(record.body, "tags");
  if (!tags || !tags->is_object()) return;
  for (const auto& tag : tags->get_object()) {
    const std::string name(tag.key());
    Use& use = uses[to_lower(name)];
    if (use.name.empty()) use.name = name;
    ++use.count;
    if (tag.value().is_string()) ++use.values[std::string(as_text(tag.value()))];
  }
}

template <class F>
void each_setting(const State& state, std::string_view prefix, F visit) {
  const auto& all = state.table<Setting>();
  for (auto it = all.lower_bound(std::string(prefix));
       it != all.end() && it->first.starts_with(prefix); ++it) {
    visit(it->first.substr(prefix.size()), it->second.value);
  }
}

std::map<std::string, Use> uses_of(const State& state) {
  std::map<std::string, Use> out;
  each_setting(state, kNames,
               [&](const std::string& key, const std::string& name) { out[key].name = name; });
  each_setting(state, kValues, [&](const std::string& key, const std::string& value) {
    const auto found = out.find(key.substr(0, key.find('/')));
    if (found != out.end()) found->second.values.try_emplace(value, 0);
  });
  for (const auto& [key, record] : state.table<Record>()) count_record(record, out);
  return out;
}

ArmAnswer change_value(const Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string name = to_lower(call.at.head[3]);
  const std::string& value = call.at.head[5];
  const std::string key = std::string(kValues) + name + "/" + value;
  const bool there = change.state().get<Setting>(key) != nullptr;
  if (call.op.method == "DELETE") {
    if (there) change.erase<Setting>(key);
    return answer(there ? 200 : 204);
  }
  const Setting* known = change.state().get<Setting>(std::string(kNames) + name);
  if (!known) {
    return refuse(404, "TagNameNotFound",
                  "The tag name '" + call.at.head[3] + "' could not be found.");
  }
  const std::string id = base(cloud) + known->value;
  change.put(key, Setting{value});
  return answer(there ? 200 : 201, value_json(id, value, 0));
}

}  // namespace

ArmAnswer list_tag_names(const Cloud& cloud, const State& state) {
  JsonArray out;
  for (const auto& [key, use] : uses_of(state)) out.push_back(name_json(cloud, use));
  return list_answer(std::move(out));
}

ArmAnswer change_tag_name(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string& name = call.at.head[3];
  JsonObject tags;
  tags[name] = call.at.head.size() > 5 ? call.at.head[5] : "";
  if (auto refused = check_tags(
          JsonObject{
              {"tags", std::move(tags)}
  },
          ""))
    return *refused;
  if (call.at.head.size() > 5) return change_value(cloud, change, call);
  const std::string key = std::string(kNames) + to_lower(name);
  const Setting* there = change.state().get<Setting>(key);
  if (call.op.method == "PUT") {
    const bool is_new = there == nullptr;
    if (is_new) change.put(key, Setting{name});
    Use use{is_new ? name : there->value, 0, {}};
    return answer(is_new ? 201 : 200, name_json(cloud, use));
  }
  if (!there) return answer(204);
  bool has_values = false;
  each_setting(change.state(), std::string(kValues) + to_lower(name) + "/",
               [&](const std::string&, const std::string&) { has_values = true; });
  if (has_values) {
    return refuse(409, "TagNameHasValues",
                  "The tag name '" + name +
                      "' cannot be deleted while it has tag values; delete these first.");
  }
  change.erase<Setting>(key);
  return answer(200);
}

}  // namespace armature::sandbox
