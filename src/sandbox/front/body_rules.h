#pragma once
// What the envelope of a resource must look like whatever its type, and its ETag.
//
//   check_envelope      the fields that ARM itself reads have their types; id, name and type, where
//                       given, are the path's; provisioningState is not the caller's to change;
//                       tags keep their rules
//   etag_of             of a type that has one: it follows from the content and the time of its
//                       last change. "" for the others
//   check_conditions    If-Match and If-None-Match, by the matrix of the resource-provider
//                       contract. "*" holds for every type, an etag only where there is one
//   Errors              400 InvalidRequestContent and others, 412 PreconditionFailed
//   Threads             pure
#include <optional>
#include <string>

#include "arm/resource_id.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {

std::optional<ArmAnswer> check_envelope(const Cloud& cloud, const ArmCall& call,
                                        const arm::ResourceId& id, const Record* old);
std::string etag_of(const Record& record);
// `old`: what is there, null when nothing is.
std::optional<ArmAnswer> check_conditions(const ArmCall& call, const Record* old);

}  // namespace armature::sandbox
