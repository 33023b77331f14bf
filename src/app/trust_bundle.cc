#include "app/trust_bundle.h"

#include "base/files.h"

namespace armature::app {
namespace {

// Debian and Alpine, Fedora, macOS and BSD.
constexpr const char* kSystemRoots[] = {"/etc/ssl/certs/ca-certificates.crt",
                                        "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

}  // namespace

Status write_trust_bundle(const std::filesystem::path& ca_directory,
                          const http::Authority& authority) {
  std::string roots;
  for (const char* path : kSystemRoots) {
    if (auto text = read_file(path)) {
      roots = *std::move(text);
      break;
    }
  }
  if (!roots.empty() && roots.back() != '\n') roots += '\n';
  return write_file(ca_directory / "bundle.pem", roots + authority.certificate_pem, 0644);
}

}  // namespace armature::app
