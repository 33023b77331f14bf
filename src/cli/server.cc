#include "cli/server.h"

#include "base/bytes.h"
#include "base/files.h"
#include "http/client.h"

namespace armature::cli {
namespace {

constexpr Micros kTimeout = std::chrono::seconds(60);
constexpr std::size_t kLargestAnswer = 256u << 20;  // a snapshot

Code code_of(int status) {
  switch (status) {
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kDenied;
    case 404:
      return Code::kNotFound;
    case 409:
      return Code::kConflict;
    case 400:
    case 422:
      return Code::kInvalid;
    default:
      return status >= 500 ? Code::kUnavailable : Code::kInternal;
  }
}

}  // namespace

std::filesystem::path data_dir_of(const Environment& environment, const std::string& flag) {
  std::string folder = flag.empty() ? environment.variable("ARMATURE__DATA_DIR") : flag;
  return folder.empty() ? ".armature" : std::move(folder);
}

Result<ServerAddress> find_server(const Environment& environment, const std::string& server_flag,
                                  const std::string& data_dir_flag) {
  const std::filesystem::path data_dir = data_dir_of(environment, data_dir_flag);
  ServerAddress address;
  address.url = server_flag.empty() ? environment.variable("ARMATURE_SERVER") : server_flag;
  if (address.url.empty()) {
    const auto file = read_file(data_dir / "server.json");
    if (!file) {
      return fail(Code::kUnavailable, "no server found: " + (data_dir / "server.json").string() +
                                          " is not there. Start one with 'armature standalone' (or "
                                          "'armature sandbox start'), or point to one with "
                                          "--server URL or --data-dir DIR");
    }
    ARMATURE_TRY(const Json found, parse_json(*file));
    address.url = text_at(found, "url");
  }
  address.token = Secret(environment.variable("ARMATURE_API_TOKEN"));
  if (address.token.empty()) {
    auto file = read_file(data_dir / "api_token");
    if (!file) {
      return fail(Code::kUnauthenticated, "no token: set ARMATURE_API_TOKEN, or make " +
                                              (data_dir / "api_token").string() + " readable");
    }
    address.token = Secret(std::string(trim(*file)));
  }
  return address;
}

struct ServerApi::Impl {
  ServerAddress address;
  http::Runtime runtime{
      {1, 1}
  };
  http::Client client{
      runtime, {.ca_pem = "", .max_body_bytes = kLargestAnswer}
  };
};

ServerApi::ServerApi(ServerAddress address) : impl_(std::make_unique<Impl>()) {
  impl_->address = std::move(address);
}

ServerApi::~ServerApi() = default;

Result<Json> ServerApi::get(const std::string& path) { return send("GET", path, nullptr); }

Result<Json> ServerApi::send(const std::string& method, const std::string& path, const Json& body) {
  http::Request request;
  request.method = method;
  request.target = impl_->address.url + path;
  request.headers.set("Authorization", "Bearer " + impl_->address.token.reveal());
  if (!body.is_null()) {
    request.headers.set("Content-Type", "application/json");
    request.body = dump(body);
  }
  const http::Outcome outcome = impl_->client.send_and_wait(std::move(request), kTimeout);
  if (!outcome.response) {
    return fail(Code::kUnavailable,
                "the server at " + impl_->address.url + " does not answer (" +
                    outcome.response.error().message +
                    "). Is 'armature standalone' or 'armature sandbox start' running?");
  }
  const http::Response& response = *outcome.response;
  Json answer;
  if (!response.body.empty()) {
    auto parsed = parse_json(response.body, 256);
    if (parsed) answer = std::move(*parsed);
  }
  if (response.status >= 400) {
    const std::string detail = text_at(answer, "detail", "HTTP " + std::to_string(response.status));
    return fail(code_of(response.status), detail);
  }
  return answer;
}

}  // namespace armature::cli
