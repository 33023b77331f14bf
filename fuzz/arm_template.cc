// Any document as an ARM template: a plan or ARM's error, never a crash.
#include "base/json.h"
#include "sandbox/template/template.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  namespace tmpl = armature::sandbox::tmpl;
  const auto document = armature::parse_json({reinterpret_cast<const char*>(data), size});
  if (!document) return 0;
  tmpl::Surroundings surroundings;
  surroundings.scope = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg";
  surroundings.new_guid = [] { return std::string("00000000-0000-4000-8000-000000000000"); };
  (void)tmpl::expand(*document, armature::JsonObject{}, surroundings);
  return 0;
}
