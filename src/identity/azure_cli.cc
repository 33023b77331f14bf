#include "identity/azure_cli.h"

#include "identity/jwt.h"

namespace armature::identity {
namespace {

Error no_token(std::string_view why) {
  return fail(Code::kUnavailable, "az gave no token: " + std::string(why));
}

}  // namespace

std::vector<std::string> azure_cli_arguments(const std::string& resource,
                                             const std::string& tenant_id) {
  std::vector<std::string> out = {"az",   "account",    "get-access-token", "--output",
                                  "json", "--resource", resource,           "--only-show-errors"};
  if (!tenant_id.empty()) {
    out.emplace_back("--tenant");
    out.push_back(tenant_id);
  }
  return out;
}

Result<TokenAnswer> read_azure_cli(std::string_view output, Instant now) {
  // Warnings may stand around the JSON.
  const auto begin = output.find('{');
  const auto end = output.rfind('}');
  if (begin == output.npos || end == output.npos || end < begin)
    return no_token("it wrote no JSON");
  const auto body = parse_json(output.substr(begin, end - begin + 1));
  if (!body) return no_token("its JSON cannot be read");
  Secret token(text_at(*body, "accessToken"));
  if (token.empty()) return no_token("its JSON has none");
  Instant ends{std::chrono::seconds{int_at(*body, "expires_on")}};
  if (ends == Instant{}) {
    const auto jwt = read_untrusted(token.reveal());
    const auto expires = jwt ? date_claim(jwt->claims, "exp") : Result<Instant>(jwt.error());
    if (!expires) return no_token("when it ends cannot be read");
    ends = *expires;
  }
  if (ends <= now) return no_token("the one it has ended; run 'az login'");
  return TokenAnswer{std::move(token), ends - now};
}

}  // namespace armature::identity
