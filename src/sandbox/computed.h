#pragma once
// The table of properties that providers compute, by type: what templates read with reference().
//
//   value   text with places: <name> <lname> <top> (first part of the name) <location> <guid>
//           <hash> <thumbprint> <ip> <private> <subscription> <tenant> <group> <id>
//           <vaults> (domain and port of the vaults);
//           "=" in front: the rest is JSON
//   Set     only when the body that was put has no value there
#include <span>

namespace armature::sandbox {

struct Computed {
  const char* type;
  const char* path;
  const char* value;
};
std::span<const Computed> computed_properties();

}  // namespace armature::sandbox
