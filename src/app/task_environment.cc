#include "app/task_environment.h"

namespace armature::app {
namespace {

using Variables = std::vector<std::pair<std::string, Secret>>;

void put(Variables& out, const char* name, const std::string& value) {
  out.emplace_back(name, Secret(value));
}

void add_proxy(const DoorAddresses& doors, const Secret& credential, Variables& out) {
  put(out, "HTTPS_PROXY", "http://attempt:" + credential.reveal() + "@" + doors.proxy);
  put(out, "NO_PROXY", "localhost,127.0.0.1,::1");
  put(out, "NODE_USE_ENV_PROXY", "1");  // fetch of Node 24 and newer
}

void add_identity(const DoorAddresses& doors, const Secret& credential, Variables& out) {
  const std::string app_service = doors.identity_url + "/msi/token";
  const std::string imds = doors.identity_url + "/attempts/" + credential.reveal();
  put(out, "IDENTITY_ENDPOINT", app_service);
  put(out, "IDENTITY_HEADER", credential.reveal());
  put(out, "MSI_ENDPOINT", app_service);  // az before 2.7x knows these three alone
  put(out, "MSI_SECRET", credential.reveal());
  put(out, "APPSETTING_WEBSITE_SITE_NAME", "armature");
  put(out, "AZURE_POD_IDENTITY_AUTHORITY_HOST", imds);
  put(out, "ARM_USE_MSI", "true");
  put(out, "ARM_MSI_ENDPOINT", imds + "/metadata/identity/oauth2/token");
  put(out, "AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential");
}

}  // namespace

Variables task_environment(const DoorAddresses& doors, const Secret& credential) {
  Variables out;
  put(out, "ARMATURE_GATEWAY_URL", doors.gateway_url);
  put(out, "ARMATURE_CA_FILE", doors.ca_file);
  put(out, "REQUESTS_CA_BUNDLE", doors.bundle_file);
  put(out, "CURL_CA_BUNDLE", doors.bundle_file);
  put(out, "SSL_CERT_FILE", doors.bundle_file);
  put(out, "NODE_EXTRA_CA_CERTS", doors.ca_file);  // adds to what Node trusts
  put(out, "AZURE_CORE_COLLECT_TELEMETRY", "false");
  if (!doors.proxy.empty()) add_proxy(doors, credential, out);
  if (!doors.identity_url.empty()) add_identity(doors, credential, out);
  return out;
}

}  // namespace armature::app
