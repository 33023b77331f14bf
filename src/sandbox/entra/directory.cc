#include "sandbox/entra/directory.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "identity/certificate.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMostPrincipals = 1024;  // of one principal's groups, as in a token of Entra

const DirectoryName* name_of(const State& state, std::string_view key) {
  return state.get<DirectoryName>(to_lower(key));
}

void name(Change& change, const std::string& id, const char* type, const std::string& key) {
  if (!id.empty()) change.put(to_lower(id), DirectoryName{type, key});
}

// The last parts of the membership keys with that prefix.
std::vector<std::string> ends_below(const State& state, const std::string& prefix) {
  std::vector<std::string> out;
  const auto& table = state.table<Membership>();
  for (auto it = table.lower_bound(prefix); it != table.end() && it->first.starts_with(prefix);
       ++it) {
    out.push_back(it->first.substr(prefix.size()));
  }
  return out;
}

void erase_memberships(Change& change, const std::string& id) {
  for (const std::string& group : groups_of(change.state(), id)) remove_member(change, group, id);
  for (const std::string& member : members_of(change.state(), id))
    remove_member(change, id, member);
}

std::string digest_of(const std::string& salt, const Secret& secret) {
  return to_hex(hmac_sha256(salt, secret.reveal()));
}

}  // namespace

std::vector<std::string> principals_of(const State& state, std::string_view object_id) {
  std::vector<std::string> out = {to_lower(object_id)};
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (const std::string& id : groups_of(state, out[i])) {
      const Group* group = state.get<Group>(id);
      const bool counts = group && group->security_enabled;
      if (!counts || std::ranges::find(out, id) != out.end()) continue;
      if (out.size() == kMostPrincipals) return out;
      out.push_back(id);
    }
  }
  return out;
}

const AppRegistration* find_application(const State& state, std::string_view client_id) {
  return state.get<AppRegistration>(to_lower(client_id));
}

const ServicePrincipal* find_client(const State& state, std::string_view client_id) {
  return state.get<ServicePrincipal>(to_lower(client_id));
}

const ServicePrincipal* find_service_principal(const State& state, std::string_view object_id) {
  const DirectoryName* found = name_of(state, object_id);
  return found && found->type == "servicePrincipal" ? state.get<ServicePrincipal>(found->key)
                                                    : nullptr;
}

const ServicePrincipal* find_identity(const State& state, std::string_view resource_id) {
  return find_service_principal(state, resource_id);
}

std::string principal_type(const State& state, std::string_view object_id) {
  const DirectoryName* found = name_of(state, object_id);
  if (!found) return "";
  if (found->type == "servicePrincipal") return "ServicePrincipal";
  if (found->type == "user") return "User";
  return found->type == "group" ? "Group" : "";
}

void put_application(Change& change, const AppRegistration& item) {
  name(change, item.object_id, "application", item.client_id);
  change.put(item.client_id, item);
}

void put_service_principal(Change& change, const ServicePrincipal& item) {
  name(change, item.object_id, "servicePrincipal", item.client_id);
  name(change, item.resource_id, "servicePrincipal", item.client_id);
  change.put(item.client_id, item);
}

void put_user(Change& change, const User& item) {
  name(change, item.object_id, "user", item.object_id);
  change.put(item.object_id, item);
}

void put_group(Change& change, const Group& item) {
  name(change, item.object_id, "group", item.object_id);
  change.put(item.object_id, item);
}

// The items may live in the tables that they are taken out of.
void erase_application(Change& change, const AppRegistration& item) {
  const std::string key = item.client_id;
  change.erase<DirectoryName>(item.object_id);
  change.erase<AppRegistration>(key);
}

void erase_service_principal(Change& change, const ServicePrincipal& item) {
  const std::string key = item.client_id;
  erase_memberships(change, item.object_id);
  change.erase<DirectoryName>(item.object_id);
  if (!item.resource_id.empty()) change.erase<DirectoryName>(to_lower(item.resource_id));
  change.erase<ServicePrincipal>(key);
}

void erase_user(Change& change, const User& item) {
  const std::string key = item.object_id;
  erase_memberships(change, key);
  change.erase<DirectoryName>(key);
  change.erase<User>(key);
}

void erase_group(Change& change, const Group& item) {
  const std::string key = item.object_id;
  erase_memberships(change, key);
  change.erase<DirectoryName>(key);
  change.erase<Group>(key);
}

void add_member(Change& change, const std::string& group, const std::string& member) {
  change.put("of/" + member + "/" + group, Membership{member, group});
  change.put("has/" + group + "/" + member, Membership{member, group});
}

void remove_member(Change& change, const std::string& group, const std::string& member) {
  change.erase<Membership>("of/" + member + "/" + group);
  change.erase<Membership>("has/" + group + "/" + member);
}

bool is_member(const State& state, const std::string& group, const std::string& member) {
  return state.get<Membership>("has/" + group + "/" + member) != nullptr;
}

std::vector<std::string> members_of(const State& state, const std::string& group) {
  return ends_below(state, "has/" + group + "/");
}

std::vector<std::string> groups_of(const State& state, const std::string& member) {
  return ends_below(state, "of/" + member + "/");
}

PasswordCredential make_password(const NewPassword& facts, const Secret& secret, Random& random) {
  const std::string salt = random.bytes(16);
  PasswordCredential out;
  out.key_id = random.uuid();
  out.display_name = facts.display_name;
  out.hint = secret.reveal().substr(0, 3);
  out.salt = to_hex(salt);
  out.digest = digest_of(salt, secret);
  out.start = facts.start;
  out.end = facts.end;
  return out;
}

PasswordMatch match_password(const AppRegistration& app, const Secret& secret, Instant now) {
  PasswordMatch best = PasswordMatch::kNone;
  for (const PasswordCredential& one : app.passwords) {
    const auto salt = from_hex(one.salt);
    if (!salt || !equal_constant_time(digest_of(*salt, secret), one.digest)) continue;
    if (one.start <= now && now < one.end) return PasswordMatch::kGood;
    best = PasswordMatch::kExpired;
  }
  return best;
}

Result<KeyCredential> make_key(std::string_view certificate, const std::string& display_name,
                               Random& random) {
  ARMATURE_TRY(const identity::Certificate facts, identity::read_certificate(certificate));
  KeyCredential out;
  out.key_id = random.uuid();
  out.display_name = display_name.empty() ? facts.subject : display_name;
  out.der = to_base64(facts.der);
  out.thumbprint = to_upper(to_hex(facts.sha1));
  out.sha256 = to_hex(facts.sha256);
  out.start = facts.begins;
  out.end = facts.ends;
  return out;
}

}  // namespace armature::sandbox
