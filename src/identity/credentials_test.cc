// Each kind of credential through UpstreamTokens, against an authority or endpoint that remembers.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

#include "base/bytes.h"
#include "base/files.h"
#include "base/testing.h"
#include "http/testing.h"
#include "identity/certificate.h"
#include "identity/testing.h"

namespace armature::identity {
namespace {

using http::testing::FakeUpstream;
using http::testing::must;
using http::testing::RuntimeAndClient;

constexpr const char* kArm = "https://management.azure.com/";

http::Response token_answer(const std::string& token) {
  return http::json_response(
      200, R"({"token_type":"Bearer","expires_in":3599,"access_token":")" + token + "\"}");
}

const RsaKey& a_key() {
  static const RsaKey kKey = must(make_rsa_key());
  return kKey;
}

Principal attempt_of(const std::string& dag, int number = 1) {
  return {
      {{*DagId::parse(dag), *RunId::parse("r1"), *TaskId::parse("deploy"), -1}, number, number},
      std::nullopt
  };
}

class CredentialsTest : public ::testing::Test {
 protected:
  void use(Credential credential, UpstreamOptions options = {}) {
    UpstreamIdentity identity{"one", "tenant-id", "client-id", upstream_.url("/"),
                              std::move(credential)};
    UpstreamIdentity helper{"helper", "tenant-id", "helper-id", upstream_.url("/"),
                            SecretFile{folder_.path() / "helper"}};
    ASSERT_TRUE(write_file(folder_.path() / "helper", "helpers-secret"));
    tokens_ = std::make_unique<UpstreamTokens>(net_.runtime, net_.client, clock_, random_,
                                               redactor_, std::vector{identity, helper}, options);
  }
  Result<Secret> ask(std::optional<Principal> who = {}) {
    return testing::ask_token(net_.runtime, *tokens_, {"one", kArm, std::move(who)}).get();
  }
  std::string token(std::optional<Principal> who = {}) {
    const auto result = ask(std::move(who));
    return result ? result->reveal() : result.error().message;
  }
  std::map<std::string, std::string> last_form() const {
    const auto form = http::parse_form(upstream_.requests().back().body);
    return form ? std::map<std::string, std::string>(form->begin(), form->end())
                : std::map<std::string, std::string>();
  }
  Jwt last_assertion() const { return must(read_untrusted(last_form()["client_assertion"])); }
  std::filesystem::path file(const char* name, const std::string& content) {
    const auto path = folder_.path() / name;
    EXPECT_TRUE(write_file(path, content, 0600));
    return path;
  }
  std::string certificate(Micros length, const char* name = "one") {
    return testing::self_signed(a_key(), clock_.now() - std::chrono::hours(1),
                                clock_.now() + length, name) +
           a_key().private_pem.reveal();
  }

