#include "sandbox/front/name_rules.h"

#include <algorithm>
#include <array>
#include <boost/regex.hpp>
#include <charconv>
#include <map>
#include <mutex>

#include "base/bytes.h"
#include "sandbox/front/provider_facts.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

// The types whose providers say it in their own words (vaults: keyvault/vault_routes.cc). <n>
// stands for the name.
struct OwnRule {
  const char* type;
  const char* rule;  // as in the facts; "" takes the facts'
  int status;
  const char* code;
  const char* text;
  // Of a name that is unique in the world; "" for one that need not be.
  const char* taken_code;
  const char* taken_text;
};

constexpr std::array kOwnRules = {
    OwnRule{"Microsoft.Storage/storageAccounts",              "3 24 ^[a-z0-9]+$",                              400, "AccountNameInvalid",
            "<n> is not a valid storage account name. Storage account name must be between 3 and "
            "24 characters in length and use numbers and lower-case letters only.",                                                                                                                                         "StorageAccountAlreadyTaken", "The storage account named <n> is already taken."         },
    OwnRule{"Microsoft.Sql/servers",                          "1 63 ^[a-z0-9](|[a-z0-9-]*[a-z0-9])$",          400,
            "InvalidServerName",                                                                                                          "The server name '<n>' is not valid: it must have 1 to 63 lower-case letters, digits "
            "and hyphens, and no hyphen at its ends.",                                                                                                                                      "NameAlreadyExists",          "The name '<n>' already exists. Choose a different name." },
    OwnRule{"Microsoft.Web/sites",                            "2 60 ^[a-zA-Z0-9](|[a-zA-Z0-9-]*[a-zA-Z0-9])$", 400,
            "BadRequest",                                                                                                                 "The site name '<n>' is not valid: it must have 2 to 60 letters, digits and hyphens, "
            "and no hyphen at its ends.",                                                                                                                                                          "Conflict",                   "Website with given name <n> already exists."             },
    OwnRule{"Microsoft.DocumentDB/databaseAccounts",          "3 44 ^[a-z0-9](|[a-z0-9-]*[a-z0-9])$",          400,
            "BadRequest",                                                                                                                 "The account name '<n>' is not valid: it must have 3 to 44 lower-case letters, digits "
            "and hyphens.",                                                                                                                                                                        "BadRequest",                 "Dns record for <n> under zone Document is already taken."},
    OwnRule{"Microsoft.ContainerRegistry/registries",         "5 50 ^[a-zA-Z0-9]+$",                           400,
            "InvalidResourceName",                                                                                                        "The registry name '<n>' is not valid: it must have 5 to 50 letters and digits.",
            "AlreadyInUse",                                                                                                                                                                                                                               "The registry DNS name <n>.azurecr.io is already in use." },
    OwnRule{"Microsoft.ServiceBus/namespaces",                "6 50 ^[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]$",       400,
            "BadRequest",                                                                                                                 "The specified service namespace '<n>' is invalid.",                              "NamespaceInUse",
            "The specified name '<n>' is not available: the namespace is already in use."                                                                                                                                                                                                                           },
    OwnRule{"Microsoft.EventHub/namespaces",                  "6 50 ^[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]$",       400,
            "BadRequest",                                                                                                                 "The specified service namespace '<n>' is invalid.",                              "NamespaceInUse",
            "The specified name '<n>' is not available: the namespace is already in use."                                                                                                                                                                                                                           },
    OwnRule{"Microsoft.AppConfiguration/configurationStores", "5 50 ^[a-zA-Z0-9_-]*$",                         400,
            "NameInvalid",                                                                                                                "The configuration store name '<n>' is not valid.",                               "NameUnavailable",
            "The specified name is already in use."                                                                                                                                                                                                                                                                 },
    OwnRule{"Microsoft.Cache/redis",                          "1 63 ^[a-zA-Z0-9](-?[a-zA-Z0-9])*$",            400, "InvalidName",
            "The cache name '<n>' is not valid: letters, digits and single hyphens.",                                                                                                                                       "NameNotAvailable",
            "An error occurred when trying to reserve the DNS name for the cache."                                                                                                                                                                                                                                  },
    OwnRule{"Microsoft.ApiManagement/service",                "1 50 ^[a-zA-Z](|[a-zA-Z0-9-]*[a-zA-Z0-9])$",    400,
            "InvalidParameters",                                                                                                          "The service name '<n>' is not valid.",                                           "ServiceAlreadyExists",
            "Api service already exists: <n>"                                                                                                                                                                                                                                                                       },
    OwnRule{"Microsoft.Search/searchServices",                "2 60 ^(?!.*--)[a-z0-9][a-z0-9-]*[a-z0-9]$",     400,
            "InvalidResourceName",                                                                                                        "The service name '<n>' is not valid.",                                           "ServiceNameUnavailable",
            "The service name '<n>' is already in use."                                                                                                                                                                                                                                                             },
};

