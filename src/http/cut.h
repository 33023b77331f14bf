#pragma once
// cut_after: an answer that breaks off: its head says the whole length, `bytes` of the body follow,
// then the connection closes. With all of them the answer is whole, and the connection closes
// without having said so: what is sent on it next finds it gone.
// cut_in_head: one that breaks off in the middle of its head.
// For servers that play a failing one.
//
//   How  pseudo-headers, whose names no peer can send; the writer writes none
#include <optional>

#include "http/message.h"

namespace armature::http {

Response cut_after(Response response, std::size_t bytes);
std::optional<std::size_t> cut_of(const Response& response);
Response cut_in_head(Response response);
bool is_cut_in_head(const Response& response);

}  // namespace armature::http
