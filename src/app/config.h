#pragma once
// Config: what the server's operator sets. Later beats earlier: defaults, armature.yaml,
// environment (ARMATURE__SECTION__KEY), flags (--set section.key=value). Pure: the caller reads
// file and environment.
//
//   Errors    kInvalid with file, line and column (or the variable's or flag's name) and the
//   nearest
//             known key: an unknown key never passes silently
//   Secrets   the configuration holds none: an identity names the place its secret is read from
//   Source    docs/operate.md lists every key; print_keys() is made from the same table
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "dag/slots.h"
#include "identity/client_certificates.h"
#include "identity/trust.h"
#include "identity/upstream_identity.h"

namespace armature::app {

struct RoleAtScope {
  std::string role;
  std::string scope;
  std::vector<std::string> assignable_roles;
};

struct IdentityConfig {
  std::string name, tenant_id, client_id;
  identity::Credential credential;
  std::vector<RoleAtScope> ceiling;  // what the identity may be used for at most; empty: nothing
};

// A caller that is no task: by tokens of an issuer that is trusted, by its client certificate, or,
// when it is local, by a credential that the gateway leaves in a file of its own.
struct WorkloadConfig {
  identity::Trust trust;  // without tokens: its name alone
  bool local = false;
  identity::CertificateMatch certificate;  // empty: not known by one
  std::string identity;
  std::vector<RoleAtScope> roles;  // what it is granted, under the identity's ceiling
};

struct Config {
  std::filesystem::path data_dir = ".armature";
  std::string log_level = "info";

  std::string server_address = "127.0.0.1";
  std::uint16_t server_port = 8080;
  unsigned server_workers = 16;

  std::string gateway_address = "127.0.0.1";
  std::uint16_t gateway_port = 8081;
  Micros gateway_request_deadline = std::chrono::minutes(5);
  Micros gateway_first_delay = std::chrono::milliseconds(500);
  std::string gateway_pacing = "auto";
  std::optional<std::uint16_t> gateway_identity_port = 0;  // nothing: shut
  std::optional<std::uint16_t> gateway_proxy_port = 0;     // the same
  std::vector<std::string> gateway_proxy_tunnel;           // hosts that the proxy lets through
  bool gateway_proxy_tunnel_local = false;
  std::string gateway_metrics = "auto";
  std::string gateway_access_log = "off";
  Micros gateway_drain_delay{0};
  Micros gateway_drain = std::chrono::seconds(30);
  unsigned gateway_max_connections = 4096;
  std::string gateway_public_url;                  // empty: https://localhost:PORT
  std::filesystem::path gateway_certificate_file;  // PEM; empty: one of the private CA
  std::filesystem::path gateway_key_file;
  std::filesystem::path gateway_client_ca_file;  // empty: no certificates of clients

  Micros audit_retention{0};           // 0: whatever their age
  std::int64_t audit_max_records = 0;  // 0: however many

  bool sandbox_enabled = true;
  std::uint16_t sandbox_port = 8082;
  Micros sandbox_provisioning_time = std::chrono::milliseconds(500);
  Micros sandbox_token_lifetime = std::chrono::seconds(3599);
  std::optional<std::uint16_t> sandbox_imds_port;  // nothing: no endpoint for managed identities
  std::string sandbox_imds_resource;               // empty: an identity that is made ready
  // Fixed, so that the examples run as they are.
  std::string sandbox_tenant_id = "22222222-2222-4222-8222-222222222222";
  std::string sandbox_subscription_id = "11111111-1111-4111-8111-111111111111";
  std::string sandbox_content_roots;
  std::string sandbox_throttle = "auto";  // auto: on for `sandbox start`, off for `standalone`
  bool sandbox_require_registration = false;
  bool sandbox_lenient = false;

  std::filesystem::path dags_folder = "dags";
  std::vector<std::filesystem::path> dags_file_roots;
  unsigned parallelism = 32;
  std::vector<dag::Pool> pools;

  std::string azure_management_url = "https://management.azure.com";
  std::string azure_audience = "https://management.azure.com/";
  std::string azure_authority = "https://login.microsoftonline.com";
  std::filesystem::path azure_ca_file;  // empty: the system's roots

  std::string issuer_url;  // of Armature as an OpenID issuer; empty: the gateway's own URL
  std::vector<IdentityConfig> identities;
  std::vector<WorkloadConfig> workloads;
  std::vector<std::string> az_environment;  // NAME=value: what az may see of this process' own
};

struct ConfigSources {
  std::string file_name, file_text;                              // empty text: no file
  std::vector<std::pair<std::string, std::string>> environment;  // all variables
  std::vector<std::string> sets;                                 // "section.key=value"
};

Result<Config> load_config(const ConfigSources& sources);
// One line per key: name, default, what it does.
std::string describe_keys();

}  // namespace armature::app
