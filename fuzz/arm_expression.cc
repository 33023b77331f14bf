// Any text as a template expression: a value or ARM's error, never a crash; and what parses prints
// as an expression that parses to the same tree.
#include <cstdlib>

#include "sandbox/template/evaluator.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  namespace tmpl = armature::sandbox::tmpl;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tree = tmpl::parse_expression(text);
  if (!tree) return 0;
  const std::string printed = tmpl::print_expression(*tree);
  const auto again = tmpl::parse_expression(printed);
  if (again && tmpl::print_expression(*again) != printed) std::abort();
  tmpl::Context context;
  context.document = armature::JsonObject{};
  context.surroundings.scope =
      "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg";
  context.surroundings.new_guid = [] {
    return std::string("00000000-0000-4000-8000-000000000000");
  };
  tmpl::Evaluator evaluator(context, tmpl::Phase::kDefault);
  (void)evaluator.node(*tree);
  return 0;
}
