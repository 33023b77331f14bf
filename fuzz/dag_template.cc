// Any template over a small context: a value or an error, within the limits.
#include "dag/render.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  armature::JsonObject context;
  context["params"] = armature::JsonObject{
      {"env",  "dev"                               },
      {"n",    3                                   },
      {"list", armature::JsonArray{1, "a", nullptr}}
  };
  context["ds"] = "2026-01-01";
  const auto parsed = armature::dag::Template::parse({reinterpret_cast<const char*>(data), size});
  if (!parsed) return 0;
  parsed->names();
  (void)parsed->render_text(context);
  (void)parsed->render_value(context);
  return 0;
}
