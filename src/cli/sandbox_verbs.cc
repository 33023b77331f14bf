#include <CLI/CLI.hpp>

#include "cli/session.h"

namespace armature::cli {

void add_sandbox_verbs(CLI::App& app, Session& session) {
  auto* sandbox = app.add_subcommand("sandbox", "The local Azure of the server");
  sandbox->require_subcommand(1);
  auto* status = sandbox->add_subcommand("status", "Where it is and what it holds");
  status->footer("Example:\n  armature sandbox status -o json");
  session.run_on(*status, [&session]() -> Status {
    ARMATURE_TRY(const Json found, session.get("/api/v2/armature/sandbox"));
    session.print_object(found, {
                                    {"url",          "url"           },
                                    {"tenant",       "tenantId"      },
                                    {"subscription", "subscriptionId"},
                                    {"resources",    "resources"     },
                                    {"deployments",  "deployments"   },
                                    {"faults",       "faults"        }
    });
    return Ok{};
  });
}

}  // namespace armature::cli
