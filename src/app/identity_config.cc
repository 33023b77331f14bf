#include "app/identity_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/role_config.h"
#include "base/bytes.h"
#include "http/message.h"

namespace armature::app {
namespace {

using identity::Credential;
using identity::ManagedIdentity;

struct Value {
  std::string text;
  YAML::Mark mark;
};
using Values = std::map<std::string, Value>;

struct Kind {
  const char* name;
  std::vector<std::string> needed, optional;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kKinds = {
      {"client_secret",
       {"tenant_id", "client_id"},
       {"client_secret_file", "client_secret_vault", "client_secret_stored"}                                               },
      {"client_certificate",
       {"tenant_id", "client_id", "certificate_file"},
       {"certificate_password_file"}                                                                                       },
      {"federation",           {"tenant_id", "client_id"}, {"audience"}                                                    },
      {"federated_token_file", {},                         {"tenant_id", "client_id", "token_file"}                        },
      {"managed_identity",     {},                         {"service", "endpoint", "client_id", "object_id", "resource_id"}},
      {"azure_cli",            {},                         {"tenant_id"}                                                   },
  };
  return kKinds;
}

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::ranges::find(list, word) != list.end();
}

bool takes(const Kind& kind, const std::string& key) {
  return has(kind.needed, key) || has(kind.optional, key);
}

std::vector<std::string> known_keys(const Kind* kind) {
  std::vector<std::string> out = {"name", "kind", "ceiling"};
  for (const Kind& one : kinds()) {
    if (kind && kind != &one) continue;
    out.insert(out.end(), one.needed.begin(), one.needed.end());
    out.insert(out.end(), one.optional.begin(), one.optional.end());
  }
  return out;
}

// One entry of the list.
class Reader {
 public:
  Reader(const YamlFile& file, const YAML::Node& node, const Variables& environment)
      : file_(file), node_(node), environment_(environment) {}

  Result<IdentityConfig> read() {
    if (!node_.IsMap()) return file_.at(node_.Mark(), "identities: each is a mapping");
    IdentityConfig out;
    for (const auto& entry : node_) ARMATURE_CHECK(take(entry.first, entry.second, out));
    ARMATURE_TRY(const Kind* kind, choose_kind());
    ARMATURE_CHECK(check_keys(*kind));
    out.name = text("name");
    if (out.name.empty()) return here("identities: name is missing");
    out.tenant_id = text("tenant_id");
    out.client_id = text("client_id");
    ARMATURE_TRY(out.credential, credential_of(kind->name, out));
    return out;
  }

 private:
  std::string text(const char* name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? "" : found->second.text;
  }
  Error here(const std::string& message) const { return file_.at(node_.Mark(), message); }
  Error at(const char* name, const std::string& message) const {
    return file_.at(values_.at(name).mark, message);
  }
  std::string variable(const char* name) const {
    for (const auto& [known, value] : environment_) {
      if (known == name) return value;
    }
    return "";
  }

  Status take(const YAML::Node& key, const YAML::Node& value, IdentityConfig& out) {
    const std::string name = key.Scalar();
    if (name == "ceiling") {
      ARMATURE_TRY(out.ceiling, read_roles(value, file_, "ceiling"));
      return Ok{};
    }
    if (name == "client_secret") {
      return file_.at(key.Mark(),
                      "a secret has no place in a file that is shown around; write "
                      "client_secret_file with the path of a file only the server can read");
    }
    if (name == "client_secret_vault") {
      values_[name] = {"", key.Mark()};
      return take_vault(key, value);
    }
    if (!has(known_keys(nullptr), name)) return file_.unknown(key, known_keys(nullptr));
    if (!value.IsScalar()) return file_.at(value.Mark(), name + ": one value is expected");
    if (value.Scalar().empty()) return file_.at(value.Mark(), name + ": it is empty");
    values_[name] = {value.Scalar(), key.Mark()};
    return Ok{};
  }

