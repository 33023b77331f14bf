#include "app/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "app/identity_config.h"
#include "app/pool_config.h"
#include "base/bytes.h"
#include "base/time.h"

namespace armature::app {
namespace {

using Setter = std::function<Status(Config&, const std::string&)>;

Setter text(std::string Config::*field) {
  return [field](Config& config, const std::string& value) -> Status {
    config.*field = value;
    return Ok{};
  };
}

Setter path(std::filesystem::path Config::*field) {
  return [field](Config& config, const std::string& value) -> Status {
    if (value.empty()) return fail(Code::kInvalid, "a path is expected");
    config.*field = value;
    return Ok{};
  };
}

template <class T>
Setter number(T Config::*field, T least, T most) {
  return [=](Config& config, const std::string& value) -> Status {
    std::uint64_t parsed = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (error != std::errc() || end != value.data() + value.size() ||
        std::cmp_less(parsed, least) || std::cmp_greater(parsed, most)) {
      return fail(Code::kInvalid,
                  fmt::format("'{}' is not a whole number from {} to {}", value, least, most));
    }
    config.*field = static_cast<T>(parsed);
    return Ok{};
  };
}

// Empty: off.
Setter optional_port(std::optional<std::uint16_t> Config::*field) {
  return [field](Config& config, const std::string& value) -> Status {
    if (value.empty()) {
      config.*field = std::nullopt;
      return Ok{};
    }
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
    if (error != std::errc() || end != value.data() + value.size()) {
      return fail(Code::kInvalid,
                  fmt::format("'{}' is neither empty nor a whole number from 0 to 65535", value));
    }
    config.*field = port;
    return Ok{};
  };
}

Setter duration(Micros Config::*field) {
  return [field](Config& config, const std::string& value) -> Status {
    ARMATURE_TRY(config.*field, parse_duration(value));
    return Ok{};
  };
}

// A missing unit must not cost the records of all but some seconds.
Setter retention(Micros Config::*field) {
  return [field](Config& config, const std::string& value) -> Status {
    ARMATURE_TRY(config.*field, parse_duration(value));
    const Micros wanted = config.*field;
    if (wanted != Micros(0) && wanted < std::chrono::hours(1)) {
      return fail(Code::kInvalid, "'" + value + "' is less than an hour; 0s keeps all");
    }
    return Ok{};
  };
}

Setter flag(bool Config::*field) {
  return [field](Config& config, const std::string& value) -> Status {
    if (value != "true" && value != "false") {
      return fail(Code::kInvalid, "'" + value + "' is neither true nor false");
    }
    config.*field = value == "true";
    return Ok{};
  };
}

Setter one_of(std::string Config::*field, std::vector<std::string> known) {
  return [field, known = std::move(known)](Config& config, const std::string& value) -> Status {
    if (std::ranges::find(known, value) == known.end()) {
      return fail(Code::kInvalid, "'" + value + "' is not one of " + join(known, ", "));
    }
    config.*field = value;
    return Ok{};
  };
}

Setter paths(std::vector<std::filesystem::path> Config::*field) {
  return [field](Config& config, const std::string& value) -> Status {
    (config.*field).clear();
    for (const std::string& part : split(value, ':')) {
      if (!part.empty()) (config.*field).emplace_back(part);
    }
    return Ok{};
  };
}

Setter host_patterns(std::vector<std::string> Config::*field) {
  return [field](Config& config, const std::string& value) -> Status {
    (config.*field).clear();
    for (const std::string& part : split(value, ':')) {
      if (part.empty()) continue;
      const std::string_view name =
          part.starts_with("*.") ? std::string_view(part).substr(2) : part;
      const bool plain = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") ==
                         std::string_view::npos;
      if (part != "*" && (!plain || name.empty() || name.ends_with('.'))) {
        return fail(Code::kInvalid,
                    "'" + part + "' is neither a host name in lower case nor " + "*.suffix nor *");
      }
      (config.*field).push_back(part);
    }
    return Ok{};
  };
}

struct Key {
  std::string name;  // "section.key", or one word at top level
  std::string fallback;
  std::string help;
  Setter set;
};

Key key(std::string name, std::string fallback, std::string help, Setter set) {
  return {std::move(name), std::move(fallback), std::move(help), std::move(set)};
}

const std::vector<Key>& keys() {
  constexpr auto kPortLeast = std::uint16_t{0};
  constexpr auto kPortMost = std::uint16_t{65535};
  static const std::vector<Key> kKeys = {
      key("data_dir", ".armature", "database, keys, logs; made 0700", path(&Config::data_dir)),
      key("log.level", "info", "debug, info, warning or error",
          one_of(&Config::log_level, {"debug", "info", "warning", "error"})),
      key("server.address", "127.0.0.1", "where the REST API listens",
          text(&Config::server_address)),
      key("server.port", "8080", "0 takes any free port",
          number(&Config::server_port, kPortLeast, kPortMost)),
      key("server.workers", "16", "threads for requests that may wait",
          number(&Config::server_workers, 1u, 1024u)),
      key("gateway.address", "127.0.0.1", "where the gateway listens (TLS)",
          text(&Config::gateway_address)),
      key("gateway.port", "8081", "0 takes any free port",
          number(&Config::gateway_port, kPortLeast, kPortMost)),
      key("gateway.identity_port", "0",
          "managed identity endpoints for task processes (plain http, loopback); 0 takes any free "
          "port, empty: off",
          optional_port(&Config::gateway_identity_port)),
      key("gateway.proxy_port", "0",
          "forward proxy for task processes (loopback); 0 takes any free port, empty: off",
          optional_port(&Config::gateway_proxy_port)),
      key("gateway.proxy_tunnel", "",
          "hosts beside Azure's that the proxy lets through unread: a name, *.suffix or *, "
          "separated by ':'",
          host_patterns(&Config::gateway_proxy_tunnel)),
      key("gateway.proxy_tunnel_local", "false",
          "also to names that lead to this machine or its link",
          flag(&Config::gateway_proxy_tunnel_local)),
      key("gateway.metrics", "auto",
          "whether GET /metrics answers, to everybody: on, off, or auto: when the gateway listens "
          "on "
          "loopback",
          one_of(&Config::gateway_metrics, {"auto", "on", "off"})),
      key("gateway.access_log", "off",
          "a line of JSON for each request: off, stdout, or a file's path (reopened at SIGHUP)",
          text(&Config::gateway_access_log)),
      key("gateway.drain_delay", "0s",
          "after SIGTERM: how long requests are still taken while /readyz says 503",
          duration(&Config::gateway_drain_delay)),
      key("gateway.drain", "30s", "how long running requests may take from then on",
          duration(&Config::gateway_drain)),
      key("gateway.max_connections", "4096",
          "of clients at once, at the endpoint and at the proxy; one more is closed",
          number(&Config::gateway_max_connections, 1u, 1'000'000u)),
      key("gateway.public_url", "", "how clients reach the gateway; empty: https://localhost:PORT",
          text(&Config::gateway_public_url)),
      key("gateway.certificate_file", "", "PEM, with its chain; empty: one of the private CA",
          path(&Config::gateway_certificate_file)),
      key("gateway.key_file", "", "PEM, of the certificate", path(&Config::gateway_key_file)),
      key("gateway.client_ca_file", "",
          "PEM of whose client certificates may name a workload; empty: nobody is asked for one",
          path(&Config::gateway_client_ca_file)),
      key("gateway.request_deadline", "5m", "all sends of one request",
          duration(&Config::gateway_request_deadline)),
      key("gateway.first_delay", "500ms", "before the first repeat",
          duration(&Config::gateway_first_delay)),
      key("gateway.pacing", "auto",
          "whether ARM's token buckets are mirrored: on, off, or auto: where Azure is upstream",
          one_of(&Config::gateway_pacing, {"auto", "on", "off"})),
      key("audit.retention", "0s",
          "the audit's records of before are let go, and that is recorded: 90d; 0s: none is",
          retention(&Config::audit_retention)),
      key("audit.max_records", "0",
          "the same of the oldest, when there are more; one takes about 1.5 KB; 0: no bound",
          number(&Config::audit_max_records, std::int64_t{0}, std::int64_t{1} << 60)),
      key("sandbox.enabled", "true", "run the local Azure and use it",
          flag(&Config::sandbox_enabled)),
      key("sandbox.port", "8082", "0 takes any free port",
          number(&Config::sandbox_port, kPortLeast, kPortMost)),
      key("sandbox.provisioning_time", "500ms", "of a resource that takes time",
          duration(&Config::sandbox_provisioning_time)),
      key("sandbox.token_lifetime", "3599s", "of its access tokens",
          duration(&Config::sandbox_token_lifetime)),
      key("sandbox.imds_port", "",
          "where managed identities ask for tokens (plain http); 0 takes any free port, empty: off",
          optional_port(&Config::sandbox_imds_port)),
      key("sandbox.imds_resource", "", "whose identities; empty: one that is made ready",
          text(&Config::sandbox_imds_resource)),
      key("sandbox.tenant_id", "22222222-2222-4222-8222-222222222222",
          "kept from the first start on", text(&Config::sandbox_tenant_id)),
      key("sandbox.subscription_id", "11111111-1111-4111-8111-111111111111",
          "kept from the first start on", text(&Config::sandbox_subscription_id)),
      key("sandbox.content_roots", "",
          "where linked templates are found: https://host/path/=/a/folder, several with blanks",
          text(&Config::sandbox_content_roots)),
      key("sandbox.throttle", "auto",
          "429 by Azure's token buckets: on, off, auto (on for 'sandbox start' alone)",
          one_of(&Config::sandbox_throttle, {"auto", "on", "off"})),
      key("sandbox.require_registration", "false", "of resource providers, before their first use",
          flag(&Config::sandbox_require_registration)),
      key("sandbox.lenient", "false", "take unknown types, api-versions, regions and names",
          flag(&Config::sandbox_lenient)),
      key("dags.folder", "dags", "watched for *.yaml", path(&Config::dags_folder)),
      key("dags.file_roots", "", "further folders for template_file, separated by ':'",
          paths(&Config::dags_file_roots)),
      key("orchestrator.parallelism", "32", "task attempts at once",
          number(&Config::parallelism, 1u, 4096u)),
      key("azure.management_url", "https://management.azure.com", "Azure Resource Manager",
          text(&Config::azure_management_url)),
      key("azure.audience", "https://management.azure.com/", "of the tokens for it",
          text(&Config::azure_audience)),
      key("issuer.url", "",
          "how Entra reaches this server's OpenID documents; empty: the gateway's own URL",
          text(&Config::issuer_url)),
      key("azure.ca_file", "", "PEM of whom to trust instead of the system's roots",
          path(&Config::azure_ca_file)),
      key("azure.authority", "https://login.microsoftonline.com", "Entra ID",
          text(&Config::azure_authority)),
  };
  return kKeys;
}

Status set_key(Config& config, const std::string& name, const std::string& value) {
  std::vector<std::string> names;
  for (const Key& key : keys()) {
    if (key.name == name) {
      if (auto done = key.set(config, value); !done) return std::move(done).error().in(name);
      return Ok{};
    }
    names.push_back(key.name);
  }
  const std::string near = nearest(name, names);
  return fail(Code::kInvalid, fmt::format("unknown key '{}'{}", name,
                                          near.empty() ? "" : "; did you mean '" + near + "'?"));
}

class FileReader {
 public:
  FileReader(Config& config, std::string file, const Variables& environment)
      : config_(config), file_(std::move(file)), environment_(environment) {}

