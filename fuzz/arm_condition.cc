// Any text as a condition, on a call that says much about itself: no crash, and what is read says
// the same twice.
#include <cstdlib>

#include "arm/condition.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using armature::Json;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto condition = armature::arm::Condition::parse(text);
  if (!condition) return 0;
  armature::arm::ConditionFacts facts;
  facts.action = "Microsoft.Authorization/roleAssignments/write";
  facts.set("Request", "a:b", Json("acdd72a7-3385-48ef-bd42-f606fba81ae7"));
  facts.set("Resource", "a:b", Json("2026-05-01T13:00:00Z"));
  facts.set("Principal", "a:b", boost::json::array{"x", "y", 5, true, nullptr});
  facts.set("Environment", "UtcNow", Json(12.5));
  if (condition->holds(facts) != condition->holds(facts)) std::abort();
  return 0;
}
