#include "gateway/poll_links.h"

#include "base/bytes.h"
#include "base/crypto.h"
#include "gateway/headers.h"

namespace armature::gateway {
namespace {

constexpr std::string_view kParameter = "armature-poll=";

// Neither a task's name nor a target holds a line break.
std::string signature_of(const TaskKey& task, std::string_view target, const Secret& key) {
  return to_base64url(hmac_sha256(key.reveal(), to_string(task) + "\n" + std::string(target)));
}

}  // namespace

Secret poll_link_key(const Secret& state_key) {
  return Secret(hmac_sha256(state_key.reveal(), "poll links"));
}

void sign_poll_links(http::Response& answer, const TaskKey& task, std::string_view origin,
                     const Secret& key) {
  for (const std::string_view name : {"Azure-AsyncOperation", "Operation-Location", "Location"}) {
    // Of any other status, Location names a resource.
    if (name == "Location" && answer.status != 202) continue;
    const auto url = answer.headers.get(name);
    if (!url || !move_link(*url, origin, origin)) continue;
    const auto parsed = http::parse_url(*url);
    const char* joint = parsed->target.find('?') == std::string::npos ? "?" : "&";
    answer.headers.set(
        name, *url + joint + std::string(kParameter) + signature_of(task, parsed->target, key));
  }
}

std::string take_signature(std::string& target) {
  const std::size_t at = target.rfind(kParameter);
  if (at == std::string::npos || at == 0 || (target[at - 1] != '?' && target[at - 1] != '&')) {
    return {};
  }
  std::string signature = target.substr(at + kParameter.size());
  if (signature.find('&') != std::string::npos) return {};
  target.resize(at - 1);
  return signature;
}

bool is_signed_for(const TaskKey& task, std::string_view target, std::string_view signature,
                   const Secret& key) {
  return !signature.empty() && equal_constant_time(signature, signature_of(task, target, key));
}

}  // namespace armature::gateway
