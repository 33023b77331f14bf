// Requests that try to get past the gateway, each as bytes on a socket: rows of
// tests/cases/evasions, with what must come back and what may reach the upstream (nothing, unless
// the row says so). Rows are made of
//   raw                the whole request; or method, target, headers (null leaves a usual one out),
//                      body, encoding
//   role, scope        of the task's grant; Contributor on {group} unless told
//   longer_by          so many letters more at the end of the target
//   status, code       of the answer; code is ARM's
//   sent               "METHOD target" of each request that reaches the upstream
//   sent_headers       what the last of them carries; null: not at all
// and may use {group}, {account}, …, {token} and the tokens that do not hold, and {hex:c0ae}.
#include <fstream>

#include "base/crypto.h"
#include "gateway/gateway_testing.h"
#include "http/raw_testing.h"
#include "identity/jwt.h"

namespace armature::gateway {
namespace {

using Texts = std::map<std::string, std::string>;

JsonArray rows() {
  JsonArray out;
  const auto folder = std::filesystem::path(ARMATURE_SOURCE_DIR) / "tests/cases/evasions";
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) files.push_back(file);
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    const Json all = http::testing::must(parse_json(text.str()));
    for (Json row : all.as_array()) {
      row.as_object()["file"] = file.stem().string();
      out.push_back(std::move(row));
    }
  }
  return out;
}

std::string filled(std::string text, const Texts& texts) {
  for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string::npos) break;
    const std::string name = text.substr(at + 1, end - at - 1);
    if (name.starts_with("hex:")) {
      text.replace(at, end + 1 - at, http::testing::must(from_hex(name.substr(4))));
    } else if (const auto found = texts.find(name); found != texts.end()) {
      text.replace(at, end + 1 - at, found->second);
      at += found->second.size() - 1;
    }
  }
  return text;
}

std::string encoded(const std::string& body, const std::string& encoding) {
  if (encoding.empty()) return body;
  std::string out = encoding == "utf-16le" ? "\xFF\xFE" : "\xFE\xFF";
  for (const char c : body) {
    out += encoding == "utf-16le" ? std::string{c, '\0'} : std::string{'\0', c};
  }
  return out;
}

// A token as an attacker would make it: any header, any claims, any key.
std::string forged(const std::string& header, const JsonObject& claims, const std::string& key) {
  const std::string input = to_base64url(header) + "." + to_base64url(dump(claims));
  return input + "." + (key.empty() ? "" : to_base64url(hmac_sha256(key, input)));
}

class Evasion : public GatewayTest, public ::testing::WithParamInterface<Json> {
 protected:
  Evasion()
      : server(threads.runtime, {}, http::coroutine(threads.runtime, [this](http::Request request) {
                 return gateway->handle(std::move(request));
               })) {
    http::testing::must(server.start());
    azure.put(kGroup, JsonObject{});
    azure.put(kGroup.substr(0, kGroup.size() - 2) + "RG", JsonObject{});
  }
  ~Evasion() override { server.stop(); }

