#pragma once
// What crosses the gateway, in both directions. Pure.
//
//   Requests   an allow list: what ARM and its clients use. Not among them: credentials of any kind
//              (also x-ms-authorization-auxiliary), cookies, Host, hop-by-hop and forwarding
//              headers, and the ones that make another method of a request
//   Answers    a deny list: hop-by-hop, cookies, challenges and what describes the connection
//   Links      poll URLs and nextLink of the upstream's host come out with the gateway's, path and
//              query untouched (they are signed); links to other hosts stay as they are
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace armature::gateway {

http::Headers request_headers(const http::Headers& from_client);
void strip_answer_headers(http::Headers& headers);

// From one origin to another, both like "https://host:port". Nothing when the URL is of no or
// another host.
std::optional<std::string> move_link(std::string_view url, std::string_view from,
                                     std::string_view to);
void move_links(http::Response& response, std::string_view from, std::string_view to);

// The path and query of a request: a path as it is, or a URL of one of our two origins (a client
// that was given a poll URL may use it whole). Nothing for any other host.
std::optional<std::string> local_target(std::string_view target, std::string_view public_url,
                                        std::string_view upstream_url);

// Characters that may not stand in a path as they are, percent-encoded; "%" as well.
std::string encode_path(std::string_view decoded);

// "https://host:port/…" without what follows the authority.
std::string origin_of(std::string_view url);

}  // namespace armature::gateway
