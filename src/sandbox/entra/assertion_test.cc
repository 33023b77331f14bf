#include "sandbox/entra/assertion.h"

#include <gtest/gtest.h>

#include "sandbox/entra/testing.h"

namespace armature::sandbox {
namespace {

using testing::aadsts;
using testing::assertion_form;
using testing::client_key;
using testing::edit_app;
using testing::must;
using testing::other_key;
using testing::seconds_of;
using testing::World;

class CertificateLogin : public ::testing::Test {
 protected:
  CertificateLogin() {
    const Instant now = world.clock.now();
    pem = identity::testing::self_signed(client_key(), now - std::chrono::hours(1),
                                         now + std::chrono::hours(24));
    edit_app(world,
             [&](AppRegistration& app) { app.keys = {must(make_key(pem, "", world.random))}; });
    certificate = must(identity::read_certificate(pem));
    begins = seconds_of(now);
  }

  JsonObject claims() const {
    return {
        {"aud", "https://localhost:1/" + world.cloud->tenant() + "/oauth2/v2.0/token"},
        {"iss", world.app.client_id                                                  },
        {"sub", world.app.client_id                                                  },
        {"jti", "1"                                                                  },
        {"nbf", begins                                                               },
        {"exp", begins + 600                                                         }
    };
  }
  JsonObject x5t() const {
    return {
        {"x5t", to_base64url(certificate.sha1)}
    };
  }
  std::int64_t login(const JsonObject& header, const JsonObject& said,
                     identity::RsaAlgorithm algorithm = identity::RsaAlgorithm::kRs256,
                     const identity::RsaKey& key = client_key()) {
    const auto token = must(identity::sign(header, said, key, algorithm));
    return aadsts(world.ask_token(assertion_form(world, token.reveal())));
  }
  JsonObject with(const char* name, Json value) const {
    JsonObject out = claims();
    out[name] = std::move(value);
    return out;
  }

  World world;
  std::string pem;
  identity::Certificate certificate;
  std::int64_t begins = 0;
};

TEST_F(CertificateLogin, TakesWhatEachClientSends) {
  const std::string hex = to_upper(to_hex(certificate.sha1));
  const JsonObject headers[] = {
      x5t(),
      {{"x5t", to_base64url(certificate.sha1) + "="}},
      {{"x5t#S256", to_base64url(certificate.sha256)}},
      {{"x5t#S256", to_base64(certificate.sha256)}},  // as Go writes it
      {{"kid", hex}},
      {{"kid", to_base64url(certificate.sha1) + "="}},
  };
  for (const auto& header : headers) {
    EXPECT_EQ(login(header, claims()), 0) << dump(header);
    EXPECT_EQ(login(header, claims(), identity::RsaAlgorithm::kPs256), 0) << dump(header);
  }
  // Python sends fractions, JavaScript a beginning that is a second ahead.
  EXPECT_EQ(login(x5t(), with("exp", static_cast<double>(begins) + 600.25)), 0);
  EXPECT_EQ(login(x5t(), with("nbf", begins + 1)), 0);
}

TEST_F(CertificateLogin, ATokenSaysHowItsClientWasProved) {
  const auto token =
      must(identity::sign(x5t(), claims(), client_key(), identity::RsaAlgorithm::kRs256));
  const Json body = must(parse_json(world.ask_token(assertion_form(world, token.reveal())).body));
  const auto jwt = must(identity::read_untrusted(text_at(body, "access_token")));
  EXPECT_EQ(text_at(jwt.claims, "appidacr"), "2");
  EXPECT_EQ(text_at(jwt.claims, "oid"), world.app.object_id);
}

TEST_F(CertificateLogin, RefusesWithItsReason) {
  EXPECT_EQ(login({}, claims()), 700027) << "no thumbprint";
  EXPECT_EQ(login(
                {
                    {"x5t", to_base64url(std::string(20, 'x'))}
  },
                claims()),
            700027)
      << "another's";
  EXPECT_EQ(login(x5t(), claims(), identity::RsaAlgorithm::kRs256, other_key()), 700027);
  EXPECT_EQ(login(x5t(), with("sub", "another")), 700021);
  EXPECT_EQ(login(x5t(), with("aud", "https://elsewhere.example/x/oauth2/v2.0/token")), 700023);
  EXPECT_EQ(login(x5t(), with("aud", JsonArray{})), 700023);
  EXPECT_EQ(login(x5t(), with("exp", begins - 600)), 700024);
  EXPECT_EQ(login(x5t(), with("nbf", begins + 600)), 700024);
  EXPECT_EQ(login(x5t(), with("exp", "soon")), 50027);
  EXPECT_EQ(aadsts(world.ask_token(assertion_form(world, "no.token"))), 50027);
  EXPECT_EQ(aadsts(world.ask_token(assertion_form(world, "e30.e30."))), 70021)
      << "no issuer is an outside issuer that nobody trusts";
}

TEST_F(CertificateLogin, ACertificateEndsAndAnotherTakesOver) {
  world.clock.advance(std::chrono::hours(25));
  begins = seconds_of(world.clock.now());
  EXPECT_EQ(login(x5t(), claims()), 700027);
  const std::string next = identity::testing::self_signed(
      other_key(), world.clock.now(), world.clock.now() + std::chrono::hours(1));
  edit_app(world, [&](AppRegistration& app) {
    app.keys.push_back(must(make_key(next, "", world.random)));
  });
  certificate = must(identity::read_certificate(next));
  EXPECT_EQ(login(x5t(), claims(), identity::RsaAlgorithm::kRs256, other_key()), 0);
}

TEST(TokenAudience, KnowsEveryFormOfTheEndpoint) {
  const TokenAudience audience{
      {"localhost:8082", "login.microsoftonline.com"},
      {"T",              "adfs"                     }
  };
  for (const char* good :
       {"https://localhost:8082/T/oauth2/v2.0/token", "https://127.0.0.1:8082/t/oauth2/token",
        "https://login.microsoftonline.com/T/v2.0", "https://LOCALHOST:8082/adfs/oauth2/token",
        "https://login.microsoftonline.com/T/", "https://localhost:8082/T"}) {
    EXPECT_TRUE(audience.means(good)) << good;
  }
  for (const char* bad :
       {"", "T", "https://localhost:8082", "https://localhost:8082/", "https://localhost:9/T",
        "http://localhost:8082/T", "https://evil.example/T", "https://localhost:8082/U/v2.0",
        "https://localhost:8082/T/oauth2/token/more", "https://localhost.evil.example:8082/T"}) {
    EXPECT_FALSE(audience.means(bad)) << bad;
  }
}

}  // namespace
}  // namespace armature::sandbox
