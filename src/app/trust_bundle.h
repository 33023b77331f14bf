#pragma once
// CA_DIR/bundle.pem: the system's roots and our CA, for clients whose variable (REQUESTS_CA_BUNDLE,
// SSL_CERT_FILE, CURL_CA_BUNDLE) replaces their trust store.
//
//   Errors    kUnavailable: it cannot be written. A system without roots gets our CA alone
#include <filesystem>

#include "base/result.h"
#include "http/certificates.h"

namespace armature::app {

Status write_trust_bundle(const std::filesystem::path& ca_directory,
                          const http::Authority& authority);

}  // namespace armature::app
