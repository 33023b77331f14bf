#pragma once
// links_of, references_in: what the body of a request refers to, and the action that its sender
// needs there: a network interface joins a subnet, a site joins its plan, anything with an identity
// assigns it.
//
//   links_of        what a PUT or PATCH of the type refers to, after link_table.h
//   references_in   every other text that is the id of a resource in a subscription, with the
//   action
//                   that the table has for resources of that type, or else to read it. ARM asks
//                   less of most of them; who narrows rights below those of an identity asks for
//                   all
//   opaque_link     of a template's resource: where an expression stands in the way of a row of the
//                   table, so that what it links to is not seen; empty: nowhere
//   Errors          kInvalid: a text that begins as such an id and goes on as none
//   Source          resource-provider operations of Azure's roles; linked access checks of the
//                   resource-provider contract
//   Threads         pure
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace armature::arm {

struct Link {
  std::string action;  // "read": of whatever type the id names
  std::string target;  // as written in the body
  std::string path;    // where: "properties.ipConfigurations[0].properties.subnet.id"
};
std::vector<Link> links_of(std::string_view type, const Json& body);
std::string opaque_link(std::string_view type, const Json& resource);
Result<std::vector<Link>> references_in(const Json& body);

}  // namespace armature::arm
