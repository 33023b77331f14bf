// Any request line: no crash, and what is accepted is canonical: parsing it again changes nothing.
#include <cstdlib>

#include "arm/error_body.h"
#include "arm/operation.h"
#include "arm/resource_id.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto id = armature::arm::ResourceId::parse(text)) {
    const auto again = armature::arm::ResourceId::parse(id->text);
    if (!again || again->text != id->text) std::abort();
  }
  for (const char* method : {"GET", "PUT", "POST", "DELETE"}) {
    const auto operation = armature::arm::operation_of(method, text);
    if (operation && operation->scope.find("..") == 0) std::abort();
  }
  armature::arm::read_error(400, text);
  return 0;
}
