#include "identity/obtain.h"

#include "identity/azure_cli.h"
#include "identity/managed_identity.h"

namespace armature::identity {
namespace {

constexpr Micros kTimeout = std::chrono::seconds(30);
constexpr const char* kVaultVersion = "7.4";

bool is_local(const http::Url& url) {
  return url.host == "127.0.0.1" || url.host == "::1" || url.host == "localhost";
}

// Secrets and tokens go over TLS, or not beyond this machine.
Status check_url(const char* what, const std::string& text) {
  const auto url = http::parse_url(text);
  if (url && (url->scheme == "https" || is_local(*url))) return Ok{};
  return fail(Code::kInvalid, std::string(what) + " " + text + " is not an https URL");
}

Result<Obtained> keep(const TokenTools& tools, Result<TokenAnswer> answer,
                      std::optional<Instant> ends) {
  if (!answer) return std::move(answer).error();
  tools.redactor.add(answer->token.reveal());
  return Obtained{std::move(*answer), ends};
}

Error unreachable(const TokenTools& tools, const http::Outcome& outcome) {
  return fail(Code::kUnavailable, tools.redactor.clean(outcome.response.error().message));
}

struct Built {
  http::Request request;
  std::optional<Instant> ends;
};

Result<Built> build(const TokenTools& tools, const UpstreamIdentity& identity,
                    const Wanted& wanted) {
  ARMATURE_CHECK(check_url("authority", identity.authority));
  ARMATURE_TRY(const Proof proof, prove(identity, wanted.who, wanted.fetched, tools.sources));
  tools.redactor.add(proof.client_secret.reveal());
  Built out;
  out.ends = proof.ends;
  out.request.method = "POST";
  out.request.target = token_endpoint(identity);
  out.request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  out.request.headers.set("Accept", "application/json");
  out.request.body = token_form(identity, proof, wanted.resource, wanted.claims);
  return out;
}

// A federated credential that was made a moment ago, or that one of Entra's replicas does not know.
bool may_be_propagating(const Result<Obtained>& answer) {
  return !answer && answer.error().message.find("AADSTS70021") != std::string::npos;
}

http::Task<Result<Obtained>> ask_authority(const TokenTools* tools, UpstreamIdentity identity,
                                           Wanted wanted) {
  Result<Built> built = fail(Code::kInternal, "not built");
  std::function<void()> work = [&] { built = build(*tools, identity, wanted); };
  co_await http::on_worker(tools->runtime, std::move(work));
  if (!built) co_return std::move(built).error();
  http::Request request = std::move(built->request);
  http::Outcome outcome = co_await http::send(tools->client, std::move(request), kTimeout);
  if (!outcome.response) co_return unreachable(*tools, outcome);
  const Answerer answerer{"the authority", tools->sources.clock.now()};
  co_return keep(*tools, read_token_answer(*outcome.response, tools->redactor, answerer),
                 built->ends);
}

http::Task<Result<Obtained>> from_authority(const TokenTools* tools, UpstreamIdentity identity,
                                            Wanted wanted) {
  UpstreamIdentity copy = identity;
  Wanted the_same = wanted;
  Result<Obtained> out = co_await ask_authority(tools, std::move(copy), std::move(the_same));
  if (may_be_propagating(out)) {
    out = co_await ask_authority(tools, std::move(identity), std::move(wanted));
  }
  co_return out;
}

http::Task<Result<Obtained>> from_endpoint(const TokenTools* tools, ManagedIdentity identity,
                                           std::string resource) {
  auto request = managed_identity_request(identity, resource);
  if (!request) co_return std::move(request).error();
  http::Request copy = *request;
  http::Outcome outcome = co_await http::send(tools->client, std::move(copy), kTimeout);
  const bool challenged = outcome.response && outcome.response->status == 401 &&
                          identity.service == ManagedIdentity::Service::kAzureArc;
  if (challenged) {
    Result<http::Request> second = fail(Code::kInternal, "not built");
    std::function<void()> work = [&] {
      second = answer_arc_challenge(identity, *request, *outcome.response);
    };
    co_await http::on_worker(tools->runtime, std::move(work));
    if (!second) co_return std::move(second).error();
    http::Request again = *std::move(second);
    outcome = co_await http::send(tools->client, std::move(again), kTimeout);
  }
  if (!outcome.response) co_return unreachable(*tools, outcome);
  const Answerer answerer{"the identity endpoint", tools->sources.clock.now(), true};
  co_return keep(*tools, read_token_answer(*outcome.response, tools->redactor, answerer),
                 std::nullopt);
}

http::Task<Result<Obtained>> from_azure_cli(const TokenTools* tools, std::string tenant_id,
                                            std::string resource) {
  if (!tools->run_program) co_return fail(Code::kInternal, "az cannot be run here");
  Result<TokenAnswer> answer = fail(Code::kInternal, "not run");
  std::function<void()> work = [&] {
    const auto output = tools->run_program(azure_cli_arguments(resource, tenant_id));
    answer = output ? read_azure_cli(*output, tools->sources.clock.now())
                    : Result<TokenAnswer>(
                          fail(output.error().code, tools->redactor.clean(output.error().message)));
  };
  co_await http::on_worker(tools->runtime, std::move(work));
  co_return keep(*tools, std::move(answer), std::nullopt);
}

Result<Secret> read_secret_value(const TokenTools& tools, const VaultSecret& where,
                                 const http::Outcome& outcome) {
  const std::string what = "secret " + where.secret + " of " + where.vault_url;
  if (!outcome.response) return unreachable(tools, outcome).in(what);
  const http::Response& response = *outcome.response;
  const auto body = parse_json(response.body);
  if (response.status == 200) {
    Secret value(body ? text_at(*body, "value") : "");
    if (value.empty()) return fail(Code::kUnavailable, what + ": it is empty");
    return value;
  }
  const bool passing = response.status == 429 || response.status >= 500;
  std::string words = body ? tools.redactor.clean(text_at(*body, "error.message")) : "";
  words = words.substr(0, std::min<std::size_t>(words.find_first_of("\r\n"), 300));
  return fail(passing ? Code::kUnavailable : Code::kUnauthenticated,
              what + ": Key Vault answered HTTP " + std::to_string(response.status) +
                  (words.empty() ? "" : ": " + words));
}

}  // namespace

http::Task<Result<Obtained>> obtain(const TokenTools* tools, UpstreamIdentity identity,
                                    Wanted wanted) {
  if (const auto* managed = std::get_if<ManagedIdentity>(&identity.credential)) {
    ManagedIdentity copy = *managed;
    Result<Obtained> out =
        co_await from_endpoint(tools, std::move(copy), std::move(wanted.resource));
    co_return out;
  }
  if (std::holds_alternative<AzureCli>(identity.credential)) {
    Result<Obtained> out =
        co_await from_azure_cli(tools, std::move(identity.tenant_id), std::move(wanted.resource));
    co_return out;
  }
  Result<Obtained> out = co_await from_authority(tools, std::move(identity), std::move(wanted));
  co_return out;
}

// The vault's parent domain; a vault on this machine is the sandbox's.
std::string vault_resource(const std::string& vault_url) {
  const auto url = http::parse_url(vault_url);
  if (!url || is_local(*url) || url->host.ends_with(".localhost")) return "https://vault.azure.net";
  const auto dot = url->host.find('.');
  return "https://" + (dot == std::string::npos ? url->host : url->host.substr(dot + 1));
}

http::Task<Result<Secret>> read_vault(const TokenTools* tools, VaultSecret where, Secret token) {
  if (auto checked = check_url("vault", where.vault_url); !checked) {
    co_return std::move(checked).error();
  }
  std::string base = where.vault_url;
  while (base.ends_with('/')) base.pop_back();
  http::Request request;
  request.target =
      base + "/secrets/" + http::percent_encode(where.secret) + "?api-version=" + kVaultVersion;
  request.headers.set("Authorization", "Bearer " + token.reveal());
  http::Outcome outcome = co_await http::send(tools->client, std::move(request), kTimeout);
  co_return read_secret_value(*tools, where, outcome);
}

}  // namespace armature::identity
