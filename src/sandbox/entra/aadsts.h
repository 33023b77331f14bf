#pragma once
// Entra's refusals: which AADSTS code, which OAuth error, which status, and the body around them.
//
//   Source    learn.microsoft.com, "Microsoft Entra authentication and authorization error codes"
#include <string>

#include "http/message.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {

struct EntraError {
  int code = 0;  // of AADSTS
  std::string text;

  // "invalid_client", "invalid_request" …: follows from the code.
  std::string_view oauth_error() const;
  int status() const;  // 401 for a client that could not prove itself, otherwise 400
};

http::Response entra_refusal(Cloud& cloud, const http::Request& request, const EntraError& error);
EntraError missing_parameter(std::string_view name);
EntraError malformed_request();
// "2026-11-24 08:30:00Z", as Entra prints times.
std::string entra_time(Instant at);

}  // namespace armature::sandbox
