// Any DAG file: diagnostics, never a crash; and what the formatter writes it would not write anew.
#include <cstdlib>

#include "dag/format.h"
#include "dag/load.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const std::vector<armature::dag::OperatorSpec> kOperators = {
      {"empty", {}, {},                                       false, {}},
      {"bash",  {}, {{"bash_command", "string", true, true}}, false, {}}
  };
  const auto loaded =
      armature::dag::load({reinterpret_cast<const char*>(data), size}, "fuzz.yaml", kOperators);
  for (const auto& diagnostic : loaded.diagnostics) armature::dag::to_text(diagnostic);
  const auto once = armature::dag::format({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
  if (once.problems.empty() && armature::dag::format(once.text, "fuzz.yaml").text != once.text) {
    std::abort();
  }
  return 0;
}
