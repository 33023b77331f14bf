#pragma once
// The front of the sandbox: one HTTP request to its answer, Entra or ARM.
//
//   Order     metadata, Entra; for ARM: the request's meaning, api-version, subscription, token,
//             body, then Cloud::perform
//   Threads   any; never on an I/O thread
#include "http/message.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {

http::Response serve(Cloud& cloud, const http::Request& request);
bool is_arm_path(std::string_view path);

}  // namespace armature::sandbox
