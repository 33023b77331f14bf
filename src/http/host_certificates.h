#pragma once
// HostCertificates: a server's side of TLS for any host name, with a certificate of our own CA made
// at first use and kept. For proxies that end their clients' TLS.
//
//   tls_for    the host's context; kInvalid: not a DNS name. A certificate is made anew a while
//              before it ends; beyond `most` hosts the one that was made first goes
//   Clients    that ask for another name than the host (SNI), or for none, are refused in the
//              handshake
//   Threads    any. A call may make a key and sign: a quarter of a millisecond, once per host
//   Lifetime   clock and random outlive it; a context lives as long as anyone holds it
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "http/certificates.h"

namespace armature::http {

struct HostTls;  // named only in http/*.cc

class HostCertificates {
 public:
  HostCertificates(Authority authority, const Clock& clock, Random& random,
                   std::size_t most = 1024);
  Result<std::shared_ptr<const HostTls>> tls_for(const std::string& host);

 private:
  struct Made {
    std::shared_ptr<const HostTls> tls;
    Instant renew_at;
  };
  const Authority authority_;
  const Clock& clock_;
  Random& random_;
  const std::size_t most_;
  std::mutex mutex_;
  std::map<std::string, Made> made_;
  std::deque<std::string> order_;  // of making
};

}  // namespace armature::http
