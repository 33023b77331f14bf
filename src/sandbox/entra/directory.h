#pragma once
// Directory: the principals of the tenant, found by object id, client id or resource, and the
// groups that they are in.
//
//   Reads     pure, on a State under the store's lock; pointers live as long as that lock
//   Changes   through Change: what put_… writes is found by all look-ups at once
//   Cost      look-ups are by key; principals_of() walks the memberships of one principal alone
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/secret.h"
#include "sandbox/store.h"

namespace armature::sandbox {

// The principal itself and every security group that it is in, groups of groups included: whose
// role assignments count for it.
std::vector<std::string> principals_of(const State& state, std::string_view object_id);

const AppRegistration* find_application(const State& state, std::string_view client_id);
// By client id.
const ServicePrincipal* find_client(const State& state, std::string_view client_id);
// By object id.
const ServicePrincipal* find_service_principal(const State& state, std::string_view object_id);
// The identity of a resource: system-assigned, or the user-assigned identity that it is.
const ServicePrincipal* find_identity(const State& state, std::string_view resource_id);
// "User", "Group" or "ServicePrincipal" as role assignments say it; "" when there is no such
// principal.
std::string principal_type(const State& state, std::string_view object_id);

void put_application(Change& change, const AppRegistration& item);
void put_service_principal(Change& change, const ServicePrincipal& item);
void put_user(Change& change, const User& item);
void put_group(Change& change, const Group& item);
void erase_application(Change& change, const AppRegistration& item);
void erase_service_principal(Change& change, const ServicePrincipal& item);
void erase_user(Change& change, const User& item);
void erase_group(Change& change, const Group& item);

void add_member(Change& change, const std::string& group, const std::string& member);
void remove_member(Change& change, const std::string& group, const std::string& member);
bool is_member(const State& state, const std::string& group, const std::string& member);
std::vector<std::string> members_of(const State& state, const std::string& group);
std::vector<std::string> groups_of(const State& state, const std::string& member);  // direct

// Secrets of applications.
struct NewPassword {
  std::string display_name;
  Instant start;
  Instant end;
};
PasswordCredential make_password(const NewPassword& facts, const Secret& secret, Random& random);
enum class PasswordMatch { kNone, kExpired, kGood };
PasswordMatch match_password(const AppRegistration& app, const Secret& secret, Instant now);
// Of a certificate, PEM or DER; kInvalid when it is none.
Result<KeyCredential> make_key(std::string_view certificate, const std::string& display_name,
                               Random& random);

}  // namespace armature::sandbox
