#pragma once
// ServerApi: the command line's conversation with a running server.
//
//   In        where the server is and the token, found once by find_server()
//   Errors    kUnavailable: nothing answers there, with how to start one; otherwise the server's
//   own
//             problem+json detail under the code its status means
//   Threads   one
#include <filesystem>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"
#include "cli/cli.h"

namespace armature::cli {

struct ServerAddress {
  std::string url;
  Secret token;
};

// The flag, else the environment, else the default.
std::filesystem::path data_dir_of(const Environment& environment, const std::string& flag);
// Flags first, then environment, then what the server left in its data directory.
Result<ServerAddress> find_server(const Environment& environment, const std::string& server_flag,
                                  const std::string& data_dir_flag);

class ServerApi {
 public:
  explicit ServerApi(ServerAddress address);
  ~ServerApi();
  Result<Json> get(const std::string& path);
  Result<Json> send(const std::string& method, const std::string& path, const Json& body);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace armature::cli
