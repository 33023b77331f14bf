// Whole requests to the sandbox's front, with a token that holds and one that does not: no crash,
// and an answer that is ARM's: a status, and JSON with a code where it is an error.
//   First line: METHOD target; second: If-Match; the rest: the body.
#include <cstdlib>

#include "base/bytes.h"
#include "base/random.h"
#include "sandbox/apps.h"
#include "sandbox/cloud.h"
#include "sandbox/frontend.h"

namespace {

using namespace std::string_literals;
using armature::sandbox::Cloud;

constexpr const char* kSecret = "the secret of the fuzzer";
constexpr const char* kSubscription = "11111111-1111-4111-8111-111111111111";

struct World {
  armature::SystemClock clock;
  armature::SystemRandom random;
  armature::Redactor redactor;
  armature::Log log{[](std::string_view) {}, clock, redactor, armature::Level::kError};
  armature::http::Runtime runtime{
      {1, 2}
  };
  std::unique_ptr<Cloud> cloud;
  std::string token;

  World() {
    armature::sandbox::Options options;
    options.subscription_id = kSubscription;
    options.provisioning_time = armature::Micros{0};
    cloud = *Cloud::open(options, runtime, nullptr, clock, random, log);
    armature::sandbox::AppSeed seed{"fuzzer", armature::Secret(kSecret), {{"Owner", ""}}};
    const auto app = *armature::sandbox::ensure_app(*cloud, seed);
    armature::http::Request request;
    request.method = "POST";
    request.target = "/" + cloud->tenant() + "/oauth2/v2.0/token";
    request.body = "grant_type=client_credentials&client_id=" + app.client_id +
                   "&client_secret=the+secret+of+the+fuzzer"
                   "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default";
    const auto answer = serve(*cloud, request);
    token = armature::text_at(*armature::parse_json(answer.body), "access_token");
    if (token.empty()) std::abort();
    request.method = "PUT";
    request.target =
        "/subscriptions/"s + kSubscription + "/resourceGroups/rg?api-version=2021-04-01";
    request.headers.set("Authorization", "Bearer " + token);
    request.body = R"({"location":"westeurope"})";
    if (serve(*cloud, request).status != 201) std::abort();
  }
};

std::string line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string out(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static std::unique_ptr<World> world;
  static int runs = 0;
  if (!world || ++runs % 2000 == 0) world = std::make_unique<World>();  // it must not grow
  std::string_view text(reinterpret_cast<const char*>(data), size);
  armature::http::Request request;
  const std::string first = line(text);
  const std::size_t blank = std::min(first.find(' '), first.size());
  request.method = first.substr(0, blank);
  request.target = first.substr(std::min(blank + 1, first.size()));
  if (const std::string match = line(text); !match.empty()) request.headers.set("If-Match", match);
  request.headers.set("Authorization", "Bearer " + (size % 16 == 7 ? "x"s : world->token));
  request.body = std::string(text);
  request.peer = "127.0.0.1";
  const auto answer = serve(*world->cloud, request);
  if (answer.status < 200 || answer.status > 599) std::abort();
  if (answer.status >= 500 && answer.status != 501) std::abort();
  if (answer.status >= 400 && request.method != "HEAD" && !answer.body.empty() &&
      !armature::parse_json(answer.body, 256)) {
    std::abort();
  }
  return 0;
}
