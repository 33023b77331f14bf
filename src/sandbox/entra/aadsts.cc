#include "sandbox/entra/aadsts.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/time.h"

namespace armature::sandbox {
namespace {

struct Row {
  int code;
  const char* error;
};
constexpr std::array kErrors = {
    Row{700016,  "unauthorized_client"    },
    Row{7000112, "unauthorized_client"    },
    Row{7000229, "unauthorized_client"    },
    Row{700021,  "invalid_client"         },
    Row{700023,  "invalid_client"         },
    Row{700024,  "invalid_client"         },
    Row{700027,  "invalid_client"         },
    Row{70021,   "invalid_client"         },
    Row{700211,  "invalid_client"         },
    Row{700212,  "invalid_client"         },
    Row{700213,  "invalid_client"         },
    Row{700229,  "invalid_client"         },
    Row{7000215, "invalid_client"         },
    Row{7000218, "invalid_client"         },
    Row{7000222, "invalid_client"         },
    Row{7000272, "invalid_client"         },
    Row{7002138, "invalid_client"         },
    Row{50013,   "invalid_client"         },
    Row{50027,   "invalid_client"         },
    Row{50034,   "invalid_grant"          },
    Row{50126,   "invalid_grant"          },
    Row{53003,   "invalid_grant"          },
    Row{70000,   "invalid_grant"          },
    Row{9002313, "invalid_request"        },
    Row{70003,   "unsupported_grant_type" },
    Row{70011,   "invalid_scope"          },
    Row{700022,  "invalid_scope"          },
    Row{500011,  "invalid_resource"       },
    Row{50049,   "invalid_instance"       },
    Row{90033,   "temporarily_unavailable"},
};

// The caller's own id when it gave one, as Entra gives it back.
std::string correlation_of(Cloud& cloud, const http::Request& request) {
  const std::string given = request.headers.get("client-request-id").value_or("");
  return is_uuid(given) ? given : cloud.random().uuid();
}

}  // namespace

std::string_view EntraError::oauth_error() const {
  const auto row = std::ranges::find(kErrors, code, &Row::code);
  return row == kErrors.end() ? "invalid_request" : row->error;
}

int EntraError::status() const {
  if (code == 90033) return 503;
  return oauth_error() == "invalid_client" ? 401 : 400;
}

std::string entra_time(Instant at) {
  std::string text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(at));
  text[10] = ' ';
  return text;
}

http::Response entra_refusal(Cloud& cloud, const http::Request& request, const EntraError& error) {
  const std::string trace = cloud.random().uuid();
  const std::string correlation = correlation_of(cloud, request);
  const std::string now = entra_time(cloud.clock().now());
  const std::string number = std::to_string(error.code);
  const std::string text = "AADSTS" + number + ": " + error.text + " Trace ID: " + trace +
                           " Correlation ID: " + correlation + " Timestamp: " + now;
  auto response = http::json_response(
      error.status(),
      dump(JsonObject{
          {"error",             error.oauth_error()                                     },
          {"error_description", text                                                    },
          {"error_codes",       JsonArray{error.code}                                   },
          {"timestamp",         now                                                     },
          {"trace_id",          trace                                                   },
          {"correlation_id",    correlation                                             },
          {"error_uri",         "https://login.microsoftonline.com/error?code=" + number}
  }));
  response.headers.set("Cache-Control", "no-store, no-cache");
  response.headers.set("Pragma", "no-cache");
  response.headers.set("x-ms-request-id", trace);
  if (error.status() == 503) response.headers.set("Retry-After", "1");
  return response;
}

EntraError missing_parameter(std::string_view name) {
  return {900144,
          "The request body must contain the following parameter: '" + std::string(name) + "'."};
}

EntraError malformed_request() {
  return {9002313, "Invalid request. Request is malformed or invalid."};
}

}  // namespace armature::sandbox
