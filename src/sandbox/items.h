#pragma once
// The things the sandbox remembers, and their form in the database: one JSON document each.
//
//   Keys      ids in lower case, guids, or what is said beside the type
//   Secrets   none: client secrets are salted digests, write-only properties are taken out before a
//             Record is made, secure deployment parameters and the values of Key Vault's secrets
//             are sealed (seal.h)
//   Threads   values
#include <string>
#include <vector>

#include "arm/role.h"
#include "base/clock.h"
#include "base/json.h"
#include "sandbox/entra/directory_items.h"

namespace armature::sandbox {

// Stands for a principal where the sandbox itself has written something.
inline constexpr const char* kSystem = "sandbox";

// The key of a Setting, before the object id of a global administrator of the tenant.
inline const std::string kGlobalAdministrator = "globalAdministrator/";

// Who calls: the service principal's object id and its application's client id.
struct Caller {
  std::string object_id;
  std::string app_id;
  Json claims = nullptr;  // of its token, for the Activity Log; null: no token came
};

// A resource or resource group as it was put; what a provider computes is added on reading.
struct Record {
  static constexpr const char* kKind = "resource";
  std::string id;  // as shown
  std::string type;
  std::string name;  // the last segment
  std::string api_version;
  Json body;  // location, tags, sku, kind, identity, properties … without id, name, type
  Instant created;
  Instant changed;
  Instant ready;          // until then its last change is still running
  bool fresh = true;      // the running change is the first: Creating, not Updating
  bool deleting = false;  // a group on its way out; gone when `ready` has come
  std::string created_by;
  std::string changed_by;
};

struct Assignment {
  static constexpr const char* kKind = "assignment";
  std::string id;
  std::string name;
  std::string scope;
  std::string principal_id;  // lower case
  std::string principal_type;
  std::string role_id;  // the definition's guid, lower case
  std::string description;
  Instant created;
  std::string created_by;
  Instant updated;
  std::string updated_by;
  Instant counts_from;  // until then it is there, but gives no right
  std::string condition;
  std::string condition_version;
  std::string delegated_identity;  // delegatedManagedIdentityResourceId
};

struct CustomRole {  // key: guid
  static constexpr const char* kKind = "role";
  arm::Role role;
  Instant created;
  std::string created_by;
  Instant updated;
  std::string updated_by;
};

// Made by the system alone: a deployment stack's deny settings (rbac/deny.h).
struct DenyAssignment {
  static constexpr const char* kKind = "deny";
  std::string id;
  std::string name;  // a guid
  std::string scope;
  std::string display_name;
  std::string description;
  std::vector<arm::Permission> permissions;
  bool not_for_children = false;  // doNotApplyToChildScopes
  JsonArray principals;           // {id, type, displayName}
  JsonArray excluded;
  std::string condition;
  std::string condition_version;
  bool is_system_protected = true;
  Instant created;
  std::string created_by;
};

struct ManagementGroup {  // key: its name in lower case; the tenant's root group is not kept
  static constexpr const char* kKind = "managementGroup";
  std::string name;
  std::string display_name;
  std::string parent;  // a name; empty: the root group
  std::int64_t version = 1;
  Instant changed;
  std::string changed_by;
};

struct Placement {  // key: a subscription's id; none: it is in the root group
  static constexpr const char* kKind = "placement";
  std::string group;  // a management group's name
};

// A long-running operation that a client may poll. Its state follows from the clock.
struct AsyncOperation {  // key: guid
  static constexpr const char* kKind = "async";
  std::string target;
  Instant started;
  Instant ready;
  int status = 0;  // of the answer at its Location once it is done; 0: 200 without a body
  Json body = nullptr;
};

struct Deployment {
  static constexpr const char* kKind = "deployment";
  std::string id;
  std::string name;
  std::string scope;
  std::string location;
  Json tags;
  std::string run_id;        // of this run of the name
  std::string operation_id;  // 20 digits, as ARM prints them
  std::string parent_run;    // run_id of the deployment that this one is nested in
  std::string mode = "Incremental";
  std::string state = "Accepted";
  std::string correlation_id;
  Caller caller;
  Json document;       // null for a nested one, which its parent makes again
  Json template_link;  // as shown; null: the template came in the request
  Json parameters;     // as sent, secure values left out
  std::string sealed;
  bool has_secrets = false;
  Json shown_parameters;
  Json providers;
  Json dependencies;
  std::string template_hash;
  Instant started;
  Instant changed;
  Json outputs;
  JsonArray output_resources;  // of nested deployments too, by id
  Json error;
  std::string debug_detail;  // debugSetting.detailLevel
  Json on_error;             // onErrorDeployment as sent, and what became of it

