// Any document as a policy: a rule that is judged, or ARM's error, never a crash.
#include "base/json.h"
#include "sandbox/policy/definition.h"

namespace {

namespace policy = armature::sandbox::policy;
using armature::Json;

const Json& resource() {
  static const Json kResource = *armature::parse_json(R"({
    "id": "/subscriptions/s/resourceGroups/rg/providers/Contoso.App/hosts/h1",
    "name": "h1", "type": "Contoso.App/hosts", "location": "westeurope", "kind": "linux",
    "tags": {"env": "prod"}, "sku": {"name": "Basic"}, "identity": {"type": "SystemAssigned"},
    "properties": {"on": true, "size": 5, "list": ["a", "b"], "made": "2024-03-01T00:00:00Z",
      "rules": [{"name": "r", "properties": {"port": 22, "tags": ["x"]}}]}})");
  return kResource;
}

void judge(const policy::Definition& definition) {
  std::map<std::string, Json> parameters;
  for (const auto& parameter : definition.parameters) {
    parameters.emplace(parameter.name, parameter.default_value.value_or(Json("a")));
  }
  policy::Facts facts;
  facts.parameters = &parameters;
  const policy::Subject subject(resource());
  policy::Judgement judgement(subject, facts);
  (void)judgement.holds(definition.condition);
  (void)judgement.applies(definition.condition);
  Json changed = resource();
  (void)policy::apply(definition.details.modify, false, judgement, subject, changed);
  (void)policy::apply(definition.details.append, true, judgement, subject, changed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto document = armature::parse_json({reinterpret_cast<const char*>(data), size}, 128);
  if (!document) return 0;
  if (const auto definition = policy::read_definition("fuzzed", *document)) judge(*definition);
  (void)policy::read_set("fuzzed", *document);
  (void)policy::read_assignment("fuzzed", *document);
  (void)policy::read_exemption("/fuzzed", *document);
  return 0;
}
