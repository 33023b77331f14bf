#pragma once
// Requests whose path does not say where they act: queries of Resource Graph, moves of resources
// between groups, deletions of a deployment stack together with what it manages. Pure.
//
//   Errors   kInvalid: the body does not name the places, or names what is none
#include <vector>

#include "access/decide.h"
#include "arm/operation.h"
#include "base/json.h"
#include "base/result.h"

namespace armature::gateway {

// A query reads all that the identity may read: it is asked for at each subscription and management
// group that the body names, and refused when it names none.
bool is_graph_query(const arm::Operation& operation);
Status read_graph_query(const Json& body, std::vector<access::Ask>& asks);

// moveResources and validateMoveResources: write at the target group, and write of each resource
// where it is and where it goes.
bool is_move(const arm::Operation& operation);
Result<std::vector<arm::Need>> needs_of_move(const arm::Operation& operation, const Json& body);

// DELETE of a stack with unmanageAction.…=delete in its query; nothing for any other operation.
std::vector<arm::Need> deletes_of_stack(const arm::Operation& operation);

}  // namespace armature::gateway
