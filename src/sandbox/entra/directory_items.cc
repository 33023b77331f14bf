#include "sandbox/entra/directory_items.h"

#include <type_traits>

namespace armature::sandbox {
namespace {

// What a directory item holds lists of.
template <class T>
concept Struct = requires(T& item) {
  item.key_id;
}
|| requires(T& item) { item.audience; }
|| requires(T& item) { item.app_role_id; };

// Two visitors, so that each struct names its fields once for both directions.
struct Writer {
  JsonObject out;
  void operator()(const char* key, const std::string& value) { out[key] = value; }
  void operator()(const char* key, const bool& value) { out[key] = value; }
  void operator()(const char* key, const int& value) { out[key] = value; }
  void operator()(const char* key, const Instant& value) { out[key] = to_micros(value); }
  void operator()(const char* key, const JsonObject& value) { out[key] = value; }
  void operator()(const char* key, const std::vector<std::string>& value) {
    out[key] = JsonArray(value.begin(), value.end());
  }
  template <Struct T>
  void operator()(const char* key, const std::vector<T>& value);
};

struct Reader {
  const Json& in;
  void operator()(const char* key, std::string& value) { value = text_at(in, key); }
  void operator()(const char* key, bool& value) { value = bool_at(in, key, value); }
  void operator()(const char* key, int& value) { value = static_cast<int>(int_at(in, key, value)); }
  void operator()(const char* key, Instant& value) { value = from_micros(int_at(in, key)); }
  void operator()(const char* key, JsonObject& value) {
    const Json* found = find(in, key);
    if (found && found->is_object()) value = found->get_object();
  }
  void operator()(const char* key, std::vector<std::string>& value) {
    for (const Json& one : list(key)) value.emplace_back(as_text(one));
  }
  template <Struct T>
  void operator()(const char* key, std::vector<T>& value);

  JsonArray list(const char* key) const {
    const Json* found = find(in, key);
    return found && found->is_array() ? found->get_array() : JsonArray{};
  }
};

template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, PasswordCredential> {
  v("keyId", i.key_id), v("displayName", i.display_name), v("hint", i.hint), v("salt", i.salt);
  v("digest", i.digest), v("start", i.start), v("end", i.end);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, KeyCredential> {
  v("keyId", i.key_id), v("displayName", i.display_name), v("der", i.der);
  v("thumbprint", i.thumbprint), v("sha256", i.sha256), v("start", i.start), v("end", i.end);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, FederatedCredential> {
  v("id", i.id), v("name", i.name), v("issuer", i.issuer), v("subject", i.subject);
  v("audience", i.audience), v("description", i.description);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, AppRole> {
  v("id", i.id), v("resourceId", i.resource_id), v("appRoleId", i.app_role_id);
  v("created", i.created);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, AppRegistration> {
  v("clientId", i.client_id), v("objectId", i.object_id), v("displayName", i.display_name);
  v("identifierUris", i.identifier_uris), v("tokenVersion", i.token_version);
  v("passwords", i.passwords), v("keys", i.keys), v("federated", i.federated);
  v("created", i.created), v("body", i.body);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, ServicePrincipal> {
  v("clientId", i.client_id), v("objectId", i.object_id), v("displayName", i.display_name);
  v("type", i.type), v("resourceId", i.resource_id), v("userAssigned", i.user_assigned);
  v("enabled", i.enabled), v("appRoles", i.app_roles), v("created", i.created), v("body", i.body);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, User> {
  v("objectId", i.object_id), v("userPrincipalName", i.user_principal_name);
  v("displayName", i.display_name), v("enabled", i.enabled), v("created", i.created);
  v("body", i.body);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, Group> {
  v("objectId", i.object_id), v("displayName", i.display_name);
  v("securityEnabled", i.security_enabled), v("created", i.created), v("body", i.body);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, DirectoryName> {
  v("type", i.type), v("key", i.key);
}
template <class V, class T>
void each(V& v, T& i) requires std::is_same_v<std::remove_const_t<T>, Membership> {
  v("member", i.member), v("group", i.group);
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

template <Struct T>
void Writer::operator()(const char* key, const std::vector<T>& value) {
  JsonArray list;
  for (const T& one : value) list.push_back(write(one));
  out[key] = std::move(list);
}

template <Struct T>
void Reader::operator()(const char* key, std::vector<T>& value) {
  for (const Json& one : list(key)) read(one, value.emplace_back());
}

}  // namespace

Json to_item(const AppRegistration& item) { return write(item); }
Json to_item(const ServicePrincipal& item) { return write(item); }
Json to_item(const User& item) { return write(item); }
Json to_item(const Group& item) { return write(item); }
Json to_item(const DirectoryName& item) { return write(item); }
Json to_item(const Membership& item) { return write(item); }
void from_item(const Json& json, AppRegistration& item) { read(json, item); }
void from_item(const Json& json, ServicePrincipal& item) { read(json, item); }
void from_item(const Json& json, User& item) { read(json, item); }
void from_item(const Json& json, Group& item) { read(json, item); }
void from_item(const Json& json, DirectoryName& item) { read(json, item); }
void from_item(const Json& json, Membership& item) { read(json, item); }

}  // namespace armature::sandbox
