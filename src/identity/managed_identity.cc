#include "identity/managed_identity.h"

#include <sys/stat.h>

#include "base/bytes.h"
#include "base/files.h"

namespace armature::identity {
namespace {

using Service = ManagedIdentity::Service;

constexpr std::size_t kMostKeyBytes = 4096;

const char* version_of(Service service) {
  switch (service) {
    case Service::kImds:
      return "2018-02-01";
    case Service::kAppService:
      return "2019-08-01";
    case Service::kAzureArc:
      return "2020-06-01";
  }
  return "";
}

Error refuse(std::string why) { return fail(Code::kUnauthenticated, std::move(why)); }

}  // namespace

Result<http::Request> managed_identity_request(const ManagedIdentity& identity,
                                               const std::string& resource) {
  if (!http::parse_url(identity.endpoint)) {
    return fail(Code::kInvalid, "the identity endpoint '" + identity.endpoint + "' is not a URL");
  }
  http::Request request;
  request.target = identity.endpoint;
  request.target += identity.endpoint.find('?') == std::string::npos ? '?' : '&';
  request.target += std::string("api-version=") + version_of(identity.service);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) {
      request.target += std::string("&") + name + "=" + http::percent_encode(value);
    }
  };
  add("resource", resource);
  add("client_id", identity.client_id);
  add("object_id", identity.object_id);
  add(identity.service == Service::kImds ? "msi_res_id" : "mi_res_id", identity.resource_id);
  request.headers.set("Accept", "application/json");
  if (identity.service == Service::kAppService) {
    request.headers.set("X-IDENTITY-HEADER", identity.header.reveal());
  } else {
    request.headers.set("Metadata", "true");
  }
  return request;
}

Result<http::Request> answer_arc_challenge(const ManagedIdentity& identity, http::Request request,
                                           const http::Response& challenge) {
  constexpr std::string_view kRealm = "Basic realm=";
  const std::string header = challenge.headers.get("WWW-Authenticate").value_or("");
  if (!starts_with_ci(header, kRealm)) return refuse("Azure Arc's agent gave no challenge");
  std::string_view named = trim(std::string_view(header).substr(kRealm.size()));
  if (named.size() > 1 && named.front() == '"' && named.back() == '"') {
    named = named.substr(1, named.size() - 2);
  }
  const std::filesystem::path path(named);
  if (!path.is_absolute() || path != path.lexically_normal() ||
      path.parent_path() != identity.key_folder || path.extension() != ".key") {
    return refuse("Azure Arc's agent names a key file outside of " + identity.key_folder.string());
  }
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) {
    return refuse(path.string() + " is not a plain file");
  }
  auto content = read_file(path, kMostKeyBytes);
  if (!content) return refuse(std::move(content).error().message);
  const Secret key(std::move(*content));
  request.headers.set("Authorization", "Basic " + std::string(trim(key.reveal())));
  return request;
}

}  // namespace armature::identity
