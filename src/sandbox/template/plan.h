#pragma once
// What a Plan holds: the shared context, all sources, and which of them are its resources.
#include "sandbox/template/resources.h"

namespace armature::sandbox::tmpl {

struct Plan::Impl {
  Context context;
  Directory directory;
  std::vector<Resource> resources;
  std::vector<std::size_t> source_of;  // index into the directory, by resource index
  std::vector<Unidentified> unidentified;
};

// ARM's wrapper around the detail of an invalid template; other codes pass unchanged.
TemplateError validation_failed(const Context& context, TemplateError error);
// With the line and column of its path, where the text is at hand, also in its message. `shown`:
// the path that the message speaks of, when it is another one.
TemplateError located(const Context& context, TemplateError error, std::string_view shown = "");

}  // namespace armature::sandbox::tmpl