  Status read(const std::string& text) {
    YAML::Node root;
    try {
      root = YAML::Load(text);
    } catch (const YAML::ParserException& error) {
      return at(error.mark, error.msg);
    }
    if (root.IsNull()) return Ok{};
    if (!root.IsMap()) return at(root.Mark(), "a mapping of sections is expected");
    for (const auto& entry : root) ARMATURE_CHECK(section(entry.first, entry.second));
    return Ok{};
  }

 private:
  Error at(const YAML::Mark& mark, const std::string& message) const {
    return YamlFile{file_}.at(mark, message);
  }

  Status section(const YAML::Node& key, const YAML::Node& value) {
    const std::string name = key.Scalar();
    if (name == "identities") {
      ARMATURE_TRY(config_.identities, read_identities(value, YamlFile{file_}, environment_));
      return Ok{};
    }
    if (name == "pools") {
      ARMATURE_TRY(config_.pools, read_pools(value, YamlFile{file_}));
      return Ok{};
    }
    if (name == "workloads") {
      ARMATURE_TRY(config_.workloads, read_workloads(value, YamlFile{file_}));
      return Ok{};
    }
    if (value.IsScalar() || value.IsNull()) return scalar(key, name, value);
    if (!value.IsMap()) return at(value.Mark(), name + ": a mapping is expected");
    for (const auto& entry : value) {
      ARMATURE_CHECK(scalar(entry.first, name + "." + entry.first.Scalar(), entry.second));
    }
    return Ok{};
  }

