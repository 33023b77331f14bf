#pragma once
// What providers add to a resource that was put: end points, addresses, principals, ids.
//
//   render     the resource as GET shows it. Pure: the same record gives the same values, also
//   after
//              a restart, because they follow from the resource's id
//   Not here   values for types that the table does not name: a template that asks for one fails,
//   as
//              it should, instead of being told something made up
//   Threads    pure; `state` is read under the store's lock
#include <optional>
#include <string>

#include "sandbox/cloud.h"
#include "sandbox/store.h"

namespace armature::sandbox {

Json render(const Cloud& cloud, const State& state, const Record& record);
const char* provisioning_state(const Cloud& cloud, const Record& record);
// A resource that is written inside its parent: a subnet of its virtual network's body.
std::optional<Json> inline_child(const Cloud& cloud, const State& state, const std::string& id);
bool exists(const Cloud& cloud, const State& state, const std::string& id);
// Does its provider answer before the work is done?
bool is_slow_type(std::string_view type);
// A guid that follows from the sandbox, the resource and what it is for.
std::string stable_guid(const Cloud& cloud, std::string_view id, std::string_view purpose);
// Takes out what ARM never gives back: passwords, protected settings, values of secrets.
void drop_write_only(const std::string& type, Json& body);
// Is it the text that stands where a secret was?
bool is_kept_out(const Json& value);
// Replaces text that holds one of the secrets.
void drop_secrets(const std::vector<std::string>& secrets, Json& value);

}  // namespace armature::sandbox