  // A database a row: in memory, where the machine has such a folder, because a row waits for the
  // disk otherwise and says nothing about it.
  static void SetUpTestSuite() {
    const char* before = std::getenv("TMPDIR");
    temporary() = before ? before : "";
    if (std::filesystem::is_directory("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 1);
  }
  static void TearDownTestSuite() {
    if (temporary().empty()) {
      ::unsetenv("TMPDIR");
    } else {
      ::setenv("TMPDIR", temporary().c_str(), 1);
    }
  }
  static std::string& temporary() {
    static std::string before;
    return before;
  }

  static constexpr const char* kKey = "0123456789abcdef0123456789abcdef";

  Texts texts(const std::string& role, const std::string& scope) {
    const Attempt attempt = attempt_of("t", 2);
    http::testing::must(grants->put(attempt, "deployer", {grant(role.c_str(), scope)}));
    const auto issue = [&](const Attempt& to) {
      return http::testing::must(attempts.issue(to, std::chrono::hours(1))).reveal();
    };
    const std::string stale = issue(attempt_of("t", 1));
    const std::string ended = issue(attempt_of("ended"));
    attempts.revoke(attempt_of("ended"));
    const std::string token = issue(attempt);
    Texts out{
        {"token",        token                                       },
        {"stale",        stale                                       },
        {"ended",        ended                                       },
        {"subscription", kSubscription                               },
        {"group",        kGroup                                      },
        {"account",      kAccount                                    },
        {"other",        kSubscription + "/resourceGroups/other"     },
        {"host",         "127.0.0.1:" + std::to_string(server.port())}
    };
    const JsonObject good =
        http::testing::must(identity::verify_hs256(token, Secret(kKey), {}, clock.now())).claims;
    add_forgeries(out, token, good);
    return out;
  }

  static void add_forgeries(Texts& out, const std::string& token, const JsonObject& good) {
    const std::string signature = token.substr(token.rfind('.'));
    const std::string payload = token.substr(0, token.rfind('.')).substr(token.find('.'));
    const std::string usual = R"({"alg":"HS256","typ":"JWT"})";
    out["unsigned"] = forged(R"({"alg":"none"})", good, "");
    out["none_signed"] = to_base64url(R"({"alg":"none"})") + payload + signature;
    out["None"] = forged(R"({"alg":"None"})", good, kKey);
    out["rs256"] = forged(R"({"alg":"RS256"})", good, kKey);
    out["no_signature"] = token.substr(0, token.rfind('.') + 1);
    out["cut"] = token.substr(0, token.size() - 4);
    out["longer"] = token + "AAAA";
    out["kid_null"] =
        forged(R"({"alg":"HS256","kid":"../../../../dev/null"})", good, std::string(1, '\0'));
    out["kid_sql"] = forged(R"({"alg":"HS256","kid":"x' UNION SELECT 'k"})", good, "k");
    out["jwk"] = forged(R"({"alg":"HS256","jwk":{"kty":"oct","k":"a2V5"}})", good, "key");
    out["jku"] = forged(R"({"alg":"HS256","jku":"https://evil.example/keys"})", good, "key");
    out["crit"] = forged(R"({"alg":"HS256","crit":["b64"],"b64":false})", good, kKey);
    out["two_algs"] = forged(R"({"alg":"HS256","alg":"none"})", good, kKey);
    const auto with = [&](const char* name, Json value) {
      JsonObject claims = good;
      claims[name] = std::move(value);
      return forged(usual, claims, kKey);
    };
    out["audience"] = with("aud", "https://management.azure.com/");
    out["issuer"] = with("iss", "https://sts.windows.net/x/");
    out["expired"] = with("exp", 1'000'000'000);
    out["endless"] = with("exp", "never");
    out["early"] = with("nbf", 99'000'000'000);
    out["next_fence"] = with("fence", 3);
    out["text_fence"] = with("fence", "2");
    out["other_task"] = with("task", "u");
    JsonObject no_end = good;
    no_end.erase("exp");
    out["no_end"] = forged(usual, no_end, kKey);
  }

  static std::string bytes_of(const Json& row, const Texts& texts) {
    if (find(row, "raw")) return filled(text_at(row, "raw"), texts);
    const std::string body = encoded(filled(text_at(row, "body"), texts), text_at(row, "encoding"));
    const std::string target = filled(text_at(row, "target"), texts) +
                               std::string(static_cast<std::size_t>(int_at(row, "longer_by")), 'w');
    std::string out = text_at(row, "method", "GET") + " " + target + " HTTP/1.1\r\n";
    JsonObject headers{
        {"Host",          "{host}"        },
        {"Authorization", "Bearer {token}"},
        {"Connection",    "close"         }
    };
    if (!body.empty()) {
      headers["Content-Length"] = std::to_string(body.size());
      headers["Content-Type"] = "application/json";
    }
    if (const Json* own = find(row, "headers")) {
      for (const auto& member : own->as_object()) headers[member.key()] = member.value();
    }
    for (const auto& [name, value] : headers) {
      if (!value.is_null()) {
        out += std::string(name) + ": " + filled(std::string(as_text(value)), texts) + "\r\n";
      }
    }
    return out + "\r\n" + body;
  }

  std::string exchange(const std::string& bytes) {
    http::testing::RawSocket socket(server.port());
    socket.send(bytes);
    socket.end_writing();
    return socket.read_until_closed();
  }

  void expect_sent(const Json& row, const Texts& texts) {
    std::vector<std::string> wanted;
    if (const Json* sent = find(row, "sent")) {
      for (const Json& line : sent->as_array()) {
        wanted.push_back(filled(std::string(as_text(line)), texts));
      }
    }
    std::vector<std::string> got;
    for (const auto& request : azure.requests())
      got.push_back(request.method + " " + request.target);
    EXPECT_EQ(got, wanted);
    const Json* headers = find(row, "sent_headers");
    if (!headers || got.empty()) return;
    for (const auto& [name, value] : headers->as_object()) {
      const auto there = azure.last().headers.get(std::string(name));
      if (value.is_null()) {
        EXPECT_EQ(there, std::nullopt) << name;
      } else {
        EXPECT_EQ(there, std::string(as_text(value))) << name;
      }
    }
  }

  http::Server server;
};

TEST_P(Evasion, GetsNothingThatWasNotGranted) {
  const Json& row = GetParam();
  const Texts texts =
      this->texts(text_at(row, "role", "Contributor"),
                  filled(text_at(row, "scope", kGroup), {
                                                            {"subscription", kSubscription}
  }));
  const std::string answer = exchange(bytes_of(row, texts));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(int_at(row, "status")) + " "))
      << answer;
  const std::string code = text_at(row, "code");
  const std::string body = answer.substr(std::min(answer.find("\r\n\r\n"), answer.size()));
  if (!code.empty()) {
    EXPECT_NE(body.find("\"code\":\"" + code + "\""), std::string::npos) << answer;
  }
  if (const std::string says = text_at(row, "says"); !says.empty()) {
    EXPECT_NE(body.find(filled(says, texts)), std::string::npos) << answer;
  }
  expect_sent(row, texts);

  // Whoever got as far as the gateway is on the record, without his token; and the record holds.
  bool denied = false;
  for (const auto& record : records()) {
    denied |= record.decision == "deny";
    const std::string text = dump(access::to_json(record));
    for (const auto& [name, secret] : texts) {
      if (!secret.starts_with("eyJ")) continue;
      EXPECT_EQ(text.find(secret), std::string::npos) << name;
    }
    EXPECT_EQ(text.find("planted"), std::string::npos);
  }
  if (!code.empty() && !find(row, "sent")) {
    EXPECT_TRUE(denied) << "nothing on record";
  }
  EXPECT_TRUE(http::testing::must(audit->verify()).holds);
}

std::string name_of(const ::testing::TestParamInfo<Json>& info) {
  std::string out = text_at(info.param, "file") + "_" + text_at(info.param, "name");
  for (char& c : out) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return out;
}
INSTANTIATE_TEST_SUITE_P(Rows, Evasion, ::testing::ValuesIn(rows()), name_of);

}  // namespace
}  // namespace armature::gateway
