#include <algorithm>

#include "app/role_config.h"
#include "identity/key_set.h"
#include "identity/principal.h"

namespace armature::app {
namespace {

const std::vector<std::string> kKeys = {"name",     "issuer", "audience", "claims",
                                        "identity", "roles",  "local",    "certificate"};

Result<identity::CertificateMatch> read_certificate(const YAML::Node& node, const YamlFile& file) {
  const std::string expected = "certificate: one of subject, dns and uri";
  if (!node.IsMap() || node.size() != 1) return file.at(node.Mark(), expected);
  const YAML::Node key = node.begin()->first, value = node.begin()->second;
  if (!value.IsScalar() || value.Scalar().empty()) return file.at(node.Mark(), expected);
  identity::CertificateMatch out;
  if (key.Scalar() == "subject") {
    out.subject = value.Scalar();
  } else if (key.Scalar() == "dns") {
    out.dns = value.Scalar();
  } else if (key.Scalar() == "uri") {
    out.uri = value.Scalar();
  } else {
    return file.unknown(key, {"subject", "dns", "uri"});
  }
  return out;
}

Result<WorkloadConfig> read_workload(const YAML::Node& node, const YamlFile& file) {
  if (!node.IsMap()) return file.at(node.Mark(), "workloads: each is a mapping");
  WorkloadConfig out;
  for (const auto& entry : node) {
    const std::string key = entry.first.Scalar();
    const YAML::Node& value = entry.second;
    if (key == "roles") {
      ARMATURE_TRY(out.roles, read_roles(value, file, "roles"));
      continue;
    }
    if (key == "certificate") {
      ARMATURE_TRY(out.certificate, read_certificate(value, file));
      continue;
    }
    if (key == "claims") {
      if (!value.IsMap()) return file.at(value.Mark(), "claims: a mapping of claim to text");
      for (const auto& claim : value) {
        if (!claim.second.IsScalar() || claim.second.Scalar().empty()) {
          return file.at(claim.first.Mark(), "claims: each has one text");
        }
        out.trust.claims.emplace_back(claim.first.Scalar(), claim.second.Scalar());
      }
      continue;
    }
    if (std::ranges::find(kKeys, key) == kKeys.end()) return file.unknown(entry.first, kKeys);
    if (!value.IsScalar()) return file.at(value.Mark(), key + ": one value is expected");
    if (key == "name") out.trust.name = value.Scalar();
    if (key == "issuer") out.trust.issuer = value.Scalar();
    if (key == "audience") out.trust.audience = value.Scalar();
    if (key == "local") {
      if (value.Scalar() != "true" && value.Scalar() != "false") {
        return file.at(value.Mark(), "local: true or false is expected");
      }
      out.local = value.Scalar() == "true";
    }
    if (key == "identity") out.identity = value.Scalar();
  }
  return out;
}

// A trust without a condition would let in whoever has a token of the issuer: all of GitHub.
Status check(const WorkloadConfig& one, const YAML::Mark& mark, const YamlFile& file) {
  const auto missing = [&](const char* key) {
    return file.at(mark, std::string("workloads: ") + key + " is missing");
  };
  if (one.trust.name.empty()) return missing("name");
  if (auto named = identity::workload_attempt(one.trust.name); !named) {
    return file.at(mark, "workloads: " + named.error().message);
  }
  if (one.identity.empty()) return missing("identity");
  if (one.local || !one.certificate.empty()) {
    const bool by_token =
        !one.trust.issuer.empty() || !one.trust.audience.empty() || !one.trust.claims.empty();
    if (!by_token && one.local == one.certificate.empty()) return Ok{};
    return file.at(mark,
                   "workloads: one that is local or has a certificate is known by that alone: no "
                   "issuer, audience or claims");
  }
  if (one.trust.issuer.empty()) return missing("issuer");
  if (!identity::may_be_asked(one.trust.issuer)) {
    return file.at(mark, "workloads: issuer '" + one.trust.issuer + "' is no https URL");
  }
  if (one.trust.audience.empty()) return missing("audience");
  if (one.trust.claims.empty()) {
    return file.at(mark,
                   "workloads: claims is missing: without one, every token of this issuer for this "
                   "audience would count");
  }
  return Ok{};
}

}  // namespace

Result<std::vector<WorkloadConfig>> read_workloads(const YAML::Node& list, const YamlFile& file) {
  if (!list.IsSequence()) return file.at(list.Mark(), "workloads: a list is expected");
  std::vector<WorkloadConfig> out;
  for (const auto& node : list) {
    ARMATURE_TRY(WorkloadConfig one, read_workload(node, file));
    ARMATURE_CHECK(check(one, node.Mark(), file));
    for (const WorkloadConfig& other : out) {
      if (other.trust.name == one.trust.name) {
        return file.at(node.Mark(), "workloads: '" + one.trust.name + "' is there twice");
      }
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace armature::app
