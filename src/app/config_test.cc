#include "app/config.h"

#include <gtest/gtest.h>

namespace armature::app {
namespace {

TEST(Config, LaterSourcesBeatEarlierOnes) {
  ConfigSources sources;
  sources.file_name = "armature.yaml";
  sources.file_text = "server: {port: 9000, workers: 4}\nlog: {level: debug}\n";
  sources.environment = {
      {"ARMATURE__SERVER__PORT", "9001"    },
      {"HOME",                   "/nowhere"}
  };
  sources.sets = {"server.workers=7"};
  const auto config = load_config(sources);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server_port, 9001);
  EXPECT_EQ(config->server_workers, 7u);
  EXPECT_EQ(config->log_level, "debug");
  EXPECT_EQ(config->gateway_port, 8081);
}

TEST(Config, ReadsIdentitiesWithTheirCeiling) {
  ConfigSources sources;
  sources.file_text = R"(
identities:
  - name: provisioner
    tenant_id: t
    client_id: c
    client_secret_file: /run/secrets/provisioner
    ceiling:
      - {role: Contributor, scope: /subscriptions/s}
      - {role: Role Based Access Control Administrator, scope: /subscriptions/s, assignable_roles: [Reader]}
)";
  const auto config = load_config(sources);
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->identities.size(), 1u);
  ASSERT_EQ(config->identities[0].ceiling.size(), 2u);
  EXPECT_EQ(config->identities[0].ceiling[1].assignable_roles, std::vector<std::string>{"Reader"});
}

TEST(Config, ReadsPools) {
  const auto read = [](const char* text) {
    return load_config({"a.yaml", std::string("pools:\n") + text, {}, {}});
  };
  const auto config = read("  arm: 8\n  default_pool: {slots: -1, description: no bound}\n");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->pools.size(), 2u);
  EXPECT_EQ(config->pools[0].name + std::to_string(config->pools[0].slots), "arm8");
  EXPECT_EQ(config->pools[1].slots, dag::kUnlimitedSlots);
  EXPECT_EQ(config->pools[1].description, "no bound");
  const struct {
    const char* text;
    const char* message;
  } kTable[] = {
      {"  arm: many\n",             "a.yaml:2:8: pools.arm: a number of slots, or -1 for no bound"},
      {"  arm: -2\n",               "a.yaml:2:8: pools.arm: a number of slots, or -1 for no bound"},
      {"  arm: {description: x}\n", "a.yaml:2:8: pools.arm: slots is missing"                     },
      {"  arm: {slotz: 1}\n",       "a.yaml:2:9: unknown key 'slotz'; did you mean 'slots'?"      },
      {"  [arm]\n",                 "a.yaml:2:3: pools: a mapping of name to slots is expected"   },
      {"  arm: 1\n  arm: 2\n",      "a.yaml:3:3: pools: 'arm' is there twice"                     },
  };
  for (const auto& row : kTable) {
    const auto refused = read(row.text);
    EXPECT_EQ(refused ? "taken" : refused.error().message, row.message);
  }
}

TEST(Config, RefusesWhatItDoesNotKnow) {
  const struct {
    const char* name;
    ConfigSources sources;
    const char* message;
  } kTable[] = {
      {"unknown key",
       {"a.yaml", "server:\n  prot: 1\n", {}, {}},
       "a.yaml:2:3: unknown key 'server.prot'; did you mean 'server.port'?"                                            },
      {"unknown section",
       {"a.yaml", "servr: {port: 1}\n", {}, {}},
       "a.yaml:1:9: unknown key 'servr.port'; did you mean 'server.port'?"                                             },
      {"unknown variable",
       {"", "", {{"ARMATURE__SERVER__PROT", "1"}}, {}},
       "ARMATURE__SERVER__PROT: unknown key 'server.prot'; did you mean 'server.port'?"                                },
      {"flag without value",
       {"", "", {}, {"server.port"}},
       "--set server.port: write --set section.key=value"                                                              },
      {"port out of range",
       {"", "", {}, {"server.port=70000"}},
       "--set: server.port: '70000' is not a whole number from 0 to 65535"                                             },
      {"secret in the file",
       {"a.yaml", "identities:\n- name: x\n  client_secret: y\n", {}, {}},
       "a.yaml:3:3: a secret has no place in a file that is shown around; write client_secret_file "
       "with the path of a file only the server can read"                                                              },
      {"not YAML",           {"a.yaml", "server: [", {}, {}},              "a.yaml:1:1: end of sequence flow not found"},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const auto config = load_config(row.sources);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code, Code::kInvalid);
    EXPECT_EQ(config.error().message, row.message);
  }
}

TEST(Config, HostsThatTheProxyLetsThrough) {
  const auto load = [](const char* file) { return load_config({"a.yaml", file, {}, {}}); };
  const auto listed = load("gateway: {proxy_tunnel: [pypi.org, \"*.pythonhosted.org\"]}\n");
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_EQ(listed->gateway_proxy_tunnel,
            (std::vector<std::string>{"pypi.org", "*.pythonhosted.org"}));
  EXPECT_TRUE(load("gateway: {proxy_tunnel: \"*\"}\n"));
  for (const char* wrong : {"PyPI.org", "py*.org", "*.", "pypi.org.", "https//pypi.org"}) {
    const auto refused =
        load(("gateway: {proxy_tunnel: \"" + std::string(wrong) + "\"}\n").c_str());
    ASSERT_FALSE(refused) << wrong;
    EXPECT_NE(refused.error().message.find("neither a host name"), std::string::npos) << wrong;
  }
}

TEST(Config, BoundsTheConnectionsOfClients) {
  const auto load = [](const char* file) { return load_config({"a.yaml", file, {}, {}}); };
  EXPECT_EQ(load("")->gateway_max_connections, 4096u);
  EXPECT_EQ(load("gateway: {max_connections: 16384}\n")->gateway_max_connections, 16384u);
  EXPECT_FALSE(load("gateway: {max_connections: 0}\n"));
}

TEST(Config, DescribesEveryKey) {
  EXPECT_NE(describe_keys().find("gateway.request_deadline"), std::string::npos);
}

}  // namespace
}  // namespace armature::app
