// Any DAG file: diagnostics, never a crash.
#include "dag/load.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const std::vector<armature::dag::OperatorSpec> kOperators = {
      {"empty", {}, {},                                       false, {}},
      {"bash",  {}, {{"bash_command", "string", true, true}}, false, {}}
  };
  const auto loaded =
      armature::dag::load({reinterpret_cast<const char*>(data), size}, "fuzz.yaml", kOperators);
  for (const auto& diagnostic : loaded.diagnostics) armature::dag::to_text(diagnostic);
  return 0;
}