  armature::testing::TempDir folder_;
  armature::testing::CaptureLog captured_;
  armature::testing::FakeClock clock_;
  armature::testing::FakeRandom random_;
  Redactor redactor_;
  RuntimeAndClient net_;
  FakeUpstream upstream_{net_.runtime};
  std::unique_ptr<UpstreamTokens> tokens_;
};

TEST_F(CredentialsTest, ACertificateSignsAnAssertion) {
  use(CertificateFile{file("one.pem", certificate(std::chrono::hours(24 * 90))), {}});
  upstream_.next(token_answer("by-certificate"));
  EXPECT_EQ(token(), "by-certificate");
  auto form = last_form();
  EXPECT_EQ(form["client_assertion_type"],
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  EXPECT_EQ(form.count("client_secret"), 0u);
  const Jwt jwt =
      must(verify_signature(form["client_assertion"], a_key().public_pem, RsaAlgorithm::kPs256));
  const Certificate read = must(read_certificate(certificate(std::chrono::hours(24 * 90))));
  EXPECT_EQ(text_at(jwt.header, "x5t"), to_base64url(read.sha1));
  EXPECT_EQ(text_at(jwt.header, "x5t#S256"), to_base64url(read.sha256));
  EXPECT_EQ(text_at(jwt.claims, "iss"), "client-id");
  EXPECT_EQ(text_at(jwt.claims, "sub"), "client-id");
  EXPECT_EQ(text_at(jwt.claims, "aud"), upstream_.url("/tenant-id/oauth2/v2.0/token"));
  EXPECT_FALSE(text_at(jwt.claims, "jti").empty());
  EXPECT_EQ(int_at(jwt.claims, "exp") - int_at(jwt.claims, "nbf"), 600);
}

TEST_F(CredentialsTest, ACertificateThatWasChangedCountsWithoutARestart) {
  const auto path = file("one.pem", certificate(std::chrono::hours(1), "old"));
  use(CertificateFile{path, {}});
  upstream_.otherwise([](const http::Request&) { return token_answer("a-token"); });
  EXPECT_EQ(token(), "a-token");
  const std::string before = text_at(last_assertion().header, "x5t#S256");
  clock_.advance(std::chrono::hours(2));
  const auto ended = ask();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::kUnauthenticated);
  EXPECT_NE(
      ended.error().message.find("the certificate in " + path.string() + " ended on 2023-11-1"),
      std::string::npos)
      << ended.error().message;
  EXPECT_EQ(upstream_.requests().size(), 1u) << "the authority need not be asked";
  clock_.advance(std::chrono::minutes(1));
  file("one.pem", certificate(std::chrono::hours(24), "new"));
  EXPECT_EQ(token(), "a-token");
  EXPECT_NE(text_at(last_assertion().header, "x5t#S256"), before);
}

TEST_F(CredentialsTest, AFederatedTokenIsReadFromItsFileEachTime) {
  const auto issued = [&](const char* subject, Micros length) {
    return must(sign_rs256(
                    {
                        {"sub", subject                                    },
                        {"exp", std::chrono::floor<std::chrono::seconds>(clock_.now() + length)
                                    .time_since_epoch()
                                    .count()}
    },
                    a_key()))
        .reveal();
  };
  const auto path = file("token", issued("first", std::chrono::minutes(5)) + "\n");
  use(FederatedTokenFile{path});
  upstream_.otherwise([](const http::Request&) { return token_answer("a-token"); });
  EXPECT_EQ(token(), "a-token");
  EXPECT_EQ(text_at(last_assertion().claims, "sub"), "first");
  clock_.advance(std::chrono::hours(1));
  EXPECT_NE(token().find("the token in " + path.string() + " ended on"), std::string::npos);
  clock_.advance(std::chrono::minutes(1));
  file("token", issued("second", std::chrono::minutes(5)));
  EXPECT_EQ(token(), "a-token");
  EXPECT_EQ(text_at(last_assertion().claims, "sub"), "second");
  clock_.advance(std::chrono::hours(2));
  file("token", "not a token");
  EXPECT_EQ(ask().error().code, Code::kInvalid);
}

TEST_F(CredentialsTest, FederationGivesEachDagItsOwnToken) {
  const auto issuer = must(OidcIssuer::open(folder_.path() / "keys.json", clock_, random_));
  issuer->set_url("https://armature.example");
  UpstreamOptions options;
  options.issuer = issuer.get();
  use(OwnIssuer{}, options);
  upstream_.next(token_answer("of-etl"));
  upstream_.next(token_answer("of-provision"));
  EXPECT_EQ(token(attempt_of("etl")), "of-etl");
  const Jwt jwt = last_assertion();
  EXPECT_EQ(text_at(jwt.claims, "iss"), "https://armature.example");
  EXPECT_EQ(text_at(jwt.claims, "sub"), "dag:etl");
  EXPECT_EQ(text_at(jwt.claims, "aud"), "api://AzureADTokenExchange");
  EXPECT_EQ(text_at(jwt.claims, "run"), "r1");
  EXPECT_EQ(token(attempt_of("provision")), "of-provision");
  EXPECT_EQ(text_at(last_assertion().claims, "sub"), "dag:provision");
  EXPECT_EQ(token(attempt_of("etl", 2)), "of-etl") << "a retry needs no token of its own";
  EXPECT_EQ(upstream_.requests().size(), 2u);
  EXPECT_EQ(ask().error().code, Code::kInvalid) << "for nobody";
}

TEST_F(CredentialsTest, ANewFederatedCredentialIsTriedTwice) {
  const auto issuer = must(OidcIssuer::open({}, clock_, random_));
  UpstreamOptions options;
  options.issuer = issuer.get();
  use(OwnIssuer{}, options);
  const auto unknown = http::json_response(
      400, R"({"error":"invalid_request","error_description":"AADSTS700213: No matching"})");
  upstream_.next(unknown);
  upstream_.next(token_answer("at-last"));
  EXPECT_EQ(token(attempt_of("etl")), "at-last");
  upstream_.next(unknown);
  upstream_.next(unknown);
  EXPECT_EQ(ask(attempt_of("other")).error().code, Code::kUnauthenticated);
  EXPECT_EQ(upstream_.requests().size(), 4u);
}

TEST_F(CredentialsTest, ASecretOfAVaultIsReadAsAnotherIdentity) {
  use(VaultSecret{upstream_.url("/"), "the-secret", "helper"});
  upstream_.next(token_answer("for-the-vault"));
  upstream_.next(http::json_response(200, R"({"value":"planted~in~vault","id":"x"})"));
  upstream_.next(token_answer("by-vault-secret"));
  EXPECT_EQ(token(), "by-vault-secret");
  const auto requests = upstream_.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_NE(requests[0].body.find("client_id=helper-id"), std::string::npos);
  EXPECT_NE(requests[0].body.find("scope=https%3A%2F%2Fvault.azure.net%2F.default"),
            std::string::npos);
  EXPECT_EQ(requests[1].target, "/secrets/the-secret?api-version=7.4");
  EXPECT_EQ(requests[1].headers.get("Authorization"), "Bearer for-the-vault");
  EXPECT_EQ(last_form()["client_secret"], "planted~in~vault");
  EXPECT_EQ(redactor_.clean(std::string("planted~in~vault")), "***");
}

TEST_F(CredentialsTest, AVaultThatRefusesIsNamed) {
  use(VaultSecret{upstream_.url("/"), "the-secret", "helper"});
  upstream_.next(token_answer("for-the-vault"));
  upstream_.next(http::json_response(
      403, R"({"error":{"code":"Forbidden","message":"Caller is not authorized.\r\nmore"}})"));
  const auto refused = ask();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnauthenticated);
  EXPECT_NE(refused.error().message.find("secret the-secret of"), std::string::npos);
  EXPECT_TRUE(refused.error().message.ends_with("HTTP 403: Caller is not authorized."))
      << refused.error().message;
}

