#pragma once
// GET /metadata/endpoints: what a client is told that registers the gateway as a cloud of its own
// (`az cloud register --endpoint-resource-manager`). Needs no token, as in Azure. Pure.
//
//   Shape     by api-version, as Azure's own endpoint: up to 2018-01-01 flat, up to 2021 a list of
//             clouds, since then the cloud itself
//   Login     stays where the identities' authority is: the gateway is no authority. A task signs
//   in
//             with its managed identity and asks none
//   Source    azure-cli-core's cloud.py, hashicorp/go-azure-sdk's environments
#include <optional>
#include <string>

#include "http/message.h"

namespace armature::gateway {

// Nothing for any other request. `public_url` is the gateway's, `authority` Entra's.
std::optional<http::Response> cloud_metadata(const http::Request& request,
                                             const std::string& public_url,
                                             const std::string& authority);

}  // namespace armature::gateway
