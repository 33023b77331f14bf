#include <CLI/CLI.hpp>

#include "cli/session.h"
#include "http/message.h"

namespace armature::cli {
namespace {

constexpr const char* kPools = "/api/v2/pools";

struct PoolFlags {
  std::string name, description;
  int slots = 0;
};

const std::vector<Column>& columns() {
  static const std::vector<Column> kColumns = {
      {"POOL",        "name"           },
      {"SLOTS",       "slots"          },
      {"OPEN",        "open_slots"     },
      {"RUNNING",     "running_slots"  },
      {"WAITING",     "scheduled_slots"},
      {"CONFIGURED",  "configured"     },
      {"DESCRIPTION", "description"    }
  };
  return kColumns;
}

std::string path_of(const std::string& name) {
  return std::string(kPools) + "/" + http::percent_encode(name);
}

Status list(Session& session) {
  ARMATURE_TRY(const Json page, session.get(std::string(kPools) + "?limit=1000"));
  session.print_list(page, "pools", columns());
  return Ok{};
}

Status get(Session& session, const std::string& name) {
  ARMATURE_TRY(const Json pool, session.get(path_of(name)));
  session.print_object(pool, columns());
  return Ok{};
}

// Makes the pool or changes it, as Airflow's verb.
Status set(Session& session, const PoolFlags& flags) {
  JsonObject body;
  body["slots"] = flags.slots;
  body["description"] = flags.description;
  const auto known = session.get(path_of(flags.name));
  if (!known && known.error().code != Code::kNotFound) return known.error();
  if (!known) body["name"] = flags.name;
  ARMATURE_TRY(const Json pool,
               session.send(known ? "PATCH" : "POST", known ? path_of(flags.name) : kPools, body));
  session.print_object(pool, columns());
  return Ok{};
}

Status remove(Session& session, const std::string& name) {
  ARMATURE_TRY([[maybe_unused]] const Json done, session.send("DELETE", path_of(name), nullptr));
  return Ok{};
}

}  // namespace

void add_pool_verbs(CLI::App& app, Session& session) {
  auto* pools = app.add_subcommand("pools", "Slots that tasks of all DAGs share");
  pools->require_subcommand(1);
  auto flags = std::make_shared<PoolFlags>();
  const auto verb = [&](const char* name, const char* help, const char* example, bool named,
                        std::function<Status()> body) {
    auto* made = pools->add_subcommand(name, help);
    made->footer(std::string("Example:\n  ") + example);
    if (named) made->add_option("NAME", flags->name, "Name of the pool")->required();
    session.run_on(*made, std::move(body));
    return made;
  };
  verb("list", "Every pool and what is taken of it", "armature pools list", false,
       [&session] { return list(session); });
  verb("get", "One pool", "armature pools get azure_arm", true,
       [&session, flags] { return get(session, flags->name); });
  auto* setter = verb("set", "Make a pool, or change its slots; running tasks go on",
                      "armature pools set azure_arm 8 'writes to ARM'", true,
                      [&session, flags] { return set(session, *flags); });
  setter->add_option("SLOTS", flags->slots, "Slots; -1 for no bound")->required();
  setter->add_option("DESCRIPTION", flags->description, "For people");
  verb("delete", "Delete a pool; tasks that name it wait", "armature pools delete azure_arm", true,
       [&session, flags] { return remove(session, flags->name); });
}

}  // namespace armature::cli