TEST_F(CredentialsTest, AStoredSecretComesFromTheStore) {
  UpstreamOptions options;
  options.stored_secret = [](const std::string& name) -> Result<Secret> {
    if (name == "deployer") return Secret("planted~in~store");
    return fail(Code::kNotFound, "no secret is called " + name);
  };
  use(StoredSecret{"deployer"}, options);
  upstream_.next(token_answer("by-stored-secret"));
  EXPECT_EQ(token(), "by-stored-secret");
  EXPECT_EQ(last_form()["client_secret"], "planted~in~store");
}

TEST_F(CredentialsTest, AzRunsWithoutASecretAmongItsArguments) {
  std::vector<std::string> arguments;
  Result<std::string> output = std::string("WARNING: old\n{\"accessToken\": \"by-az-token\", ") +
                               "\"expires_on\": 1700003600, \"tenant\": \"t\"}\n";
  UpstreamOptions options;
  options.run_program = [&](const std::vector<std::string>& given) {
    arguments = given;
    return output;
  };
  use(AzureCli{}, options);
  EXPECT_EQ(token(), "by-az-token");
  EXPECT_EQ(join(arguments, " "),
            "az account get-access-token --output json --resource https://management.azure.com/ "
            "--only-show-errors --tenant tenant-id");
  output = fail(Code::kUnavailable, "az ended with 1: Please run 'az login' to setup account.");
  const auto check = tokens_->check_and_wait({"one", kArm});
  EXPECT_TRUE(check.outcome) << "the token at hand still holds";
  clock_.advance(std::chrono::hours(2));
  const auto later = tokens_->check_and_wait({"one", kArm});
  ASSERT_FALSE(later.outcome);
  EXPECT_EQ(later.kind, "azure_cli");
  EXPECT_EQ(later.advice, "run 'az login' as the user of this server");
}

TEST_F(CredentialsTest, ACredentialThatEndsSoonIsToldOnceADay) {
  UpstreamOptions options;
  options.log = &captured_.log;
  use(CertificateFile{file("one.pem", certificate(std::chrono::hours(24 * 29))), {}}, options);
  upstream_.otherwise([](const http::Request&) { return token_answer("a-token"); });
  for (int hour = 0; hour < 50; ++hour) {
    EXPECT_EQ(token(), "a-token");
    clock_.advance(std::chrono::hours(1));
  }
  ASSERT_EQ(captured_.lines.size(), 3u);
  EXPECT_NE(captured_.lines[0].find("a credential ends soon"), std::string::npos);
  EXPECT_NE(captured_.lines[0].find(R"("identity":"one")"), std::string::npos);
}

TEST_F(CredentialsTest, ACheckAsksAnewAndReadsTheClaims) {
  use(CertificateFile{file("one.pem", certificate(std::chrono::hours(24 * 60))), {}});
  const std::string jwt = must(sign_rs256(
                                   {
                                       {"oid",   "object-1"   },
                                       {"appid", "client-id"  },
                                       {"tid",   "tenant-id"  },
                                       {"exp",   1'700'003'600}
  },
                                   a_key()))
                              .reveal();
  upstream_.next(token_answer("cached"));
  upstream_.next(token_answer(jwt));
  EXPECT_EQ(token(), "cached");
  const auto check = tokens_->check_and_wait({"one", kArm});
  EXPECT_TRUE(check.outcome);
  EXPECT_EQ(check.kind, "client_certificate");
  EXPECT_EQ(check.oid, "object-1");
  EXPECT_EQ(check.appid, "client-id");
  EXPECT_EQ(check.tid, "tenant-id");
  EXPECT_EQ(check.token_ends, from_micros(1'700'003'600'000'000));
  EXPECT_EQ(check.credential_ends,
            std::chrono::floor<std::chrono::seconds>(clock_.now()) + std::chrono::hours(24 * 60));
  EXPECT_EQ(token(), jwt) << "what a check gets is kept";
}

}  // namespace
}  // namespace armature::identity