// Types that a group may hold more than 800 of.
constexpr std::array kWithoutQuota = {"Microsoft.Compute/disks",
                                      "Microsoft.Compute/images",
                                      "Microsoft.Compute/snapshots",
                                      "Microsoft.Compute/virtualMachines",
                                      "Microsoft.Compute/virtualMachineScaleSets",
                                      "Microsoft.ContainerInstance/containerGroups",
                                      "Microsoft.HybridCompute/machines",
                                      "Microsoft.Insights/metricAlerts",
                                      "Microsoft.Logic/workflows",
                                      "Microsoft.Network/applicationSecurityGroups",
                                      "Microsoft.Network/loadBalancers",
                                      "Microsoft.Network/networkInterfaces",
                                      "Microsoft.Network/networkSecurityGroups",
                                      "Microsoft.Network/privateEndpoints",
                                      "Microsoft.Network/publicIPAddresses",
                                      "Microsoft.Network/virtualNetworks",
                                      "Microsoft.Resources/deployments",
                                      "Microsoft.Storage/storageAccounts",
                                      "Microsoft.Web/sites"};

constexpr std::array kReserved = {"ACCESS",
                                  "APP_CODE",
                                  "APP_THEMES",
                                  "APP_DATA",
                                  "APP_GLOBALRESOURCES",
                                  "APP_LOCALRESOURCES",
                                  "APP_WEBREFERENCES",
                                  "APP_BROWSERS",
                                  "AZURE",
                                  "BING",
                                  "BIZSPARK",
                                  "BIZTALK",
                                  "CORTANA",
                                  "DIRECTX",
                                  "DOTNET",
                                  "DYNAMICS",
                                  "EXCEL",
                                  "EXCHANGE",
                                  "FOREFRONT",
                                  "GROOVE",
                                  "HOLOLENS",
                                  "HYPERV",
                                  "KINECT",
                                  "LYNC",
                                  "MSDN",
                                  "O365",
                                  "OFFICE",
                                  "OFFICE365",
                                  "ONEDRIVE",
                                  "ONENOTE",
                                  "OUTLOOK",
                                  "POWERPOINT",
                                  "SHAREPOINT",
                                  "SKYPE",
                                  "VISIO",
                                  "VISUALSTUDIO",
                                  "WEB.CONFIG",
                                  "XBOX"};

constexpr std::size_t kMostOfAType = 800;
constexpr std::size_t kMostGroups = 980;

std::string said(const char* text, std::string_view name) {
  std::string out(text);
  const std::size_t at = out.find("<n>");
  return at == std::string::npos ? out : out.replace(at, 3, name);
}

const OwnRule* own_rule(std::string_view type) {
  const auto found = std::ranges::find_if(
      kOwnRules, [&](const OwnRule& rule) { return equal_ci(rule.type, type); });
  return found == kOwnRules.end() ? nullptr : &*found;
}

bool is_reserved(std::string_view name) {
  const std::string upper = to_upper(name);
  return std::ranges::any_of(kReserved, [&](const char* word) { return upper == word; }) ||
         upper.find("MICROSOFT") != std::string::npos ||
         upper.find("WINDOWS") != std::string::npos || upper.starts_with("LOGIN");
}

std::string last_of(const std::string& name) { return name.substr(name.rfind('/') + 1); }

std::optional<std::size_t> number(std::string_view text) {
  std::size_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} ? std::optional(out) : std::nullopt;
}

