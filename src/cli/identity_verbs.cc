#include <CLI/CLI.hpp>

#include "base/bytes.h"
#include "base/files.h"
#include "cli/session.h"
#include "http/message.h"

namespace armature::cli {
namespace {

constexpr const char* kIdentities = "/api/v2/armature/identities";
constexpr const char* kSecrets = "/api/v2/armature/secrets";
constexpr std::size_t kLongestSecret = 64 * 1024;

struct IdentityFlags {
  std::string name, dag_id;
};

// A table shows who is who; what is wrong, and what to do about it, stands below.
void print_problems(Session& session, const JsonArray& checks) {
  for (const Json& check : checks) {
    if (bool_at(check, "ok")) continue;
    session.print("\n" + text_at(check, "name") + ": " + text_at(check, "error") + "\n");
    if (const auto advice = text_at(check, "advice"); !advice.empty()) {
      session.print("  " + advice + "\n");
    }
  }
}

Status check(Session& session, const IdentityFlags& flags) {
  JsonObject body;
  if (!flags.name.empty()) body["name"] = flags.name;
  if (!flags.dag_id.empty()) body["dag_id"] = flags.dag_id;
  ARMATURE_TRY(const Json answer,
               session.send("POST", std::string(kIdentities) + "/check", std::move(body)));
  const JsonArray& checks = answer.at("checks").as_array();
  for (const Json& one : checks) {
    if (!bool_at(one, "ok")) session.set_status(1);
  }
  session.print_list(answer, "checks",
                     {
                         {"NAME",             "name"                 },
                         {"KIND",             "kind"                 },
                         {"SUBJECT",          "subject"              },
                         {"OK",               "ok"                   },
                         {"TOKEN UNTIL",      "token_expires_on"     },
                         {"CREDENTIAL UNTIL", "credential_expires_on"},
                         {"OID",              "oid"                  },
                         {"APPID",            "appid"                },
                         {"TID",              "tid"                  }
  });
  if (session.is_table()) print_problems(session, checks);
  return Ok{};
}

Status list(Session& session) {
  ARMATURE_TRY(const Json answer, session.get(kIdentities));
  session.print_list(answer, "identities",
                     {
                         {"NAME", "name"},
                         {"KIND", "kind"}
  });
  return Ok{};
}

// From standard input or a file: never from the command line, which others can read.
Status set_secret(Session& session, const std::string& name, const std::string& file) {
  auto content = read_file(file.empty() ? "/dev/stdin" : file, kLongestSecret);
  if (!content) return std::move(content).error();
  JsonObject body;
  body["value"] = trim(*content);
  ARMATURE_TRY(const Json done,
               session.send("PUT", std::string(kSecrets) + "/" + http::percent_encode(name),
                            std::move(body)));
  (void)done;
  return Ok{};
}

Status list_secrets(Session& session) {
  ARMATURE_TRY(const Json answer, session.get(kSecrets));
  session.print_list(answer, "secrets",
                     {
                         {"NAME", "name"}
  });
  return Ok{};
}

}  // namespace

void add_identity_verbs(CLI::App& app, Session& session) {
  auto* group = app.add_subcommand("identity", "The identities that the gateway uses in Azure");
  group->require_subcommand(1);
  auto* names = group->add_subcommand("list", "Names and kinds");
  names->footer("Example:\n  armature identity list");
  session.run_on(*names, [&session] { return list(session); });

  auto flags = std::make_shared<IdentityFlags>();
  auto* verb = group->add_subcommand("check", "Get a token for each, now, and say who it is for");
  verb->add_option("NAME", flags->name, "Only this identity");
  verb->add_option("--dag", flags->dag_id,
                   "Of federation: for this DAG (default: each that uses the identity)");
  verb->footer(
      "Example:\n  armature identity check\n  armature identity check prod --dag etl\n"
      "Exit status 1 when one of them gets no token: what to do then stands below the table.\n"
      "CREDENTIAL UNTIL is known of certificates and federated tokens alone.");
  session.run_on(*verb, [&session, flags] { return check(session, *flags); });

  auto* secrets = group->add_subcommand("secret", "The server's encrypted store of client secrets");
  secrets->require_subcommand(1);
  auto secret = std::make_shared<IdentityFlags>();
  auto file = std::make_shared<std::string>();
  auto* set = secrets->add_subcommand("set", "Keep a secret; it counts from the next token on");
  set->add_option("NAME", secret->name, "As client_secret_stored names it")->required();
  set->add_option("--file", *file, "Read it from this file (default: standard input)");
  set->footer("Example:\n  armature identity secret set prod < secret.txt");
  session.run_on(*set,
                 [&session, secret, file] { return set_secret(session, secret->name, *file); });
  auto* kept = secrets->add_subcommand("list", "Names, never values");
  kept->footer("Example:\n  armature identity secret list");
  session.run_on(*kept, [&session] { return list_secrets(session); });
}

}  // namespace armature::cli
