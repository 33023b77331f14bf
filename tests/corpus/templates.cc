// Each template is deployed by its link, at the scope that its $schema names, with its folder as
// what its links reach.
#include <regex>
#include <set>

#include "arm/error_body.h"
#include "base/bytes.h"
#include "sandbox/testing.h"
#include "tests/corpus/corpus.h"
#include "tests/corpus/library.h"
#include "tests/corpus/parameters.h"
#include "tests/corpus/prerequisites.h"

namespace armature::corpus {
namespace {

constexpr const char* kManagementGroup = "/providers/Microsoft.Management/managementGroups/corpus";

struct Scope {
  std::string_view schema;
  std::string_view title;
};
constexpr Scope kScopes[] = {
    {"/deploymenttemplate.json",                "resource group"  },
    {"/subscriptiondeploymenttemplate.json",    "subscription"    },
    {"/managementgroupdeploymenttemplate.json", "management group"},
    {"/tenantdeploymenttemplate.json",          "tenant"          },
};

bool makes_groups(const Json& document) {
  const Json* resources = find(document, "resources");
  return resources && resources->is_array() &&
         std::ranges::any_of(resources->get_array(), [](const Json& one) {
           return equal_ci(text_at(one, "type"), "Microsoft.Resources/resourceGroups");
         });
}

// As $schema says; but resource groups are made at a subscription, whatever it says.
const Scope* scope_of(const Json& document) {
  const std::string schema = to_lower(text_at(document, "$schema"));
  if (schema.find(kScopes[0].schema) != std::string::npos && makes_groups(document)) {
    return &kScopes[1];
  }
  for (const Scope& scope : kScopes) {
    if (schema.find(scope.schema) != std::string::npos) return &scope;
  }
  return nullptr;
}

class Deployer {
 public:
  Deployer() : world_(options(library_)) {
    sandbox::AppSeed::Assignment everywhere{"Owner", "/"};
    owner_ = world_.add_app("corpus", {std::move(everywhere)});
    token_ = world_.token_of(owner_);
    call("PUT", kManagementGroup, R"({"properties":{"displayName":"Corpus"}})");
  }

  Verdict deploy(const Document& document, const std::string& name) {
    library_.open(document);
    Verdict out{name, std::string(scope_of(document.json)->title), "", {}};
    // What it expects to be there is made as the errors name it, so that the next try can go on.
    // What its own first try had made meanwhile counts as there, once.
    constexpr std::size_t kTries = 12;
    std::string before;
    bool fill_empty = false;  // the last resort
    for (std::size_t i = 0; i < kTries; ++i) {
      const auto error = attempt(document, name, fill_empty);
      out.failure = error ? one_line(*error) : "";
      if (!error) break;
      const auto missing =
          missing_resources(*error, world_.sub(), scope_path(*scope_of(document.json), name));
      make(missing);
      if (missing.empty() || out.failure == before) {
        if (fill_empty) break;
        fill_empty = true;
      }
      before = out.failure;
    }
    out.stand_ins = library_.stand_ins();
    drop_policies();
    return out;
  }

 private:
  static sandbox::Options options(Library& library) {
    sandbox::Options out;
    out.provisioning_time = Micros(0);
    out.tenant_id = "22222222-2222-4222-8222-222222222222";
    out.subscription_id = "11111111-1111-4111-8111-111111111111";
    out.content = [&library](const std::string& uri) { return library.read(uri); };
    return out;
  }

  http::Response call(const std::string& method, const std::string& path,
                      const std::string& body = "") {
    // Time goes on, so that no throttle holds a call back and no token is too old.
    world_.clock.advance(std::chrono::seconds(1));
    if (++calls_ % 1000 == 0) token_ = world_.token_of(owner_);
    return world_.call(method, path, body, token_);
  }

  std::optional<arm::ErrorBody> attempt(const Document& document, const std::string& name,
                                        bool fill_empty) {
    const Scope& scope = *scope_of(document.json);
    const std::string path = scope_path(scope, name) +
                             "/providers/Microsoft.Resources/deployments/" + short_name(name, 32);
    const std::string uri = std::string(Library::kHost) + document.name;
    const Givens givens{world_.cloud->subscription(),
                        owner_.object_id,
                        "corpus",
                        uri.substr(0, uri.rfind('/') + 1),
                        scope.title == kScopes[0].title,
                        fill_empty};
    JsonObject properties{
        {"mode", "Incremental"}
    };
    properties["templateLink"] = JsonObject{
        {"uri", uri}
    };
    properties["parameters"] = parameters_for(document.path, document.json, givens);
    if (Json configs = extension_configs_for(document.json); !configs.get_object().empty()) {
      properties["extensionConfigs"] = std::move(configs);
    }
    JsonObject body;
    body["properties"] = std::move(properties);
    if (scope.title != kScopes[0].title) body["location"] = "westeurope";
    const auto started = call("PUT", path, dump(body));
    if (started.status >= 400)
      return arm::root_cause(arm::read_error(started.status, started.body));
    world_.cloud->engine().wait_for(path);
    const auto ended = parse_json(call("GET", path).body, 128);
    if (ended && text_at(*ended, "properties.provisioningState") == "Succeeded")
      return std::nullopt;
    const Json* error = ended ? at(*ended, "properties.error") : nullptr;
    JsonObject wrapped;
    wrapped["error"] = error ? *error : Json(JsonObject{});
    return arm::root_cause(arm::read_error(400, dump(wrapped)));
  }

