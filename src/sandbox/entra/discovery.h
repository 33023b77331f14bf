#pragma once
// The documents by which clients find their way: OpenID configuration, keys, instance discovery,
// and the metadata of the cloud itself.
//
//   Host      the documents name the host that was asked for when it is a name of this machine's
//             loopback or of the public authority: clients compare the issuer's host with it
//   Metadata  three shapes, by api-version: until 2015-01-01 the flat object of Azure Stack, until
//             2021 an array of clouds, from 2022 on one cloud
//   Source    learn.microsoft.com, "OpenID Connect on the Microsoft identity platform"; the answers
//             of management.azure.com/metadata/endpoints
#include <string>

#include "base/json.h"
#include "http/message.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {

struct Authority {
  std::string tenant;  // as it stands in the path, lower case
  bool adfs = false;
  bool shared = false;  // "common", "organizations"
  bool v2 = false;
};

Json openid_configuration(const Cloud& cloud, const http::Request& request,
                          const Authority& authority);
Json key_set(const Cloud& cloud);
http::Response instance_discovery(Cloud& cloud, const http::Request& request);
http::Response cloud_metadata(const Cloud& cloud, const http::Request& request);

}  // namespace armature::sandbox
