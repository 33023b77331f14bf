#pragma once
// A private certificate authority and the certificates it issues: ECDSA P-256, for loopback
// servers.
//
//   load_or_make_authority  keeps DIR/ca.pem (0644) and DIR/ca.key (0600) over restarts; a new pair
//                           when absent; kInvalid when present but unreadable: never overwritten
//   issue                   a leaf for host names and IP addresses, valid `length` from now
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "http/server.h"

namespace armature::http {

struct Authority {
  std::string certificate_pem;
  Secret key_pem;
};

Result<Authority> load_or_make_authority(const std::filesystem::path& directory,
                                         const std::string& common_name, const Clock& clock,
                                         Random& random);
Result<Certificate> issue(const Authority& authority, const std::vector<std::string>& names,
                          std::chrono::hours length, const Clock& clock, Random& random);

}  // namespace armature::http
