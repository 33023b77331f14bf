#pragma once
// What a deployment request links to: templateLink {uri | relativePath | id, contentVersion,
// queryString} and parametersLink {uri, contentVersion}, read before anything is evaluated.
//
//   relativePath   continues the link of the deployment that this one is nested in: its URI, or its
//                  template spec's linked templates
//   id             a version of a template spec, read in the caller's name
//   Errors         the 400 or 404 as ARM words it: InvalidContentLink, InvalidTemplate…
//   Threads        any
//   Source         learn.microsoft.com, "Using linked and nested templates"
#include <memory>
#include <optional>
#include <string>

#include "sandbox/cloud.h"

namespace armature::sandbox {

struct Content {
  Json document;
  Json parameters;     // {name: {"value" or "reference"}} as in a request
  Json template_link;  // as ARM shows it, with an absolute uri; null: the template came inline
  Json parameters_link;
  std::shared_ptr<const std::string> text;  // the template as its author wrote it; or null
};

// Nothing: `out` is filled.
std::optional<ArmAnswer> follow_links(Cloud& cloud, const ArmCall& call, const Json& properties,
                                      const Json& parent_link, Content& out);

}  // namespace armature::sandbox
