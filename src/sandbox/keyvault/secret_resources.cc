// Secrets as ARM knows them: written by templates, read without their values.
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/keyvault/secrets.h"
#include "sandbox/keyvault/vault_routes.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

std::string vault_id_of(const ArmCall& call) {
  return call.at.scope + "/providers/Microsoft.KeyVault/vaults/" + call.at.tail[1];
}

const Record* vault_of(const State& state, const ArmCall& call) {
  const Record* vault = state.get<Record>(to_lower(vault_id_of(call)));
  return vault && find_vault(state, vault->name) == vault ? vault : nullptr;
}

Json resource_json(const Cloud& cloud, const State& state, const Record& vault,
                   const std::string& key) {
  const SecretVersion& version = *find_version(state, key, "");
  const std::string uri = vault_uri(cloud, vault.name) + "/secrets/" + version.name;
  JsonObject properties{
      {"attributes", attributes_json(version, vault_settings(vault))},
      {"secretUri",            uri                        },
      {"secretUriWithVersion",            uri + "/" + version.version}
  };
  if (!version.content_type.empty()) properties["contentType"] = version.content_type;
  JsonObject out{
      {"id",       vault.id + "/secrets/" + version.name},
      {"name",     version.name                         },
      {"type",     "Microsoft.KeyVault/vaults/secrets"  },
      {"location", text_at(vault.body,                    "location")},
      {"properties",          std::move(properties)                                   }
  };
  if (version.tags.is_object()) out["tags"] = version.tags;
  return out;
}

ArmAnswer list_secret_resources(const Cloud& cloud, const State& state, const Record& vault) {
  JsonArray out;
  for (std::string key = next_secret(state, vault.name, ""); !key.empty();
       key = next_secret(state, vault.name, key)) {
    if (secret_state(state, key, cloud.clock().now()) == SecretState::kLive) {
      out.push_back(resource_json(cloud, state, vault, key));
    }
  }
  return list_answer(std::move(out));
}

ArmAnswer bad_request(const std::string& message) { return refuse(400, "BadRequest", message); }

// A change with a value makes a version; one without changes the current version.
ArmAnswer apply(Cloud& cloud, Change& change, const Record& vault, const ArmCall& call,
                const SecretInput& input) {
  const std::string& name = call.at.tail[3];
  const std::string key = secret_key(vault.name, name);
  const SecretState before = secret_state(change.state(), key, cloud.clock().now());
  if (before == SecretState::kDeleted) {
    return refuse(409, "Conflict",
                  "Secret " + name +
                      " is currently in a deleted but recoverable state, and its name cannot be "
                      "reused; in this state, the secret can only be recovered or purged.");
  }
  if (input.value) {
    const auto version = add_version(cloud, change, key, name, input);
    if (!version) return refuse(500, "InternalServerError", version.error().message);
  } else {
    if (before == SecretState::kAbsent) return resource_not_found(call.op.target);
    update_version(change, key, "", input, cloud.clock().now());
  }
  if (before == SecretState::kAbsent) {
    change.created(call.op.target);
  } else {
    change.updated(call.op.target);
  }
  return answer(before == SecretState::kAbsent ? 201 : 200,
                resource_json(cloud, change.state(), vault, key));
}

}  // namespace

ArmAnswer read_secret_resource(const Cloud& cloud, const State& state, const ArmCall& call) {
  const bool head = call.op.method == "HEAD";
  const Record* vault = vault_of(state, call);
  if (!vault) return head ? answer(404) : resource_not_found(vault_id_of(call));
  if (call.at.tail.size() == 3) return list_secret_resources(cloud, state, *vault);
  const std::string key = secret_key(vault->name, call.at.tail[3]);
  if (secret_state(state, key, cloud.clock().now()) != SecretState::kLive) {
    return head ? answer(404) : resource_not_found(call.op.target);
  }
  return head ? answer(204) : answer(200, resource_json(cloud, state, *vault, key));
}

ArmAnswer put_secret_resource(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string& method = call.op.method;
  if (method != "PUT" && method != "PATCH") {
    return refuse(405, "MethodNotAllowed",
                  "The http method '" + method +
                      "' is not supported for secrets: the data plane of the vault deletes them.");
  }
  const Record* vault = vault_of(change.state(), call);
  if (!vault) {
    return refuse(404, "ParentResourceNotFound",
                  "Can not perform requested operation on nested resource. Parent resource '" +
                      call.at.tail[1] + "' not found.");
  }
  if (!is_secret_name(call.at.tail[3])) {
    return bad_request("The secret name '" + call.at.tail[3] +
                       "' is invalid: it has 1 to 127 letters, digits and hyphens.");
  }
  const Json* properties = call.body ? find(*call.body, "properties") : nullptr;
  if (!properties || !properties->is_object()) {
    return bad_request("An invalid value was provided for 'properties'.");
  }
  const auto input = read_secret_input(*properties, find(*call.body, "tags"));
  if (!input) return bad_request(input.error().message);
  if (method == "PUT" && !input->value) {
    return bad_request("An invalid value was provided for 'value'.");
  }
  return apply(cloud, change, *vault, call, *input);
}

bool is_secret_resource(const State& state, std::string_view id, Instant now) {
  const auto parsed = arm::ResourceId::parse(id);
  if (!parsed || !equal_ci(parsed->type, "Microsoft.KeyVault/vaults/secrets")) return false;
  const auto names = split(parsed->name, '/');
  const Record* vault = names.size() == 2 ? find_vault(state, names[0]) : nullptr;
  return vault && equal_ci(vault->id, parsed->parent) &&
         secret_state(state, secret_key(names[0], names[1]), now) == SecretState::kLive;
}

}  // namespace armature::sandbox
