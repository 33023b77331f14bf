// listKeys and its like: made-up keys that follow from the sandbox and the resource, so that they
// stay the same over calls and restarts. They open nothing.
#include <span>

#include "base/bytes.h"
#include "base/crypto.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

// <k1> <k2>: keys of 32 bytes in base64; <K1> <K2>: of 64; <h1> <h2>: in hex; <name> <lname> <top>
struct Shape {
  const char* type;    // "*": any; a last "*" stands for any end
  const char* action;  // without regard to case
  const char* json;
};

// clang-format off
constexpr Shape kShapes[] = {
  {"Microsoft.Storage/storageAccounts", "listKeys", R"({"keys":[{"keyName":"key1","value":"<K1>","permissions":"FULL"},{"keyName":"key2","value":"<K2>","permissions":"FULL"}],"key1":"<K1>","key2":"<K2>"})"},
  {"Microsoft.Storage/storageAccounts", "listAccountSas", R"({"accountSasToken":"sv=2021-06-08&ss=b&srt=sco&sp=r&sig=<h1>"})"},
  {"Microsoft.Storage/storageAccounts", "listServiceSas", R"({"serviceSasToken":"sv=2021-06-08&sr=c&sp=r&sig=<h1>"})"},
  {"Microsoft.DocumentDB/databaseAccounts", "listKeys", R"({"primaryMasterKey":"<K1>","secondaryMasterKey":"<K2>","primaryReadonlyMasterKey":"<k1>","secondaryReadonlyMasterKey":"<k2>"})"},
  {"Microsoft.DocumentDB/databaseAccounts", "listConnectionStrings", R"({"connectionStrings":[{"connectionString":"AccountEndpoint=https://<lname>.documents.azure.com:443/;AccountKey=<K1>;","description":"Primary SQL Connection String"}]})"},
  {"Microsoft.OperationalInsights/workspaces", "listKeys", R"({"primarySharedKey":"<K1>","secondarySharedKey":"<K2>"})"},
  {"Microsoft.OperationalInsights/workspaces", "sharedKeys", R"({"primarySharedKey":"<K1>","secondarySharedKey":"<K2>"})"},
  {"Microsoft.ContainerRegistry/registries", "listCredentials", R"({"username":"<name>","passwords":[{"name":"password","value":"<h1>"},{"name":"password2","value":"<h2>"}]})"},
  {"Microsoft.ContainerService/managedClusters", "listClusterAdminCredential", R"({"kubeconfigs":[{"name":"clusterAdmin","value":"<kubeconfig>"}]})"},
  {"Microsoft.ContainerService/managedClusters", "listClusterUserCredential", R"({"kubeconfigs":[{"name":"clusterUser","value":"<kubeconfig>"}]})"},
  {"Microsoft.Cache/redisEnterprise/databases", "listKeys", R"({"primaryKey":"<k1>","secondaryKey":"<k2>"})"},
  {"Microsoft.Cache/redis", "listKeys", R"({"primaryKey":"<k1>","secondaryKey":"<k2>"})"},
  {"Microsoft.ServiceBus/*", "listKeys", R"({"primaryConnectionString":"Endpoint=sb://<top>.servicebus.windows.net/;SharedAccessKeyName=<name>;SharedAccessKey=<k1>","secondaryConnectionString":"Endpoint=sb://<top>.servicebus.windows.net/;SharedAccessKeyName=<name>;SharedAccessKey=<k2>","primaryKey":"<k1>","secondaryKey":"<k2>","keyName":"<name>"})"},
  {"Microsoft.EventHub/*", "listKeys", R"({"primaryConnectionString":"Endpoint=sb://<top>.servicebus.windows.net/;SharedAccessKeyName=<name>;SharedAccessKey=<k1>","secondaryConnectionString":"Endpoint=sb://<top>.servicebus.windows.net/;SharedAccessKeyName=<name>;SharedAccessKey=<k2>","primaryKey":"<k1>","secondaryKey":"<k2>","keyName":"<name>"})"},
  {"Microsoft.Relay/*", "listKeys", R"({"primaryConnectionString":"Endpoint=sb://<top>.servicebus.windows.net/;SharedAccessKeyName=<name>;SharedAccessKey=<k1>","secondaryConnectionString":"Endpoint=sb://<top>.servicebus.windows.net/;SharedAccessKeyName=<name>;SharedAccessKey=<k2>","primaryKey":"<k1>","secondaryKey":"<k2>","keyName":"<name>"})"},
  {"Microsoft.NotificationHubs/*", "listKeys", R"({"primaryConnectionString":"Endpoint=sb://<top>.servicebus.windows.net/;SharedAccessKeyName=<name>;SharedAccessKey=<k1>","secondaryConnectionString":"Endpoint=sb://<top>.servicebus.windows.net/;SharedAccessKeyName=<name>;SharedAccessKey=<k2>","primaryKey":"<k1>","secondaryKey":"<k2>","keyName":"<name>"})"},
  {"Microsoft.EventGrid/*", "listKeys", R"({"key1":"<k1>","key2":"<k2>"})"},
  {"Microsoft.CognitiveServices/accounts", "listKeys", R"({"key1":"<h1>","key2":"<h2>"})"},
  {"Microsoft.Search/searchServices", "listAdminKeys", R"({"primaryKey":"<h1>","secondaryKey":"<h2>"})"},
  {"Microsoft.Search/searchServices", "listQueryKeys", R"({"value":[{"name":null,"key":"<h1>"}]})"},
  {"Microsoft.Batch/batchAccounts", "listKeys", R"({"accountName":"<name>","primary":"<K1>","secondary":"<K2>"})"},
  {"Microsoft.Devices/IotHubs", "listKeys", R"({"value":[{"keyName":"iothubowner","primaryKey":"<k1>","secondaryKey":"<k2>","rights":"RegistryRead, RegistryWrite, ServiceConnect, DeviceConnect"}]})"},
  {"Microsoft.Devices/IotHubs/IotHubKeys", "listKeys", R"({"keyName":"<name>","primaryKey":"<k1>","secondaryKey":"<k2>","rights":"ServiceConnect"})"},
  {"Microsoft.SignalRService/*", "listKeys", R"({"primaryKey":"<k1>","secondaryKey":"<k2>","primaryConnectionString":"Endpoint=https://<lname>.service.signalr.net;AccessKey=<k1>;Version=1.0;","secondaryConnectionString":"Endpoint=https://<lname>.service.signalr.net;AccessKey=<k2>;Version=1.0;"})"},
  {"Microsoft.AppConfiguration/configurationStores", "listKeys", R"({"value":[{"id":"<h1>","name":"Primary","value":"<k1>","connectionString":"Endpoint=https://<lname>.azconfig.io;Id=<h1>;Secret=<k1>","readOnly":false}]})"},
  {"Microsoft.Maps/accounts", "listKeys", R"({"primaryKey":"<k1>","secondaryKey":"<k2>"})"},
  {"Microsoft.Media/mediaservices", "listKeys", R"({"primaryKey":"<k1>","secondaryKey":"<k2>"})"},
  {"Microsoft.MachineLearningServices/workspaces", "listKeys", R"({"userStorageKey":"<k1>","appInsightsInstrumentationKey":"<h1>"})"},
  {"Microsoft.Automation/automationAccounts", "listKeys", R"({"keys":[{"KeyName":"Primary","Permissions":"Full","Value":"<K1>"},{"KeyName":"Secondary","Permissions":"Full","Value":"<K2>"}]})"},
  {"Microsoft.DataFactory/*", "listAuthKeys", R"({"key1":"<k1>","key2":"<k2>","authKey1":"<k1>","authKey2":"<k2>"})"},
  {"Microsoft.Synapse/*", "listAuthKeys", R"({"authKey1":"<k1>","authKey2":"<k2>"})"},
  {"Microsoft.Logic/*", "listCallbackUrl", R"({"value":"https://prod-01.logic.azure.com:443/workflows/<h1>/triggers/manual/paths/invoke?sig=<h2>","method":"POST"})"},
  {"Microsoft.Web/sites/functions", "listSecrets", R"({"key":"<h1>","trigger_url":"https://<top>.azurewebsites.net/api/<name>?code=<h1>"})"},
  {"Microsoft.Web/sites/functions", "listKeys", R"({"default":"<h1>"})"},
  {"Microsoft.Web/sites/host", "listKeys", R"({"masterKey":"<h1>","functionKeys":{"default":"<h2>"},"systemKeys":{}})"},
  {"Microsoft.Web/sites/config", "list", R"({"properties":{"publishingUserName":"$<top>","publishingPassword":"<h1>","scmUri":"https://$<top>:<h1>@<top>.scm.azurewebsites.net"}})"},
  {"Microsoft.Web/staticSites", "listSecrets", R"({"properties":{"apiKey":"<h1>"}})"},
};
// clang-format on

std::string key_bytes(const Cloud& cloud, const Record& record, std::string_view which) {
  return hmac_sha256(cloud.subscription(), to_lower(record.id) + "#key#" + std::string(which));
}

std::string place(const Cloud& cloud, const Record& record, std::string_view key) {
  const std::string which(1, key.back());
  if (key == "k1" || key == "k2") return to_base64(key_bytes(cloud, record, which));
  if (key == "K1" || key == "K2") {
    return to_base64(key_bytes(cloud, record, which) + key_bytes(cloud, record, which + "+"));
  }
  if (key == "h1" || key == "h2") return to_hex(key_bytes(cloud, record, which)).substr(0, 32);
  if (key == "name") return record.name;
  if (key == "lname") return to_lower(record.name);
  if (key == "kubeconfig") {
    return to_base64("apiVersion: v1\nkind: Config\nclusters:\n- name: " + record.name + "\n");
  }
  if (key == "top") {  // the first name after the provider: a namespace, a site
    const auto parts = split(record.id, '/');
    for (std::size_t i = parts.size(); i-- > 0;) {
      if (equal_ci(parts[i], "providers") && i + 3 < parts.size()) return parts[i + 3];
    }
  }
  return "";
}

bool type_fits(std::string_view pattern, std::string_view type) {
  if (pattern.ends_with('*')) return starts_with_ci(type, pattern.substr(0, pattern.size() - 1));
  return equal_ci(pattern, type);
}

}  // namespace

std::optional<Json> list_action(const Cloud& cloud, const Record& record, std::string_view action) {
  for (const Shape& shape : kShapes) {
    if (!type_fits(shape.type, record.type) || !equal_ci(shape.action, action)) continue;
    std::string text;
    std::string_view rest = shape.json;
    for (std::size_t open; (open = rest.find('<')) != std::string_view::npos;) {
      const std::size_t close = rest.find('>', open);
      text += rest.substr(0, open);
      text += place(cloud, record, rest.substr(open + 1, close - open - 1));
      rest.remove_prefix(close + 1);
    }
    text += rest;
    if (auto json = parse_json(text)) return *std::move(json);
  }
  return std::nullopt;
}

}  // namespace armature::sandbox
