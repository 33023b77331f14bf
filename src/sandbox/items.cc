#include "sandbox/items.h"

namespace armature::sandbox {
namespace {

// Two small visitors, so that each struct names its fields once for both directions.
struct Writer {
  JsonObject out;
  void operator()(const char* key, const std::string& value) { out[key] = value; }
  void operator()(const char* key, const Json& value) { out[key] = value; }
  void operator()(const char* key, const JsonArray& value) { out[key] = value; }
  void operator()(const char* key, const std::vector<arm::Permission>& value) {
    out[key] = arm::permissions_to_json(value);
  }
  void operator()(const char* key, const bool& value) { out[key] = value; }
  void operator()(const char* key, const Instant& value) { out[key] = to_micros(value); }
  void operator()(const char* key, const int& value) { out[key] = value; }
  void operator()(const char* key, const std::int64_t& value) { out[key] = value; }
  void operator()(const char* key, const std::size_t& value) { out[key] = value; }
};

struct Reader {
  const Json& in;
  void operator()(const char* key, std::string& value) { value = text_at(in, key); }
  void operator()(const char* key, Json& value) {
    if (const Json* found = find(in, key)) value = *found;
  }
  void operator()(const char* key, JsonArray& value) {
    const Json* found = find(in, key);
    if (found && found->is_array()) value = found->get_array();
  }
  void operator()(const char* key, std::vector<arm::Permission>& value) {
    const Json* found = find(in, key);
    auto permissions = arm::permissions_from_json(found ? *found : Json(nullptr));
    if (permissions) value = *std::move(permissions);
  }
  void operator()(const char* key, bool& value) { value = bool_at(in, key); }
  void operator()(const char* key, Instant& value) { value = from_micros(int_at(in, key)); }
  void operator()(const char* key, int& value) { value = static_cast<int>(int_at(in, key)); }
  void operator()(const char* key, std::int64_t& value) { value = int_at(in, key); }
  void operator()(const char* key, std::size_t& value) {
    value = static_cast<std::size_t>(int_at(in, key));
  }
};

template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, Record> {
  v("id", i.id), v("type", i.type), v("name", i.name), v("apiVersion", i.api_version);
  v("body", i.body), v("created", i.created), v("changed", i.changed), v("ready", i.ready);
  v("fresh", i.fresh), v("deleting", i.deleting);
  v("createdBy", i.created_by), v("changedBy", i.changed_by);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, Assignment> {
  v("id", i.id), v("name", i.name), v("scope", i.scope), v("principalId", i.principal_id);
  v("principalType", i.principal_type), v("roleId", i.role_id), v("description", i.description);
  v("created", i.created), v("createdBy", i.created_by);
  v("updated", i.updated), v("updatedBy", i.updated_by);
  v("countsFrom", i.counts_from);
  v("condition", i.condition), v("conditionVersion", i.condition_version);
  v("delegatedIdentity", i.delegated_identity);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, CustomRole> {
  v("created", i.created), v("createdBy", i.created_by);
  v("updated", i.updated), v("updatedBy", i.updated_by);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, DenyAssignment> {
  v("id", i.id), v("name", i.name), v("scope", i.scope), v("displayName", i.display_name);
  v("description", i.description), v("permissions", i.permissions);
  v("notForChildren", i.not_for_children), v("principals", i.principals);
  v("excluded", i.excluded), v("condition", i.condition);
  v("conditionVersion", i.condition_version), v("isSystemProtected", i.is_system_protected);
  v("created", i.created), v("createdBy", i.created_by);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, ManagementGroup> {
  v("name", i.name), v("displayName", i.display_name), v("parent", i.parent);
  v("version", i.version), v("changed", i.changed), v("changedBy", i.changed_by);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, Placement> {
  v("group", i.group);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, AsyncOperation> {
  v("target", i.target), v("started", i.started), v("ready", i.ready);
  v("status", i.status), v("body", i.body);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, Deployment> {
  v("id", i.id), v("name", i.name), v("scope", i.scope), v("location", i.location);
  v("tags", i.tags), v("runId", i.run_id), v("operationId", i.operation_id);
  v("parentRun", i.parent_run), v("mode", i.mode), v("state", i.state);
  v("correlationId", i.correlation_id), v("callerOid", i.caller.object_id);
  v("callerApp", i.caller.app_id), v("callerClaims", i.caller.claims);
  v("document", i.document), v("parameters", i.parameters);
  v("templateLink", i.template_link);
  v("sealed", i.sealed), v("hasSecrets", i.has_secrets), v("shownParameters", i.shown_parameters);
  v("providers", i.providers), v("dependencies", i.dependencies);
  v("templateHash", i.template_hash), v("started", i.started), v("changed", i.changed);
  v("outputs", i.outputs), v("outputResources", i.output_resources), v("error", i.error);
  v("debugDetail", i.debug_detail), v("onError", i.on_error);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, Stack> {
  v("id", i.id), v("name", i.name), v("scope", i.scope), v("location", i.location);
  v("deploymentScope", i.deployment_scope), v("description", i.description), v("tags", i.tags);
  v("action", i.action), v("deny", i.deny), v("document", i.document);
  v("parameters", i.parameters), v("deploymentId", i.deployment_id);
  v("operation", i.operation), v("state", i.state), v("resources", i.resources);
  v("detached", i.detached), v("deleted", i.deleted), v("failed", i.failed);
  v("denyAssignments", i.deny_assignments), v("outputs", i.outputs), v("error", i.error);
  v("correlationId", i.correlation_id), v("callerOid", i.caller.object_id);
  v("callerApp", i.caller.app_id), v("callerClaims", i.caller.claims);
  v("createdBy", i.created_by), v("created", i.created), v("modified", i.modified);
  v("started", i.started), v("changed", i.changed);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, ExtensionResource> {
  v("id", i.id), v("provider", i.provider), v("type", i.type), v("properties", i.properties);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, DeploymentStep> {
  v("deployment", i.deployment), v("runId", i.run_id), v("operationId", i.operation_id);
  v("index", i.index), v("resourceId", i.resource_id), v("type", i.type), v("name", i.name);
  v("verb", i.verb), v("state", i.state), v("status", i.status), v("message", i.message);
  v("request", i.request), v("response", i.response), v("requestId", i.request_id);
  v("started", i.started), v("changed", i.changed);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, Event> {
  v("category", i.category), v("ending", i.ending), v("status", i.status);
  v("httpStatus", i.http_status), v("action", i.action), v("scope", i.scope);
  v("target", i.target), v("method", i.method), v("operationId", i.operation_id);
  v("correlationId", i.correlation_id), v("clientRequestId", i.client_request_id);
  v("clientIp", i.client_ip), v("caller", i.caller), v("claims", i.claims);
  v("request", i.request), v("message", i.message), v("details", i.details);
  v("at", i.at), v("ready", i.ready);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, Vault> {
  v("id", i.id), v("deleted", i.deleted), v("resource", i.resource);
  v("deletion", i.deletion), v("purge", i.purge);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, SecretVersion> {
  v("name", i.name), v("version", i.version), v("sealed", i.sealed);
  v("contentType", i.content_type), v("tags", i.tags), v("enabled", i.enabled);
  v("notBefore", i.not_before), v("expires", i.expires);
  v("created", i.created), v("updated", i.updated);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, DeletedSecret> {
  v("deletion", i.deletion), v("purge", i.purge);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, Effect> {
  v("created", i.created), v("updated", i.updated), v("deleted", i.deleted);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, Setting> {
  v("value", i.value);
}

template <class T>
Json write(const T& item) {
  Writer writer;
  each(writer, item);
  return std::move(writer.out);
}
template <class T>
void read(const Json& json, T& item) {
  Reader reader{json};
  each(reader, item);
}

}  // namespace

Json to_item(const Record& item) { return write(item); }
Json to_item(const Assignment& item) { return write(item); }
Json to_item(const CustomRole& item) {
  Json out = arm::role_to_json(item.role, "");
  const Json times = write(item);
  for (const auto& member : times.get_object()) out.get_object()[member.key()] = member.value();
  return out;
}
Json to_item(const DenyAssignment& item) { return write(item); }
Json to_item(const ManagementGroup& item) { return write(item); }
Json to_item(const Placement& item) { return write(item); }
Json to_item(const AsyncOperation& item) { return write(item); }
Json to_item(const Deployment& item) { return write(item); }
Json to_item(const ExtensionResource& item) { return write(item); }
Json to_item(const DeploymentStep& item) { return write(item); }
Json to_item(const Stack& item) { return write(item); }
Json to_item(const Event& item) { return write(item); }
Json to_item(const Effect& item) { return write(item); }
Json to_item(const Setting& item) { return write(item); }
Json to_item(const Vault& item) { return write(item); }
Json to_item(const SecretVersion& item) { return write(item); }
Json to_item(const DeletedSecret& item) { return write(item); }

void from_item(const Json& json, Record& item) { read(json, item); }
void from_item(const Json& json, Assignment& item) { read(json, item); }
void from_item(const Json& json, CustomRole& item) {
  if (auto role = arm::role_from_json(json)) item.role = *std::move(role);
  read(json, item);
}
void from_item(const Json& json, DenyAssignment& item) { read(json, item); }
void from_item(const Json& json, ManagementGroup& item) { read(json, item); }
void from_item(const Json& json, Placement& item) { read(json, item); }
void from_item(const Json& json, AsyncOperation& item) { read(json, item); }
void from_item(const Json& json, Deployment& item) { read(json, item); }
void from_item(const Json& json, ExtensionResource& item) { read(json, item); }
void from_item(const Json& json, DeploymentStep& item) { read(json, item); }
void from_item(const Json& json, Stack& item) { read(json, item); }
void from_item(const Json& json, Event& item) { read(json, item); }
void from_item(const Json& json, Effect& item) { read(json, item); }
void from_item(const Json& json, Setting& item) { read(json, item); }
void from_item(const Json& json, Vault& item) { read(json, item); }
void from_item(const Json& json, SecretVersion& item) { read(json, item); }
void from_item(const Json& json, DeletedSecret& item) { read(json, item); }

}  // namespace armature::sandbox
