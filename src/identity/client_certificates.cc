#include "identity/client_certificates.h"

#include <algorithm>

namespace armature::identity {
namespace {

constexpr std::size_t kLongestSubject = 256;  // in records

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return !name.empty() && std::ranges::find(names, name) != names.end();
}

}  // namespace

bool matches(const CertificateMatch& match, const http::ClientCertificate& certificate) {
  const bool by_subject = !match.subject.empty() && match.subject == certificate.subject;
  return by_subject || holds(certificate.dns_names, match.dns) ||
         holds(certificate.uris, match.uri);
}

void ClientCertificates::trust(std::vector<CertificateTrust> trusts) {
  auto fresh = std::make_shared<const std::vector<CertificateTrust>>(std::move(trusts));
  const std::lock_guard lock(mutex_);
  trusts_ = std::move(fresh);
}

Result<Principal> ClientCertificates::who(const http::ClientCertificate& certificate) const {
  if (clock_.now() >= certificate.not_after) {
    return fail(Code::kUnauthenticated, "the client's certificate has expired");
  }
  const auto trusts = [this] {
    const std::lock_guard lock(mutex_);
    return trusts_;
  }();
  const auto found = std::ranges::find_if(
      *trusts, [&](const CertificateTrust& one) { return matches(one.match, certificate); });
  if (found == trusts->end()) {
    return fail(Code::kUnauthenticated, "no workload is known by the client's certificate");
  }
  ARMATURE_TRY(Attempt attempt, workload_attempt(found->name));
  const std::string subject =
      certificate.uris.empty() ? certificate.subject : certificate.uris.front();
  Workload workload{found->name, "certificates of " + certificate.issuer.substr(0, kLongestSubject),
                    subject.substr(0, kLongestSubject)};
  return Principal{std::move(attempt), std::move(workload)};
}

}  // namespace armature::identity
