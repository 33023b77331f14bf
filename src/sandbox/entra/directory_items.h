#pragma once
// What the directory of the sandbox's tenant holds: applications, service principals (of
// applications, of managed identities, of Microsoft's own services), users and groups.
//
//   Keys      said beside each type
//   Secrets   none: a password credential is a salted digest and a three-letter hint
//   Body      what Microsoft Graph was given beyond the fields named here, kept as it came
//   Source    learn.microsoft.com, Microsoft Graph v1.0 resource types
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace armature::sandbox {

struct PasswordCredential {
  std::string key_id;
  std::string display_name;
  std::string hint;
  std::string salt;    // hex
  std::string digest;  // hex, HMAC-SHA256 of the secret under the salt
  Instant start;
  Instant end;
};

// A certificate of which the application holds the private key.
struct KeyCredential {
  std::string key_id;
  std::string display_name;
  std::string der;         // base64
  std::string thumbprint;  // SHA-1, upper-case hex, as Entra shows it
  std::string sha256;      // lower-case hex
  Instant start;
  Instant end;
};

struct FederatedCredential {
  std::string id;
  std::string name;
  std::string issuer;
  std::string subject;
  std::string audience;
  std::string description;
};

struct AppRegistration {  // key: client id
  static constexpr const char* kKind = "app";
  std::string client_id;
  std::string object_id;  // of the application; its service principal has its own
  std::string display_name;
  std::vector<std::string> identifier_uris;
  int token_version = 1;  // api.requestedAccessTokenVersion
  std::vector<PasswordCredential> passwords;
  std::vector<KeyCredential> keys;
  std::vector<FederatedCredential> federated;
  Instant created;
  JsonObject body;
};

struct AppRole {  // assigned to a service principal
  std::string id;
  std::string resource_id;  // the object id of the resource's service principal
  std::string app_role_id;
  Instant created;
};

struct ServicePrincipal {  // key: client id
  static constexpr const char* kKind = "principal";
  std::string client_id;
  std::string object_id;
  std::string display_name;
  std::string type = "Application";  // or "ManagedIdentity"
  std::string resource_id;           // of a managed identity: as shown; "" for the others
  bool user_assigned = false;
  bool enabled = true;
  std::vector<AppRole> app_roles;
  Instant created;
  JsonObject body;

  bool managed() const { return type == "ManagedIdentity"; }
};

struct User {  // key: object id
  static constexpr const char* kKind = "user";
  std::string object_id;
  std::string user_principal_name;
  std::string display_name;
  bool enabled = true;
  Instant created;
  JsonObject body;
};

struct Group {  // key: object id
  static constexpr const char* kKind = "group";
  std::string object_id;
  std::string display_name;
  bool security_enabled = true;
  Instant created;
  JsonObject body;
};

// The index of all that has an object id, and of managed identities by their resource.
struct DirectoryName {  // key: object id, or resource id in lower case
  static constexpr const char* kKind = "directory_name";
  std::string type;  // "application", "servicePrincipal", "user", "group"
  std::string key;   // in the table of that type
};

struct Membership {  // keys: "of/MEMBER/GROUP" and, for the way back, "has/GROUP/MEMBER"
  static constexpr const char* kKind = "membership";
  std::string member;
  std::string group;
};

Json to_item(const AppRegistration& item);
Json to_item(const ServicePrincipal& item);
Json to_item(const User& item);
Json to_item(const Group& item);
Json to_item(const DirectoryName& item);
Json to_item(const Membership& item);
void from_item(const Json& json, AppRegistration& item);
void from_item(const Json& json, ServicePrincipal& item);
void from_item(const Json& json, User& item);
void from_item(const Json& json, Group& item);
void from_item(const Json& json, DirectoryName& item);
void from_item(const Json& json, Membership& item);

}  // namespace armature::sandbox
