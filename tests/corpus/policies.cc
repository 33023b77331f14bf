// Policy definitions and initiatives: each must be read as the sandbox reads one that is put.
#include "base/bytes.h"
#include "sandbox/policy/definition.h"
#include "tests/corpus/corpus.h"

namespace armature::corpus {
namespace {

namespace policy = sandbox::policy;

bool is_set(const Json& properties) {
  const Json* list = find(properties, "policyDefinitions");
  return list && list->is_array();
}

std::string failure_of(const Document& document, const Json& properties) {
  const std::string name = document.path.stem().string();
  const auto told = [](const auto& read) {
    return read ? std::string() : read.error().code + ": " + read.error().message;
  };
  return is_set(properties) ? told(policy::read_set(name, properties))
                            : told(policy::read_definition(name, properties));
}

}  // namespace

bool is_policy(const Document& document) {
  const Json* properties = find(document.json, "properties");
  return properties && (find(*properties, "policyRule") || is_set(*properties));
}

std::vector<Verdict> read_policies(std::span<const Document> documents) {
  std::vector<Verdict> out;
  for (const Document& document : documents) {
    const Json& properties = *find(document.json, "properties");
    out.push_back({document.name,
                   is_set(properties) ? "initiatives" : "definitions",
                   failure_of(document, properties),
                   {}});
  }
  return out;
}

}  // namespace armature::corpus
