#include "sandbox/entra/graph_roles.h"

#include "base/bytes.h"

namespace armature::sandbox {
namespace {

constexpr GraphRole kRoles[] = {
    {"9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "Application.Read.All"           },
    {"1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", "Application.ReadWrite.All"      },
    {"18a4783c-866b-4cc7-a460-3d5e5662c884", "Application.ReadWrite.OwnedBy"  },
    {"06b708a9-e830-4db3-a914-8e69da51d44f", "AppRoleAssignment.ReadWrite.All"},
    {"7ab1d382-f21e-4acd-a863-ba3e13f7da61", "Directory.Read.All"             },
    {"19dbc75e-c2e2-444c-a770-ec69d8559fc7", "Directory.ReadWrite.All"        },
    {"5b567255-7703-4780-807c-7be8301ae99b", "Group.Read.All"                 },
    {"62a82d76-70ea-41e2-9197-370581804d09", "Group.ReadWrite.All"            },
    {"98830695-27a2-44f7-8c18-0c3ebc9698f6", "GroupMember.Read.All"           },
    {"dbaae8cf-10b5-4b86-a4a1-f871c94c6695", "GroupMember.ReadWrite.All"      },
    {"df021288-bdef-4463-88db-98f22de89214", "User.Read.All"                  },
    {"741f803b-c850-494e-b5df-cde7c675a1ca", "User.ReadWrite.All"             },
};

}  // namespace

std::span<const GraphRole> graph_roles() { return kRoles; }

const char* graph_role_value(std::string_view id) {
  for (const GraphRole& role : kRoles) {
    if (equal_ci(role.id, id)) return role.value;
  }
  return nullptr;
}

const char* graph_role_id(std::string_view value) {
  for (const GraphRole& role : kRoles) {
    if (equal_ci(role.value, value)) return role.id;
  }
  return nullptr;
}

}  // namespace armature::sandbox
