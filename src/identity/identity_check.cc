#include "identity/identity_check.h"

#include <array>

#include "identity/jwt.h"

namespace armature::identity {
namespace {

struct Advice {
  std::string_view sign;  // in the error's text
  std::string_view text;
};

// Longer codes stand before those that begin them.
constexpr std::array<Advice, 17> kAdvice = {
    {
     {"AADSTS7000215", "the secret is wrong: take the secret's value, not its id"},
     {"AADSTS7000222",
         "the secret has ended: 'az ad app credential reset --append' makes another"},
     {"AADSTS7000272", "Entra has not read the issuer's keys yet: wait a few minutes"},
     {"AADSTS700016", "no such application in this tenant: compare client_id and tenant_id"},
     {"AADSTS7000112", "the application is disabled: enable it in Entra"},
     {"AADSTS90002", "no such tenant: compare tenant_id"},
     {"AADSTS700027",
         "the certificate is not the application's: 'az ad app credential reset --cert --append'"},
     {"AADSTS700024",
         "the assertion is outside of its time: check the clock; renew the token file"},
     {"AADSTS700211",
         "no federated credential has this issuer; letters and '/' at the end count"},
     {"AADSTS700212", "the federated credential has another audience"},
     {"AADSTS700213", "no federated credential has this subject"},
     {"AADSTS70021", "no federated credential matches; a new one takes minutes to be known"},
     {"AADSTS501661", "Entra cannot read the issuer's keys"},
     {"AADSTS50166",
         "Entra cannot reach the issuer: its two documents must be public, over https"},
     {"AADSTS53003",
         "Conditional Access forbids it: allow the address that this server calls from"},
     {"AADSTS500011", "the resource does not exist in this tenant: compare azure.audience"},
     {"Identity not found",
         "this machine has no such identity: assign it, or compare client_id"},
     }
};

}  // namespace

std::string advice_for(const UpstreamIdentity& identity, const std::string& subject,
                       const Error& error) {
  for (const Advice& one : kAdvice) {
    if (error.message.find(one.sign) == std::string::npos) continue;
    std::string out(one.text);
    if (one.sign == "AADSTS700213" || one.sign == "AADSTS70021") {
      if (!subject.empty()) {
        out += ": az ad app federated-credential create --id " + identity.client_id +
               " with subject '" + subject + "'";
      }
    }
    return out;
  }
  const std::string kind = kind_of(identity.credential);
  if (error.message.find("ended on") != std::string::npos) {
    return "put a new one in its place; no restart is needed";
  }
  if (kind == "managed_identity")
    return "is an identity assigned to this machine? can it reach IMDS?";
  if (kind == "azure_cli") return "run 'az login' as the user of this server";
  if (error.code == Code::kUnavailable) return "check the network, the authority and the files";
  return "";
}

IdentityCheck judge_identity(const UpstreamIdentity& identity, const std::string& subject,
                             const Result<Secret>& token) {
  IdentityCheck out;
  out.name = identity.name;
  out.kind = kind_of(identity.credential);
  out.subject = subject;
  if (!token) {
    out.outcome = token.error();
    out.advice = advice_for(identity, subject, token.error());
    return out;
  }
  const auto jwt = read_untrusted(token->reveal());
  if (!jwt) return out;
  const Json claims = jwt->claims;
  out.oid = text_at(claims, "oid");
  out.appid = text_at(claims, "appid", text_at(claims, "azp"));
  out.tid = text_at(claims, "tid");
  if (const auto ends = date_claim(jwt->claims, "exp")) out.token_ends = *ends;
  return out;
}

}  // namespace armature::identity
