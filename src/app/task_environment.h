#pragma once
// What the environment of a task process says about Azure: by it an unmodified az, SDK or Terraform
// finds the gateway's doors and needs no setting of its own.
//
//   Proxy      HTTPS_PROXY with the attempt's credential, and the four variables by which clients
//              are told of a CA; those that replace a trust store get the system's roots as well
//   Identity   the App Service and IMDS endpoints, and Terraform's; AZURE_TOKEN_CREDENTIALS makes
//              DefaultAzureCredential go there at once
//   By hand    ARMATURE_GATEWAY_URL and ARMATURE_CA_FILE, for a script that calls the gateway
//   itself Threads    pure Source     docs/doors.md says which client reads which
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"

namespace armature::app {

struct DoorAddresses {
  std::string gateway_url;   // https://localhost:8081
  std::string proxy;         // 127.0.0.1:8083; empty: there is none
  std::string identity_url;  // http://127.0.0.1:8084; empty: there is none
  std::string ca_file, bundle_file;
};

std::vector<std::pair<std::string, Secret>> task_environment(const DoorAddresses& doors,
                                                             const Secret& credential);

}  // namespace armature::app
