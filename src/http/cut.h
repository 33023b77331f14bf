#pragma once
// cut_after: an answer that breaks off: its head says the whole length, `bytes` of the body follow,
// then the connection closes. With all of them the answer is whole, and the connection closes
// without having said so: what is sent on it next finds it gone. For servers that play a failing
// one.
//
//   How  a pseudo-header, whose name no peer can send and the writer writes for none
#include <optional>

#include "http/message.h"

namespace armature::http {

Response cut_after(Response response, std::size_t bytes);
std::optional<std::size_t> cut_of(const Response& response);

}  // namespace armature::http