// Compiling takes longer than matching: each pattern once. Its steps are bounded by the library.
std::shared_ptr<const boost::regex> compiled(std::string_view pattern) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const boost::regex>, std::less<>> cache;
  const std::scoped_lock lock(mutex);
  const auto found = cache.find(pattern);
  if (found != cache.end()) return found->second;
  std::shared_ptr<const boost::regex> out;
  try {
    out = std::make_shared<boost::regex>(std::string(pattern), boost::regex::perl);
  } catch (const boost::regex_error&) {  // the library's own way to say no
  }
  return cache.emplace(std::string(pattern), std::move(out)).first->second;
}

std::optional<ArmAnswer> check_generic(std::string_view name) {
  const bool bad = std::ranges::any_of(name, [](char c) {
    return std::string_view("<>%&:\\?/").find(c) != std::string_view::npos ||
           static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (!bad && name.size() <= 260 && !name.empty()) return std::nullopt;
  return refuse(400, "InvalidResourceName",
                "Resource name '" + std::string(name) +
                    "' is invalid. A name has 1 to 260 characters, and none of '<,>,%,&,:,\\,?,/' "
                    "or control characters.");
}

ArmAnswer not_fitting(const TypeFacts& facts, const NameRule& rule, const std::string& name) {
  if (starts_with_ci(facts.name, "Microsoft.Network/")) {
    return refuse(400, "InvalidResourceName",
                  "Resource name " + name +
                      " is invalid. The name can be up to 80 characters long. It must begin with a "
                      "word character, and it must end with a word character or with '_'. The name "
                      "may contain word characters or '.', '-', '_'.");
  }
  if (starts_with_ci(facts.name, "Microsoft.Compute/")) {
    return refuse(400, "InvalidParameter",
                  "The entity name '" + name + "' is invalid according to its validation rule: " +
                      std::string(rule.pattern) + ".");
  }
  std::string text = "The name '" + name + "' is not valid for the resource type '" +
                     std::string(facts.name) + "': it must have " + std::to_string(rule.least) +
                     " to " + std::to_string(rule.most) + " characters";
  if (!rule.pattern.empty()) text += " and match '" + std::string(rule.pattern) + "'";
  return refuse(400, "InvalidResourceName", text + ".");
}

}  // namespace

std::optional<NameRule> read_name_rule(std::string_view text) {
  NameRule out;
  const std::size_t first = text.find(' ');
  const std::size_t second = text.find(' ', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  if (const auto least = number(text.substr(0, first))) out.least = *least;
  if (const auto most = number(text.substr(first + 1, second - first - 1))) out.most = *most;
  out.pattern = text.substr(second + 1);
  if (out.pattern == "-") out.pattern = "";
  if (!out.pattern.empty() && !compiled(out.pattern)) return std::nullopt;
  return out;
}

bool fits(const NameRule& rule, std::string_view name) {
  if (name.size() < rule.least || name.size() > rule.most) return false;
  if (rule.pattern.empty()) return true;
  const auto pattern = compiled(rule.pattern);
  try {
    return !pattern || boost::regex_search(name.begin(), name.end(), *pattern);
  } catch (const std::runtime_error&) {  // too many steps: no name that a rule means
    return false;
  }
}

std::optional<ArmAnswer> check_name(const arm::ResourceId& id) {
  const std::string name = last_of(id.name);
  if (auto refused = check_generic(name)) return refused;
  if (const OwnRule* own = own_rule(id.type)) {
    if (!fits(*read_name_rule(own->rule), name)) {
      return refuse(own->status, own->code, said(own->text, name));
    }
    if (is_reserved(name)) {
      return refuse(400, "ReservedResourceName",
                    "The resource name " + name +
                        " or a part of the name is a trademarked or reserved word.");
    }
    return std::nullopt;
  }
  const auto facts = find_type(id.type);
  if (!facts || facts->rule.empty()) return std::nullopt;
  const auto rule = read_name_rule(facts->rule);
  if (!rule || fits(*rule, name)) return std::nullopt;
  return not_fitting(*facts, *rule, name);
}

std::optional<ArmAnswer> check_taken(const State& state, const arm::ResourceId& id) {
  const OwnRule* own = own_rule(id.type);
  if (!own || *own->taken_code == '\0') return std::nullopt;
  const std::string_view holder = state.index().named(id.type, last_of(id.name));
  if (holder.empty() || holder == to_lower(id.text)) return std::nullopt;
  const std::string name = last_of(id.name);
  if (equal_ci(own->type, "Microsoft.Storage/storageAccounts") &&
      holder.starts_with("/subscriptions/" + id.subscription_id + "/")) {
    return refuse(
        409, "StorageAccountInAnotherResourceGroup",
        "The account " + name + " is already in another resource group in this subscription.");
  }
  const int status = std::string_view(own->taken_code) == "BadRequest" ? 400 : 409;
  return refuse(status, own->taken_code, said(own->taken_text, name));
}

std::optional<ArmAnswer> check_quota(const State& state, const arm::ResourceId& id) {
  if (id.resource_group.empty() || !equal_ci(id.parent, id.scope)) return std::nullopt;
  const auto exempt = [&](const char* type) { return equal_ci(type, id.type); };
  const std::string key = to_lower(id.text);
  const std::size_t count = state.index().in_collection(collection_of(key));
  if (count < kMostOfAType || std::ranges::any_of(kWithoutQuota, exempt)) return std::nullopt;
  return refuse(409, "ResourceQuotaExceeded",
                "Creating the resource of type '" + id.type + "' would exceed the quota of '" +
                    std::to_string(kMostOfAType) + "' resources of type '" + id.type +
                    "' per resource group. The current resource count is '" +
                    std::to_string(count) +
                    "', please delete some resources of this type before creating a new one.");
}

std::optional<ArmAnswer> check_group_quota(const Cloud& cloud, const State& state,
                                           const std::string& name) {
  const auto& groups = state.index().of_type("Microsoft.Resources/resourceGroups");
  if (groups.size() < kMostGroups) return std::nullopt;
  // Deleted ones are still in the table: only those that are there count.
  const auto count = std::ranges::count_if(groups, [&](const RecordIndex::Entry* entry) {
    return find_group(cloud, state, entry->first) != nullptr;
  });
  if (count < static_cast<std::ptrdiff_t>(kMostGroups)) return std::nullopt;
  return refuse(409, "ResourceGroupQuotaExceeded",
                "Creating the resource group '" + name + "' would exceed the quota of '" +
                    std::to_string(kMostGroups) + "'. The current resource group count is '" +
                    std::to_string(count) +
                    "', please delete some resource groups before creating new ones.");
}

namespace {

// Whose names a checkNameAvailability speaks of: its body says, or its provider has one such type.
const OwnRule* asked_rule(const ArmCall& call) {
  const std::string type = call.body ? text_at(*call.body, "type") : "";
  if (const OwnRule* own = own_rule(type)) return own;
  const auto found = std::ranges::find_if(kOwnRules, [&](const OwnRule& rule) {
    return starts_with_ci(rule.type, call.at.provider + "/");
  });
  return found == kOwnRules.end() ? nullptr : &*found;
}

ArmAnswer resource_name(const ArmCall& call) {
  const std::string name = call.body ? text_at(*call.body, "name") : "";
  const std::string type = call.body ? text_at(*call.body, "type") : "";
  if (name.empty() || type.empty()) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: 'name and type "
                  "are required'.");
  }
  return answer(
      200,
      JsonObject{
          {"name",   name                                      },
          {"type",   type                                      },
          {"status", is_reserved(name) ? "Reserved" : "Allowed"}
  });
}

}  // namespace

std::optional<ArmAnswer> availability(const State& state, const ArmCall& call) {
  if (call.op.method != "POST" || call.at.tail.empty()) return std::nullopt;
  const std::string& action = call.at.tail.back();
  if (equal_ci(action, "checkResourceName")) return resource_name(call);
  if (!equal_ci(action, "checkNameAvailability")) return std::nullopt;
  const std::string name = call.body ? text_at(*call.body, "name") : "";
  if (name.empty()) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: 'name is "
                  "required'.");
  }
  const auto unavailable = [](const char* reason, const std::string& message) {
    return answer(200, JsonObject{
                           {"nameAvailable", false  },
                           {"reason",        reason },
                           {"message",       message}
    });
  };
  if (const OwnRule* own = asked_rule(call)) {
    const bool account = std::string_view(own->code) == "AccountNameInvalid";
    if (!fits(*read_name_rule(own->rule), name)) {
      return unavailable(account ? "AccountNameInvalid" : "Invalid", said(own->text, name));
    }
    if (!state.index().named(own->type, name).empty()) {
      return unavailable("AlreadyExists", said(own->taken_text, name));
    }
  }
  return answer(200, JsonObject{
                         {"nameAvailable", true}
  });
}

}  // namespace armature::sandbox