  std::string plain_body(const std::string& id) const {
    if (id.find("/secrets/") != std::string::npos) {
      return R"({"properties":{"value":"made up"}})";
    }
    const auto vault = id.find("/vaults/");
    if (vault == std::string::npos || id.find('/', vault + 8) != std::string::npos) {
      return R"({"location":"westeurope","sku":{"name":"Standard"},"properties":{}})";
    }
    return R"({"location":"westeurope","properties":{"sku":{"family":"A","name":"standard"},
               "enabledForTemplateDeployment":true,"accessPolicies":[],"tenantId":")" +
           world_.cloud->tenant() + "\"}}";
  }

  void make(const std::vector<std::string>& ids) {
    for (const std::string& id : ids) {
      if (call("GET", id).status == 200) continue;
      call("PUT", id, plain_body(id));
    }
  }

  std::string scope_path(const Scope& scope, const std::string& name) {
    if (scope.title == "subscription") return world_.sub();
    if (scope.title == "management group") return kManagementGroup;
    if (scope.title == "tenant") return "";
    const std::string group = world_.group("rg-" + short_name(name, 80));
    call("PUT", group, R"({"location":"westeurope"})");
    return group;
  }

  // What one template assigns must not rule over the next.
  void drop_policies() {
    for (const std::string& scope : {world_.sub(), std::string(kManagementGroup)}) {
      const auto list = parse_json(
          call("GET", scope + "/providers/Microsoft.Authorization/policyAssignments").body, 128);
      const Json* assignments = list ? find(*list, "value") : nullptr;
      if (!assignments || !assignments->is_array()) continue;
      for (const Json& one : assignments->get_array()) call("DELETE", text_at(one, "id"));
    }
  }

  static std::string short_name(std::string name, std::size_t most) {
    for (char& c : name) {
      if (c == '/') c = '-';
    }
    return name.size() > most ? name.substr(name.size() - most) : name;
  }

  // On one line, with no guid that another run would not have.
  static std::string one_line(const arm::ErrorBody& cause) {
    static const std::regex kGuid("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    std::string text = std::regex_replace(cause.code + ": " + cause.message, kGuid, "…");
    for (char& c : text) {
      if (c == '\n' || c == '\r') c = ' ';
    }
    return text.size() > 400 ? text.substr(0, 400) + "…" : text;
  }

  Library library_;
  sandbox::testing::World world_;
  sandbox::Application owner_;
  std::string token_;
  std::size_t calls_ = 0;
};

std::string top_folder(const std::string& name) {
  const auto slash = name.find('/');
  const bool nested = slash != std::string::npos && name.find('/', slash + 1) != std::string::npos;
  return nested ? name.substr(0, slash) + ", " : "";
}

}  // namespace

bool is_template(const Document& document) {
  return scope_of(document.json) && find(document.json, "resources");
}

std::vector<Verdict> deploy_templates(std::span<const Document> documents) {
  // What stands in or below a folder with an azuredeploy.json is there for that one.
  std::set<std::string> homes;
  for (const Document& document : documents) {
    if (document.path.filename() == "azuredeploy.json") {
      homes.insert(document.path.parent_path().string() + "/");
    }
  }
  const auto belongs_to_another = [&](const Document& document) {
    if (document.path.filename() == "azuredeploy.json") return false;
    return std::ranges::any_of(
        homes, [&](const std::string& home) { return document.path.string().starts_with(home); });
  };
  std::vector<Verdict> out;
  Deployer deployer;
  for (const Document& document : documents) {
    if (belongs_to_another(document)) continue;
    std::string name = document.name.substr(0, document.name.rfind(".json"));
    if (name.ends_with("/azuredeploy")) name = name.substr(0, name.rfind('/'));
    Verdict verdict = deployer.deploy(document, name);
    verdict.group = top_folder(document.name) + verdict.group;
    out.push_back(std::move(verdict));
  }
  return out;
}

}  // namespace armature::corpus
