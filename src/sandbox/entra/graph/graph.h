#pragma once
// Microsoft Graph v1.0, the sliver of it that manages the identities of Azure: applications,
// service principals, users, groups, and the look-ups of `az role assignment` and `az ad`.
//
//   Paths     /v1.0/{applications|servicePrincipals|users|groups|directoryObjects|me|organization}
//   Rights    a token for Graph, and in it one of the permissions that Graph itself asks for: a
//             client without any is refused, as an application in Azure is
//   Errors    {"error":{"code","message","innerError"}}: InvalidAuthenticationToken,
//             Authorization_RequestDenied, Request_ResourceNotFound, Request_BadRequest
//   Threads   any but I/O threads: changes wait for the database
//   Not here  sign-ins, owners, invitations, licences, the recycle bin
//   Source    learn.microsoft.com, "Microsoft Graph REST API v1.0 reference"
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "sandbox/cloud.h"

namespace armature::sandbox::graph {

bool is_graph_path(std::string_view path);
http::Response serve_graph(Cloud& cloud, const http::Request& request);

// One request, taken apart.
struct Call {
  std::string method;
  std::vector<std::string> path;  // after "v1.0": "applications", "ID", "addPassword"
  std::vector<std::pair<std::string, std::string>> query;
  Json body;  // null: none came
  std::string query_value(std::string_view name) const;
};

struct Answer {
  int status = 200;
  Json body;  // null: none
};
Answer refuse(int status, std::string_view code, std::string_view message);
Answer not_found(std::string_view id);
Answer bad_request(std::string_view message);
Answer no_such_segment(const Call& call);
// {"@odata.context","value":[…]}: filtered by $filter, in pages by $top.
Answer list_of(const Cloud& cloud, const Call& call, std::vector<Json> objects);
Answer one_of(const Cloud& cloud, const Call& call, int status, Json object);

// Each takes the calls below its collections.
Answer applications(Cloud& cloud, Change& change, const Call& call);
Answer service_principals(Cloud& cloud, Change& change, const Call& call);
Answer users(Cloud& cloud, Change& change, const Call& call);
Answer groups(Cloud& cloud, Change& change, const Call& call);
Answer directory_objects(const Cloud& cloud, const State& state, const Call& call);

}  // namespace armature::sandbox::graph
