#pragma once
// A host's side of TLS, as HostCertificates keeps it. Used inside this room.
#include <string>

#include "http/tls.h"

namespace armature::http {

struct HostTls {
  std::string host;  // what a client must ask for: the context looks here
  SslContext context;
};

}  // namespace armature::http