  bool terminal() const { return state == "Succeeded" || state == "Failed" || state == "Canceled"; }
};

struct ExtensionResource {  // key: its id in lower case, below its deployment's
  static constexpr const char* kKind = "extension";
  std::string id;
  std::string provider;  // "Kubernetes", "MicrosoftGraph"
  std::string type;
  Json properties;
};

// The step after the last resource's is the evaluation of the outputs.
struct DeploymentStep {  // key: the deployment's id in lower case, "#", five digits
  static constexpr const char* kKind = "step";
  std::string deployment;
  std::string run_id;
  std::string operation_id;
  std::size_t index = 0;
  std::string resource_id;
  std::string type;
  std::string name;
  std::string verb = "Create";  // or "EvaluateDeploymentOutput"
  std::string state;
  int status = 0;
  Json message;
  Json request;  // both for debugSetting alone
  Json response;
  std::string request_id;  // of the call to the provider
  Instant started;
  Instant changed;
};

struct Stack {  // key: its id in lower case
  static constexpr const char* kKind = "stack";
  std::string id;
  std::string name;
  std::string scope;
  std::string deployment_scope;  // as given; empty: the stack's own
  std::string location;
  std::string description;
  Json tags;
  Json action;  // actionOnUnmanage
  Json deny;    // denySettings
  Json document;
  Json parameters;
  std::string deployment_id;
  std::string operation;  // of the change under way
  std::string state;
  JsonArray resources;  // {id, status, denyStatus}
  JsonArray detached;
  JsonArray deleted;
  JsonArray failed;
  JsonArray deny_assignments;  // ids
  Json outputs;
  Json error;
  std::string correlation_id;
  Caller caller;
  std::string created_by;
  Instant created;
  Instant modified;
  Instant started;
  Instant changed;

  bool terminal() const { return state == "succeeded" || state == "failed"; }
};

// A call as the Activity Log remembers it: one item, from which the log shows Azure's events.
struct Event {  // key: sixteen digits, rising
  static constexpr const char* kKind = "event";
  std::string category;  // "" stands for Administrative
  bool ending = false;   // the end of what an earlier call began: no "Started" is shown
  std::string status;    // of the end: "Succeeded", "Accepted", "Failed" …
  int http_status = 0;   // 0: none
  std::string action;
  std::string scope;
  std::string target;
  std::string method;
  std::string operation_id;
  std::string correlation_id;
  std::string client_request_id;
  std::string client_ip;
  std::string caller;
  std::string claims;   // a JSON object
  std::string request;  // the body as JSON without secrets; "" when none is told
  std::string message;  // of a failure: the error as JSON
  std::string details;  // a JSON object with what a category adds to the properties
  Instant at;
  Instant ready;  // when what was accepted is done; not after `at`: nothing more comes
};

// The name of a Key Vault: taken while the vault lives, and until a deleted one is gone.
struct Vault {  // key: the name, lower case
  static constexpr const char* kKind = "vault";
  std::string id;
  bool deleted = false;
  Json resource;  // when deleted: the Record as it was
  Instant deletion;
  Instant purge;
};

struct SecretVersion {  // key: vault "/" secret "/" eight digits, rising
  static constexpr const char* kKind = "secretVersion";
  std::string name;
  std::string version;  // 32 hex digits
  std::string sealed;   // the value (seal.h)
  std::string content_type;
  Json tags;
  bool enabled = true;
  std::int64_t not_before = 0;  // seconds since 1970; 0: not set
  std::int64_t expires = 0;
  Instant created;
  Instant updated;
};

struct DeletedSecret {  // key: vault "/" secret. Its versions stay until it is purged
  static constexpr const char* kKind = "deletedSecret";
  Instant deletion;
  Instant purge;
};

struct Effect {
  static constexpr const char* kKind = "effect";
  std::int64_t created = 0;
  std::int64_t updated = 0;
  std::int64_t deleted = 0;
};

struct Setting {
  static constexpr const char* kKind = "setting";
  std::string value;
};

Json to_item(const Record& item);
Json to_item(const Assignment& item);
Json to_item(const CustomRole& item);
Json to_item(const DenyAssignment& item);
Json to_item(const ManagementGroup& item);
Json to_item(const Placement& item);
Json to_item(const AsyncOperation& item);
Json to_item(const Deployment& item);
Json to_item(const ExtensionResource& item);
Json to_item(const DeploymentStep& item);
Json to_item(const Stack& item);
Json to_item(const Event& item);
Json to_item(const Effect& item);
Json to_item(const Setting& item);
Json to_item(const Vault& item);
Json to_item(const SecretVersion& item);
Json to_item(const DeletedSecret& item);

void from_item(const Json& json, Record& item);
void from_item(const Json& json, Assignment& item);
void from_item(const Json& json, CustomRole& item);
void from_item(const Json& json, DenyAssignment& item);
void from_item(const Json& json, ManagementGroup& item);
void from_item(const Json& json, Placement& item);
void from_item(const Json& json, AsyncOperation& item);
void from_item(const Json& json, Deployment& item);
void from_item(const Json& json, ExtensionResource& item);
void from_item(const Json& json, DeploymentStep& item);
void from_item(const Json& json, Stack& item);
void from_item(const Json& json, Event& item);
void from_item(const Json& json, Effect& item);
void from_item(const Json& json, Setting& item);
void from_item(const Json& json, Vault& item);
void from_item(const Json& json, SecretVersion& item);
void from_item(const Json& json, DeletedSecret& item);

}  // namespace armature::sandbox
