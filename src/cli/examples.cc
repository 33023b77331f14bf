#include "cli/examples.h"

#include <array>

#include "base/bytes.h"

namespace armature::embedded {
extern const std::string_view kExampleHello, kExampleSchedule, kExampleConditions, kExampleRetries,
    kExampleTaskGroups, kExampleAzureProvision, kExampleOutOfScope;
}  // namespace armature::embedded

namespace armature::cli {

// In the order in which one would read them.
std::span<const Example> examples() {
  static const std::array<Example, 7> kExamples = {
      {{"hello", embedded::kExampleHello},
       {"schedule", embedded::kExampleSchedule},
       {"conditions", embedded::kExampleConditions},
       {"retries", embedded::kExampleRetries},
       {"task_groups", embedded::kExampleTaskGroups},
       {"azure_provision", embedded::kExampleAzureProvision},
       {"out_of_scope", embedded::kExampleOutOfScope}}
  };
  return kExamples;
}

std::string description_of(const Example& example) {
  constexpr std::string_view kKey = "\ndescription: ";
  const auto at = example.text.find(kKey);
  if (at == std::string_view::npos) return "";
  const std::string_view rest = example.text.substr(at + kKey.size());
  return std::string(trim(rest.substr(0, rest.find('\n'))));
}

}  // namespace armature::cli
