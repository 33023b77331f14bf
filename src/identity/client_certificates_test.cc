#include "identity/client_certificates.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace armature::identity {
namespace {

http::ClientCertificate certificate() {
  http::ClientCertificate out;
  out.subject = "CN=release,O=Contoso";
  out.issuer = "CN=Contoso CA";
  out.dns_names = {"release.contoso.example"};
  out.uris = {"spiffe://contoso/release"};
  return out;
}

TEST(CertificateMatch, LetterByLetter) {
  const struct {
    CertificateMatch match;
    bool good;
  } kTable[] = {
      {{"CN=release,O=Contoso", "", ""},     true },
      {{"CN=release", "", ""},               false},
      {{"cn=release,o=contoso", "", ""},     false},
      {{"", "release.contoso.example", ""},  true },
      {{"", "contoso.example", ""},          false},
      {{"", "*.contoso.example", ""},        false},
      {{"", "spiffe://contoso/release", ""}, false},
      {{"", "", "spiffe://contoso/release"}, true },
      {{"", "", "spiffe://contoso/"},        false},
      {{"", "", ""},                         false},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(matches(row.match, certificate()), row.good)
        << row.match.subject << row.match.dns << row.match.uri;
  }
  EXPECT_FALSE(matches({"", "", ""}, http::ClientCertificate{})) << "nothing is no name";
}

TEST(ClientCertificates, NameTheFirstWorkloadUntilTheyEnd) {
  armature::testing::FakeClock clock;
  ClientCertificates trusted(clock);
  http::ClientCertificate shown = certificate();
  shown.not_after = clock.now() + std::chrono::hours(1);
  EXPECT_FALSE(trusted.who(shown));
  trusted.trust({
      {"ci",      {"", "", "spiffe://contoso/ci"}     },
      {"release", {"", "", "spiffe://contoso/release"}},
      {"other",   {"CN=release,O=Contoso", "", ""}    }
  });
  const auto who = trusted.who(shown);
  ASSERT_TRUE(who && who->workload);
  EXPECT_EQ(who->workload->name, "release");
  EXPECT_EQ(who->workload->subject, "spiffe://contoso/release");
  EXPECT_EQ(who->workload->issuer, "certificates of CN=Contoso CA");
  EXPECT_EQ(who->attempt.key.dag.str(), "workload:release");
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(trusted.who(shown).error().message, "the client's certificate has expired");
}

}  // namespace
}  // namespace armature::identity
