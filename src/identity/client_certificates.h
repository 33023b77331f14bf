#pragma once
// ClientCertificates: callers that are known by the certificate of their TLS connection.
//
//   In        a certificate whose chain the server has verified against gateway.client_ca_file
//   who       the first workload whose name is in it, letter by letter: one of its DNS or URI
//             alternative names, or its whole subject. Deny by default, and for one that has ended
//             since its connection began
//   Errors    kUnauthenticated: no workload has such a name; expired
//   Threads   any
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/message.h"
#include "identity/principal.h"

namespace armature::identity {

// What a certificate must have. One of the three; the others are empty.
struct CertificateMatch {
  std::string subject;  // RFC 2253: "CN=release,O=Contoso"
  std::string dns;
  std::string uri;  // spiffe://contoso/release

  bool empty() const { return subject.empty() && dns.empty() && uri.empty(); }
};

struct CertificateTrust {
  std::string name;  // of the workload
  CertificateMatch match;
};

bool matches(const CertificateMatch& match, const http::ClientCertificate& certificate);

class ClientCertificates {
 public:
  explicit ClientCertificates(const Clock& clock) : clock_(clock) {}
  void trust(std::vector<CertificateTrust> trusts);  // from now on these
  Result<Principal> who(const http::ClientCertificate& certificate) const;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const std::vector<CertificateTrust>> trusts_ =
      std::make_shared<const std::vector<CertificateTrust>>();
};

}  // namespace armature::identity
