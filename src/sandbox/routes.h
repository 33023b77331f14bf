#pragma once
// The routes of ARM, one function each; routes.cc chooses among them.
//
//   Reads     get State, changes get Change: both run under the store's lock and only compute
//   Before    rights, subscription and resource group are already checked
//   Out       ARM's answer with ARM's own codes and texts; facts of learn.microsoft.com,
//             "common deployment errors" and the resource-provider contract
#include "sandbox/cloud.h"

namespace armature::sandbox {

ArmAnswer route_read(Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer route_change(Cloud& cloud, Change& change, const ArmCall& call);
// The checks before any route: is the subscription ours, is the group there and not on its way out?
std::optional<ArmAnswer> check_scope(const Cloud& cloud, const State& state, const ArmCall& call);

// groups.cc
Json subscription_json(const Cloud& cloud, const State& state);
ArmAnswer list_subscriptions(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer list_tenants(const Cloud& cloud);
const Record* find_group(const Cloud& cloud, const State& state, std::string_view id);
ArmAnswer get_group(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer put_group(Cloud& cloud, Change& change, const ArmCall& call);
ArmAnswer patch_group(Cloud& cloud, Change& change, const ArmCall& call);
ArmAnswer delete_group(Cloud& cloud, Change& change, const ArmCall& call);

// resources.cc
ArmAnswer get_resource(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer put_resource(Cloud& cloud, Change& change, const ArmCall& call);
ArmAnswer patch_resource(Cloud& cloud, Change& change, const ArmCall& call);
ArmAnswer delete_resource(Cloud& cloud, Change& change, const ArmCall& call);
ArmAnswer post_action(Cloud& cloud, Change& change, const ArmCall& call);
ArmAnswer resource_not_found(const std::string& id);
// Takes out everything below an id: resources, assignments, deployments, their steps.
void erase_below(const Cloud& cloud, Change& change, const std::string& id);

// front/lists.cc
ArmAnswer list_groups(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer list_resources(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer list_of_type(const Cloud& cloud, const State& state, const ArmCall& call);

// polls.cc
ArmAnswer poll_operation(const Cloud& cloud, const State& state, const ArmCall& call);

// list_actions.cc: what listKeys and its like answer; nothing when the type has no such action.
std::optional<Json> list_action(const Cloud& cloud, const Record& record, std::string_view action);

}  // namespace armature::sandbox
