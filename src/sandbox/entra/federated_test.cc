#include "sandbox/entra/federated.h"

#include <gtest/gtest.h>

#include "sandbox/entra/testing.h"

namespace armature::sandbox {
namespace {

using testing::aadsts;
using testing::assertion_form;
using testing::client_key;
using testing::code_of;
using testing::edit_app;
using testing::federated_token;
using testing::Issuer;
using testing::other_key;
using testing::seconds_of;
using testing::World;

class FederatedLogin : public ::testing::Test {
 protected:
  FederatedLogin() : issuer(client_key()) {
    world.fetch = issuer.fetch();
    world.restart();
    edit_app(world, [&](AppRegistration& app) {
      app.federated = {
          {"1", "prod", issuer.url, "repo:org/app:environment:prod", "api://AzureADTokenExchange",
           ""}
      };
    });
  }
  std::int64_t login(JsonObject claims = {}, const identity::RsaKey& key = client_key()) {
    const std::string token = federated_token(issuer, world, key, std::move(claims));
    return aadsts(world.ask_token(assertion_form(world, token)));
  }

  World world;
  Issuer issuer;
};

TEST_F(FederatedLogin, TakesATokenOfTheIssuerThatIsTrusted) {
  EXPECT_EQ(login(), 0);
  EXPECT_EQ(login({
                {"aud", JsonArray{"api://AzureADTokenExchange"}}
  }),
            0);
  EXPECT_EQ(issuer.asked, 2) << "the keys are kept";
}

TEST_F(FederatedLogin, RefusesWithTheMistakeThatWasMade) {
  const std::int64_t now = seconds_of(world.clock.now());
  const struct {
    const char* name;
    JsonObject claims;
    std::int64_t code;
  } kTable[] = {
      {"another issuer",   {{"iss", "https://ci.example/"}},                        700211 },
      {"another subject",  {{"sub", "repo:org/app:environment:test"}},              700213 },
      {"subject's case",   {{"sub", "repo:Org/app:environment:prod"}},              7002138},
      {"another audience", {{"aud", "https://github.com/org"}},                     700212 },
      {"two audiences",    {{"aud", JsonArray{"api://AzureADTokenExchange", "x"}}}, 700212 },
      {"expired",          {{"nbf", now - 1200}, {"exp", now - 600}},               700024 },
      {"not yet",          {{"nbf", now + 600}, {"exp", now + 1200}},               700024 },
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(login(row.claims), row.code) << row.name;
  }
  EXPECT_EQ(login({}, other_key()), 7000272) << "a key that the issuer does not publish";
  edit_app(world, [](AppRegistration& app) { app.federated.clear(); });
  EXPECT_EQ(login(), 70021) << "no credential at all";
}

TEST_F(FederatedLogin, AForgedTokenHasTheRightKeyIdAndTheWrongSignature) {
  identity::RsaKey forged = other_key();
  forged.key_id = client_key().key_id;
  EXPECT_EQ(login({}, forged), 50013);
}

TEST_F(FederatedLogin, AnIssuerMayTurnItsKeys) {
  EXPECT_EQ(login(), 0);
  issuer.publish(other_key());
  EXPECT_EQ(login({}, other_key()), 7000272) << "asked a moment ago: not again at once";
  world.clock.advance(std::chrono::seconds(11));
  EXPECT_EQ(login({}, other_key()), 0);
  EXPECT_EQ(login(), 7000272) << "the key before is gone";
}

TEST_F(FederatedLogin, AnIssuerThatDoesNotAnswerAsItShould) {
  issuer.answers[issuer.url + "/keys"] = "[]";
  EXPECT_EQ(login(), 50166);
  issuer.answers.erase(issuer.url + "/keys");
  EXPECT_EQ(login(), 50166);
  issuer.answers[issuer.url + "/.well-known/openid-configuration"] =
      R"({"issuer":"https://evil.example","jwks_uri":"https://ci.example/keys"})";
  EXPECT_EQ(login(), 50166);
  issuer.answers[issuer.url + "/.well-known/openid-configuration"] =
      R"({"issuer":"https://ci.example","jwks_uri":"http://ci.example/keys"})";
  EXPECT_EQ(login(), 50166);
  issuer.publish(client_key());
  EXPECT_EQ(login(), 0);
}

TEST_F(FederatedLogin, OfAUserAssignedIdentityByItsChildResources) {
  world.make_group();
  const std::string identity =
      world.group() + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/runner";
  ASSERT_EQ(world.call("PUT", identity, R"({"location":"westeurope"})").status, 201);
  const std::string client = text_at(world.get(identity), "properties.clientId");
  const std::string token = federated_token(issuer, world, client_key());
  const auto ask = [&] { return aadsts(world.ask_token(assertion_form(world, token, client))); };
  EXPECT_EQ(ask(), 70021);
  const std::string body = R"({"properties":{"issuer":"https://ci.example",
      "subject":"repo:org/app:environment:prod","audiences":["api://AzureADTokenExchange"]}})";
  const std::string child = identity + "/federatedIdentityCredentials/";
  ASSERT_EQ(world.call("PUT", child + "prod", body).status, 201);
  EXPECT_EQ(ask(), 0);
  EXPECT_EQ(code_of(world.call("PUT", child + "again", body)), "Conflict");
  EXPECT_EQ(code_of(world.call("PUT", child + "x!", body)), "BadRequest");
  EXPECT_EQ(code_of(world.call("PUT", child + "empty", R"({"properties":{}})")), "BadRequest");
  for (int i = 1; i < 20; ++i) {
    const std::string n = std::to_string(i);
    ASSERT_EQ(world
                  .call("PUT", child + "more" + n,
                        R"({"properties":{"issuer":"https://ci.example","subject":"s)" + n +
                            R"(","audiences":["api://AzureADTokenExchange"]}})")
                  .status,
              201);
  }
  EXPECT_EQ(code_of(world.call("PUT", child + "one-too-many",
                               R"({"properties":{"issuer":"https://ci.example","subject":"t",
                                   "audiences":["api://AzureADTokenExchange"]}})")),
            "BadRequest");
  ASSERT_EQ(world.call("DELETE", child + "prod").status, 200);
  EXPECT_EQ(ask(), 700213);
  ASSERT_EQ(world.call("DELETE", identity).status, 200);
  EXPECT_EQ(ask(), 700016);
}

}  // namespace
}  // namespace armature::sandbox
