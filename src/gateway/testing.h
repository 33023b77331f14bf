#pragma once
// A small Azure for the gateway's tests: a token endpoint and a resource store behind one port,
// that counts effects and fails on demand. Included by tests only.
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "arm/error_body.h"
#include "base/bytes.h"
#include "base/json.h"
#include "base/time.h"
#include "http/testing.h"

namespace armature::gateway::testing {

enum class Fault { kNone, kStatus, kStatusAfter, kDropBefore, kDropAfter, kUnauthorized, kActive };
struct Trouble {
  Fault fault = Fault::kNone;
  int status = 0;
  std::string retry_after;
};

class SmallAzure {
 public:
  explicit SmallAzure(http::Runtime& runtime) : server_(runtime) {
    server_.otherwise([this](const http::Request& request) { return answer(request); });
  }

  std::string url() const {
    std::string text = server_.url("");
    return text;
  }
  void trouble(Trouble trouble) {
    const std::lock_guard lock(mutex_);
    troubles_.push_back(std::move(trouble));
  }
  // Effects by "METHOD path", and requests that reached ARM by method.
  int effects(const std::string& what) const {
    const std::lock_guard lock(mutex_);
    const auto found = effects_.find(to_lower(what));
    return found == effects_.end() ? 0 : found->second;
  }
  int calls(const std::string& method) const {
    const std::lock_guard lock(mutex_);
    int count = 0;
    for (const auto& request : requests_) count += request.method == method ? 1 : 0;
    return count;
  }
  int tokens() const {
    const std::lock_guard lock(mutex_);
    return tokens_;
  }
  std::vector<http::Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  http::Request last() const {
    const std::lock_guard lock(mutex_);
    return requests_.back();
  }
  void put(const std::string& path, Json body) {
    const std::lock_guard lock(mutex_);
    resources_[to_lower(path)] = std::move(body);
  }
  void set_state(const std::string& path, const std::string& state) {
    const std::lock_guard lock(mutex_);
    resources_[to_lower(path)].as_object()["properties"].as_object()["provisioningState"] = state;
  }
  void start_in_state(const std::string& state) {
    const std::lock_guard lock(mutex_);
    first_state_ = state;
  }
  void give_etags() {
    const std::lock_guard lock(mutex_);
    etags_ = true;
  }
  void touch(const std::string& path) {  // it has another etag from now on
    const std::lock_guard lock(mutex_);
    ++versions_[to_lower(path)];
  }
  // Called with each ARM request before it has an effect.
  std::function<void(const http::Request&)> watch;

 private:
  std::optional<http::Response> answer(const http::Request& request) {
    if (request.target.find("/oauth2/") != std::string::npos) return token();
    if (watch) watch(request);
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    Trouble trouble;
    if (!troubles_.empty()) {
      trouble = troubles_.front();
      troubles_.pop_front();
    }
    if (trouble.fault == Fault::kDropBefore) return std::nullopt;
    if (trouble.fault == Fault::kUnauthorized) return error(401, "ExpiredAuthenticationToken");
    if (trouble.fault == Fault::kActive) return error(409, "DeploymentActive");
    if (trouble.fault == Fault::kStatus) {
      http::Response response = error(trouble.status, "Trouble");
      if (!trouble.retry_after.empty()) response.headers.set("Retry-After", trouble.retry_after);
      return response;
    }
    http::Response done = act(request);
    if (trouble.fault == Fault::kDropAfter) return std::nullopt;
    if (trouble.fault == Fault::kStatusAfter) return error(trouble.status, "Trouble");
    done.headers.set("x-ms-correlation-request-id", "correlation-1");
    return done;
  }

  http::Response token() {
    const std::lock_guard lock(mutex_);
    ++tokens_;
    return http::json_response(
        200, R"({"token_type":"Bearer","expires_in":3599,"access_token":"azure-token-)" +
                 std::to_string(tokens_) + "-planted\"}");
  }

  static http::Response error(int status, const char* code) {
    return http::json_response(status, dump(arm::error_json(code, "as scripted")));
  }

  static http::Response running() {
    http::Response response = http::json_response(200, R"({"status":"InProgress"})");
    response.headers.set("Retry-After", "600");
    return response;
  }

  http::Response with_etag(const std::string& path, http::Response response) {
    if (etags_) response.headers.set("ETag", "\"" + std::to_string(versions_[path]) + "\"");
    return response;
  }

  http::Response patch(const http::Request& request, const std::string& path) {
    const auto condition = request.headers.get("If-Match");
    if (condition && *condition != "\"" + std::to_string(versions_[path]) + "\"") {
      return error(412, "PreconditionFailed");
    }
    ++effects_["patch " + path];
    ++versions_[path];
    JsonObject& members = resources_[path].as_object();
    const Json body = *parse_json(request.body);
    for (const auto& member : body.as_object()) {
      members[member.key()] = member.value();
    }
    return with_etag(path, http::json_response(200, dump(resources_[path])));
  }

  http::Response act(const http::Request& request) {
    const std::string path = to_lower(http::path_of(request.target));
    const auto found = resources_.find(path);
    if (request.method == "GET") {
      const bool poll = path.find("/operationstatuses/") != std::string::npos;
      if (poll && found == resources_.end()) return running();
      if (found == resources_.end()) return error(404, "ResourceNotFound");
      return with_etag(path, http::json_response(200, dump(found->second)));
    }
    if (request.method == "PATCH") return patch(request, path);
    ++effects_[to_lower(request.method) + " " + path];
    if (request.method == "DELETE") {
      resources_.erase(path);
      return http::Response{200, {}, ""};
    }
    if (request.method == "POST") return http::json_response(200, R"({"keys":["k"]})");
    Json body = parse_json(request.body).has_value() ? *parse_json(request.body) : JsonObject();
    JsonObject& members = body.as_object();
    if (members["properties"].is_null()) members["properties"] = JsonObject();
    members["properties"].as_object()["provisioningState"] = first_state_;
    members["properties"].as_object()["timestamp"] = to_rfc3339(clock_.now());
    const bool is_new = found == resources_.end();
    resources_[path] = body;
    http::Response response = http::json_response(is_new ? 201 : 200, dump(body));
    if (first_state_ != "Succeeded") {
      response.headers.set(
          "Azure-AsyncOperation",
          url() + "/subscriptions/" + "11111111-1111-1111-1111-111111111111" +
              "/providers/Microsoft.Storage/locations/west/operationStatuses/7?s=x");
    }
    return response;
  }

  mutable std::mutex mutex_;
  SystemClock clock_;
  std::deque<Trouble> troubles_;
  std::map<std::string, int> effects_;
  std::map<std::string, Json> resources_;
  std::vector<http::Request> requests_;
  std::string first_state_ = "Succeeded";
  std::map<std::string, int> versions_;
  bool etags_ = false;
  int tokens_ = 0;
  http::testing::FakeUpstream server_;  // last: it is gone before what its answers use
};

}  // namespace armature::gateway::testing
