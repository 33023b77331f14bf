#include "sandbox/entra/federated.h"

#include <algorithm>

#include "base/bytes.h"

namespace armature::sandbox {
namespace {

constexpr std::string_view kType =
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
constexpr std::size_t kMostText = 600;

FederatedCredential credential_of(const Record& record) {
  FederatedCredential out;
  out.id = record.id;
  out.name = record.name;
  out.issuer = text_at(record.body, "properties.issuer");
  out.subject = text_at(record.body, "properties.subject");
  const Json* audiences = at(record.body, "properties.audiences");
  if (audiences && audiences->is_array() && !audiences->get_array().empty() &&
      audiences->get_array()[0].is_string()) {
    out.audience = std::string(as_text(audiences->get_array()[0]));
  }
  return out;
}

bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return name.size() >= 3 && name.size() <= 120 && std::ranges::all_of(name, fits);
}

ArmAnswer bad_request(const std::string& message) { return refuse(400, "BadRequest", message); }

}  // namespace

bool is_federated_credential(std::string_view type) { return equal_ci(type, kType); }

std::vector<FederatedCredential> federated_credentials(const State& state,
                                                       const std::string& identity) {
  std::vector<FederatedCredential> out;
  const std::string prefix = to_lower(identity) + "/";
  const auto& table = state.table<Record>();
  for (auto it = table.lower_bound(prefix); it != table.end() && it->first.starts_with(prefix);
       ++it) {
    if (is_federated_credential(it->second.type)) out.push_back(credential_of(it->second));
  }
  return out;
}

std::optional<ArmAnswer> check_federated_credential(const State& state, const std::string& id,
                                                    const Json& body) {
  Record record;
  record.id = id;
  record.name = id.substr(id.rfind('/') + 1);
  record.body = body;
  const FederatedCredential wanted = credential_of(record);
  if (!is_name(wanted.name)) {
    return bad_request(
        "The name of a federated identity credential has 3 to 120 letters, digits, "
        "'-' and '_'.");
  }
  const auto bad_text = [](const std::string& text) {
    return text.empty() || text.size() > kMostText;
  };
  if (bad_text(wanted.issuer) || bad_text(wanted.subject)) {
    return bad_request(
        "A federated identity credential needs an issuer and a subject, of at most "
        "600 characters each.");
  }
  const Json* audiences = at(body, "properties.audiences");
  if (wanted.audience.empty() || audiences->get_array().size() != 1) {
    return bad_request("A federated identity credential needs exactly one audience.");
  }
  const std::string identity = id.substr(0, id.rfind('/', id.rfind('/') - 1));
  std::size_t others = 0;
  for (const FederatedCredential& other : federated_credentials(state, identity)) {
    if (equal_ci(other.id, id)) continue;
    ++others;
    if (other.issuer == wanted.issuer && other.subject == wanted.subject) {
      return refuse(409, "Conflict",
                    "Issuer and subject combination already exists for this Managed Identity.");
    }
  }
  if (others >= kMostFederated) {
    return bad_request(
        "Too many Federated Identity Credentials exist for this Managed Identity. "
        "The maximum is 20.");
  }
  return std::nullopt;
}

}  // namespace armature::sandbox
