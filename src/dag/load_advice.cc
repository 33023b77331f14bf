#include "dag/load_advice.h"

#include <algorithm>

#include "base/bytes.h"

namespace armature::dag {
namespace {

struct Rename {
  std::string_view from, to;
};

constexpr Rename kKeys[] = {
    {"schedule_interval",     "schedule"              },
    {"timetable",             "schedule"              },
    {"cron",                  "schedule"              },
    {"concurrency",           "max_active_tasks"      },
    {"max_active_steps",      "max_active_tasks"      },
    {"task_concurrency",      "max_active_tis_per_dag"},
    {"name",                  "dag_id"                },
    {"id",                    "dag_id"                },
    {"name",                  "task_id"               },
    {"id",                    "task_id"               },
    {"steps",                 "tasks"                 },
    {"inputs",                "params"                },
    {"variables",             "user_defined_macros"   },
    {"permissions",           "access"                },
    {"type",                  "operator"              },
    {"uses",                  "operator"              },
    {"depends",               "dependencies"          },
    {"depends_on",            "dependencies"          },
    {"needs",                 "dependencies"          },
    {"set_upstream",          "dependencies"          },
    {"if",                    "run_if"                },
    {"when",                  "run_if"                },
    {"preconditions",         "run_if"                },
    {"timeout",               "execution_timeout"     },
    {"timeout_sec",           "execution_timeout"     },
    {"timeout",               "dagrun_timeout"        },
    {"retry_delay_sec",       "retry_delay"           },
    {"task_group_name",       "task_group"            },
    {"command",               "bash_command"          },
    {"script",                "bash_command"          },
    {"run",                   "bash_command"          },
    {"execution_timeout_sec", "execution_timeout"     },
};

constexpr Rename kNames[] = {
    {"execution_date", "logical_date"},
    {"conf",           "params"      },
    {"inputs",         "params"      },
    {"outputs",        "tasks"       },
    {"steps",          "tasks"       },
    {"task_instance",  "ti"          },
};

bool has(const std::vector<std::string>& known, std::string_view word) {
  return std::ranges::find(known, word) != known.end();
}

std::string quoted(std::string_view word) { return "write '" + std::string(word) + "'"; }

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? "" : "did you mean '" + near + "'?";
}

std::string advice_for_key(std::string_view key, const std::vector<std::string>& known) {
  for (const Rename& one : kKeys) {
    if (one.from == key && has(known, one.to)) return quoted(one.to);
  }
  return did_you_mean(key, known);
}

std::string advice_for_name(std::string_view name, const std::vector<std::string>& known) {
  if (has(known, "macros") && (name == "tomorrow_ds" || name == "yesterday_ds")) {
    return std::string("write macros.ds_add(ds, ") + (name == "tomorrow_ds" ? "1)" : "-1)");
  }
  for (const Rename& one : kNames) {
    if (one.from == name && has(known, one.to)) return quoted(one.to);
  }
  return did_you_mean(name, known);
}

std::string advice_for_value(const YamlNode& node, std::string_view expected) {
  const bool scalar = node.kind == YamlNode::Kind::kScalar && !node.is_null();
  if (!scalar) {
    return expected == "a list of tasks" && node.is_map() ? "write '- task_id: NAME' for each" : "";
  }
  if (expected == "a string") return "write it in quotes";
  if (!node.is_string()) return "";
  const std::string text = to_lower(trim(node.text()));
  if (expected == "a list of strings") return "write [" + std::string(node.text()) + "]";
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if ((expected == "an integer" || expected == "a number") && digits) {
    return "write it without quotes";
  }
  if (expected != "true or false") return "";
  if (text == "yes" || text == "on" || text == "true") return "write true";
  return text == "no" || text == "off" || text == "false" ? "write false" : "";
}

}  // namespace armature::dag