  Status take_vault(const YAML::Node& key, const YAML::Node& value) {
    const std::vector<std::string> fields = {"url", "secret", "identity"};
    if (!value.IsMap()) {
      return file_.at(key.Mark(), "client_secret_vault: a mapping of url, secret and identity");
    }
    for (const auto& entry : value) {
      const std::string name = entry.first.Scalar();
      if (!has(fields, name)) return file_.unknown(entry.first, fields);
      if (!entry.second.IsScalar()) {
        return file_.at(entry.second.Mark(), name + ": one value is expected");
      }
      if (name == "url") vault_.vault_url = entry.second.Scalar();
      if (name == "secret") vault_.secret = entry.second.Scalar();
      if (name == "identity") vault_.identity = entry.second.Scalar();
    }
    if (vault_.vault_url.empty() || vault_.secret.empty() || vault_.identity.empty()) {
      return file_.at(key.Mark(),
                      "client_secret_vault: url, secret and identity (which reads it) are needed");
    }
    return Ok{};
  }

  Result<const Kind*> choose_kind() const {
    std::vector<std::string> names;
    for (const Kind& one : kinds()) names.emplace_back(one.name);
    const std::string wanted = text("kind");
    if (wanted.empty()) return &kinds().front();
    const auto found = std::ranges::find(kinds(), wanted, &Kind::name);
    if (found != kinds().end()) return &*found;
    const std::string near = nearest(wanted, names);
    return at("kind", fmt::format("unknown kind '{}'; {}", wanted,
                                  near.empty() ? "there are " + join(names, ", ")
                                               : "did you mean '" + near + "'?"));
  }

  Status check_keys(const Kind& kind) const {
    for (const auto& [name, value] : values_) {
      if (name == "name" || name == "kind" || takes(kind, name)) continue;
      std::vector<std::string> others;
      for (const Kind& one : kinds()) {
        if (takes(one, name)) others.emplace_back(one.name);
      }
      return file_.at(value.mark, fmt::format("an identity of kind {} has no '{}'; kind {} has",
                                              kind.name, name, join(others, " or ")));
    }
    for (const std::string& name : kind.needed) {
      if (!values_.contains(name)) {
        return here(fmt::format("an identity of kind {} needs {}", kind.name, name));
      }
    }
    return Ok{};
  }

  Result<Credential> credential_of(const std::string& kind, IdentityConfig& out) const {
    if (kind == "client_certificate") {
      return Credential(
          identity::CertificateFile{text("certificate_file"), text("certificate_password_file")});
    }
    if (kind == "federation") {
      identity::OwnIssuer own;
      if (values_.contains("audience")) own.audience = text("audience");
      return Credential(std::move(own));
    }
    if (kind == "federated_token_file") return federated_token_file(out);
    if (kind == "managed_identity") return managed_identity();
    if (kind == "azure_cli") return Credential(identity::AzureCli{});
    return client_secret();
  }

  Result<Credential> client_secret() const {
    int given = 0;
    for (const std::string& name : kinds().front().optional) given += values_.contains(name);
    if (given != 1) {
      return here(
          "an identity of kind client_secret needs one of client_secret_file, "
          "client_secret_vault and client_secret_stored");
    }
    if (values_.contains("client_secret_vault")) return Credential(vault_);
    if (values_.contains("client_secret_stored")) {
      return Credential(identity::StoredSecret{text("client_secret_stored")});
    }
    return Credential(identity::SecretFile{text("client_secret_file")});
  }

  // What the file leaves out the environment says, as AKS' workload identity webhook writes it.
  Result<Credential> federated_token_file(IdentityConfig& out) const {
    std::string path = text("token_file");
    const auto fill = [&](std::string& value, const char* name, const char* key) -> Status {
      if (value.empty()) value = variable(name);
      if (!value.empty()) return Ok{};
      return here(
          fmt::format("an identity of kind federated_token_file needs {}, or {} in the environment",
                      key, name));
    };
    ARMATURE_CHECK(fill(path, "AZURE_FEDERATED_TOKEN_FILE", "token_file"));
    ARMATURE_CHECK(fill(out.tenant_id, "AZURE_TENANT_ID", "tenant_id"));
    ARMATURE_CHECK(fill(out.client_id, "AZURE_CLIENT_ID", "client_id"));
    return Credential(identity::FederatedTokenFile{path});
  }

