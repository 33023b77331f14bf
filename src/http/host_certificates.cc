#include "http/host_certificates.h"

#include <openssl/ssl.h>

#include "base/bytes.h"
#include "http/host_tls.h"

namespace armature::http {
namespace {

constexpr auto kLength = std::chrono::hours(24 * 7);
constexpr auto kRenewAhead = std::chrono::hours(24);

int check_name(SSL* ssl, int* alert, void* argument) {
  const auto& tls = *static_cast<const HostTls*>(argument);
  const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (asked != nullptr && equal_ci(asked, tls.host)) return SSL_TLSEXT_ERR_OK;
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

HostCertificates::HostCertificates(Authority authority, const Clock& clock, Random& random,
                                   std::size_t most)
    : authority_(std::move(authority)), clock_(clock), random_(random), most_(most) {}

Result<std::shared_ptr<const HostTls>> HostCertificates::tls_for(const std::string& host) {
  const std::lock_guard lock(mutex_);
  const Instant now = clock_.now();
  const auto found = made_.find(host);
  if (found != made_.end() && now < found->second.renew_at) return found->second.tls;

  ARMATURE_TRY(const Certificate certificate, issue(authority_, {host}, kLength, clock_, random_));
  auto tls = std::make_shared<HostTls>();
  tls->host = host;
  ARMATURE_TRY(tls->context, server_context(certificate));
  SSL_CTX_set_tlsext_servername_callback(tls->context.get(), check_name);
  SSL_CTX_set_tlsext_servername_arg(tls->context.get(), tls.get());
  if (found == made_.end()) order_.push_back(host);
  made_.insert_or_assign(host, Made{tls, now + kLength - kRenewAhead});
  if (order_.size() > most_) {
    made_.erase(order_.front());
    order_.pop_front();
  }
  return std::shared_ptr<const HostTls>(std::move(tls));
}

}  // namespace armature::http
