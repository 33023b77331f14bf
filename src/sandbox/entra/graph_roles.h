#pragma once
// The application permissions of Microsoft Graph that the sandbox knows: a token for Graph names
// them in its "roles", and a route of Graph asks for one of them.
//
//   Source    learn.microsoft.com, "Microsoft Graph permissions reference"
#include <span>
#include <string_view>

namespace armature::sandbox {

struct GraphRole {
  const char* id;
  const char* value;
};
std::span<const GraphRole> graph_roles();
const char* graph_role_value(std::string_view id);  // null when unknown
const char* graph_role_id(std::string_view value);  // null when unknown

}  // namespace armature::sandbox