  Status scalar(const YAML::Node& key, const std::string& name, const YAML::Node& value) {
    std::string text;
    if (value.IsScalar()) {
      text = value.Scalar();
    } else if (value.IsSequence()) {
      for (const auto& part : value) text += (text.empty() ? "" : ":") + part.Scalar();
    } else if (!value.IsNull()) {
      return at(value.Mark(), name + ": one value is expected");
    }
    if (auto done = set_key(config_, name, text); !done)
      return at(key.Mark(), done.error().message);
    return Ok{};
  }

  Config& config_;
  std::string file_;
  const Variables& environment_;
};

// What az needs to find itself, its login and the way out; no secret of ours is among it.
bool is_for_az(const std::string& variable) {
  static const std::vector<std::string> kNames = {
      "PATH",        "HOME",     "USER",        "LANG",     "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE",
      "HTTPS_PROXY", "NO_PROXY", "https_proxy", "no_proxy", "AZURE_CONFIG_DIR",   "TMPDIR"};
  return std::ranges::find(kNames, variable) != kNames.end();
}

}  // namespace

Result<Config> load_config(const ConfigSources& sources) {
  Config config;
  ARMATURE_CHECK(
      FileReader(config, sources.file_name, sources.environment).read(sources.file_text));
  for (const auto& [variable, value] : sources.environment) {
    if (is_for_az(variable)) config.az_environment.push_back(variable + "=" + value);
    constexpr std::string_view kPrefix = "ARMATURE__";
    if (!variable.starts_with(kPrefix)) continue;
    std::string name = to_lower(variable.substr(kPrefix.size()));
    if (const auto between = name.find("__"); between != std::string::npos) {
      name.replace(between, 2, ".");
    }
    if (auto done = set_key(config, name, value); !done)
      return std::move(done).error().in(variable);
  }
  for (const std::string& set : sources.sets) {
    const auto equals = set.find('=');
    if (equals == std::string::npos) {
      return fail(Code::kInvalid, "--set " + set + ": write --set section.key=value");
    }
    if (auto done = set_key(config, set.substr(0, equals), set.substr(equals + 1)); !done) {
      return std::move(done).error().in("--set");
    }
  }
  return config;
}

std::string describe_keys() {
  std::string out;
  for (const Key& key : keys()) {
    out += fmt::format("  {:<28} {:<36} {}\n", key.name,
                       key.fallback.empty() ? "(empty)" : key.fallback, key.help);
  }
  return out;
}

}  // namespace armature::app