  Result<Credential> managed_identity() const {
    using Service = ManagedIdentity::Service;
    ManagedIdentity out;
    const std::string here_endpoint = variable("IDENTITY_ENDPOINT");
    std::string service = text("service");
    if (service.empty()) {
      const bool app_service = !variable("IDENTITY_HEADER").empty();
      const bool arc = !variable("IMDS_ENDPOINT").empty();
      service = here_endpoint.empty() ? "imds"
                : app_service         ? "app_service"
                : arc                 ? "azure_arc"
                                      : "imds";
    }
    if (service == "imds") {
      out.endpoint = "http://169.254.169.254/metadata/identity/oauth2/token";
    } else if (service == "app_service") {
      out.service = Service::kAppService;
      out.endpoint = here_endpoint;
      out.header = Secret(variable("IDENTITY_HEADER"));
      if (out.header.empty())
        return here("service app_service needs IDENTITY_HEADER in the environment");
    } else if (service == "azure_arc") {
      out.service = Service::kAzureArc;
      out.endpoint = here_endpoint.empty() ? "http://localhost:40342/metadata/identity/oauth2/token"
                                           : here_endpoint;
    } else {
      return at("service",
                "unknown service '" + service + "'; there are imds, app_service, azure_arc");
    }
    if (values_.contains("endpoint")) out.endpoint = text("endpoint");
    if (!http::parse_url(out.endpoint)) {
      return here("the identity endpoint '" + out.endpoint + "' is not a URL");
    }
    out.client_id = text("client_id");
    out.object_id = text("object_id");
    out.resource_id = text("resource_id");
    const int named = !out.client_id.empty() + !out.object_id.empty() + !out.resource_id.empty();
    if (named > 1) return here("write one of client_id, object_id and resource_id");
    return Credential(std::move(out));
  }

  const YamlFile& file_;
  const YAML::Node& node_;
  const Variables& environment_;
  Values values_;
  identity::VaultSecret vault_;
};

// Whose names do others use, and whom do they name?
Status check_names(const YAML::Node& list, const YamlFile& file,
                   const std::vector<IdentityConfig>& identities) {
  for (std::size_t i = 0; i < identities.size(); ++i) {
    const IdentityConfig& one = identities[i];
    const auto same = std::ranges::find(identities, one.name, &IdentityConfig::name);
    if (&*same != &one) {
      return file.at(list[i].Mark(), "identities: '" + one.name + "' is there twice");
    }
    const auto* vault = std::get_if<identity::VaultSecret>(&one.credential);
    if (!vault) continue;
    const auto reader = std::ranges::find(identities, vault->identity, &IdentityConfig::name);
    if (reader == identities.end()) {
      return file.at(list[i].Mark(),
                     "client_secret_vault: no identity is named '" + vault->identity + "'");
    }
    if (std::holds_alternative<identity::VaultSecret>(reader->credential)) {
      return file.at(list[i].Mark(), "client_secret_vault: identity '" + vault->identity +
                                         "' has its own secret in a vault; name one that has not");
    }
  }
  return Ok{};
}

}  // namespace

Error YamlFile::at(const YAML::Mark& mark, const std::string& message) const {
  return fail(Code::kInvalid,
              fmt::format("{}:{}:{}: {}", name, mark.line + 1, mark.column + 1, message));
}

Error YamlFile::unknown(const YAML::Node& key, const std::vector<std::string>& known) const {
  const std::string near = nearest(key.Scalar(), known);
  return at(key.Mark(), fmt::format("unknown key '{}'{}", key.Scalar(),
                                    near.empty() ? "" : "; did you mean '" + near + "'?"));
}

Result<std::vector<IdentityConfig>> read_identities(const YAML::Node& list, const YamlFile& file,
                                                    const Variables& environment) {
  if (!list.IsSequence()) return file.at(list.Mark(), "identities: a list is expected");
  std::vector<IdentityConfig> out;
  for (const auto& node : list) {
    ARMATURE_TRY(IdentityConfig identity, Reader(file, node, environment).read());
    out.push_back(std::move(identity));
  }
  ARMATURE_CHECK(check_names(list, file, out));
  return out;
}

}  // namespace armature::app
