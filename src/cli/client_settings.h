#pragma once
// How clients are pointed at a running sandbox: the variables that az, the SDKs and Terraform read,
// and the file for `az cloud register`.
//
//   In        what the server left in server.json; the client secret is read from the file it names
//   Errors    kNotFound: the server runs no sandbox
//   Threads   pure but for the secret file
//   Source    docs/sandbox/start.md says which client needs which; variables that replace a trust
//             store get the system's roots and our CA, the one that adds to it our CA alone
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/secret.h"

namespace armature::cli {

enum class Shell { kBash, kFish, kPowershell };

struct ClientSettings {
  std::string url;  // https://localhost:PORT
  std::string tenant_id, subscription_id, client_id;
  Secret client_secret;
  std::string ca_file, bundle_file, az_config_dir;
  std::string imds_url;  // "" when none is served
};

using Variables = std::vector<std::pair<std::string, std::string>>;

Result<ClientSettings> read_client_settings(const Json& server);
Variables client_variables(const ClientSettings& settings);
std::string exports(const Variables& variables, Shell shell);
Json az_cloud(const ClientSettings& settings);

}  // namespace armature::cli
