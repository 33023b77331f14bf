#include "identity/upstream_tokens.h"

#include <algorithm>
#include <future>
#include <map>
#include <mutex>

#include "base/bytes.h"
#include "base/time.h"
#include "identity/claims_challenge.h"
#include "identity/identity_check.h"
#include "identity/upstream_cache.h"

namespace armature::identity {
namespace {

constexpr auto kSoon = std::chrono::hours(24 * 30);
constexpr auto kTellAgain = std::chrono::hours(24);

}  // namespace

struct UpstreamTokens::Impl {
  Impl(TokenTools means, std::vector<UpstreamIdentity> known, Log* journal)
      : tools(std::move(means)),
        identities(std::move(known)),
        log(journal),
        cache(tools.sources.clock, tools.sources.random) {}

  TokenTools tools;
  const std::vector<UpstreamIdentity> identities;
  Log* const log;
  UpstreamCache cache;
  std::mutex mutex;
  std::map<std::string, Instant> told;                // of a credential that ends soon
  std::map<std::string, Instant> credential_ends_at;  // as of its last use

  const UpstreamIdentity* named(const std::string& name) const {
    const auto found = std::ranges::find(identities, name, &UpstreamIdentity::name);
    return found == identities.end() ? nullptr : &*found;
  }

  Error unknown(const std::string& name) const {
    std::vector<std::string> known;
    for (const UpstreamIdentity& one : identities) known.push_back(one.name);
    return fail(Code::kNotFound, "no identity is named '" + name + "'; known: " +
                                     (known.empty() ? std::string("none") : join(known, ", ")));
  }

  // Tokens of one identity are shared, but for federation: its token is the DAG's.
  TokenKey key_of(const TokenAsk& ask) const {
    const UpstreamIdentity* who = named(ask.identity);
    const bool own = who && std::holds_alternative<OwnIssuer>(who->credential);
    return {ask.identity, ask.resource, own && ask.who ? federated_subject(*ask.who) : ""};
  }

  void watch(const std::string& name, std::optional<Instant> ends) {
    const Instant now = tools.sources.clock.now();
    const std::lock_guard lock(mutex);
    if (!ends) {
      credential_ends_at.erase(name);
      return;
    }
    credential_ends_at[name] = *ends;
    // A federated token lives for an hour: somebody else renews it.
    const auto* identity = named(name);
    const bool renewed = std::holds_alternative<FederatedTokenFile>(identity->credential);
    Instant& last = told[name];
    if (!log || renewed || *ends - now > kSoon || now < last + kTellAgain) return;
    last = now;
    JsonObject fields;
    fields["identity"] = name;
    fields["kind"] = kind_of(identity->credential);
    fields["ends"] = to_rfc3339(*ends);
    log->warning("a credential ends soon", std::move(fields));
  }

  static http::Task<Result<Secret>> token(std::shared_ptr<Impl> self, TokenAsk ask, bool anew);
  static http::Task<Result<Obtained>> fetch(std::shared_ptr<Impl> self, UpstreamIdentity identity,
                                            Wanted wanted);
  static http::Task<IdentityCheck> check(std::shared_ptr<Impl> self, TokenAsk ask);
  static http::Task<void> fulfil(std::shared_ptr<Impl> self, TokenAsk ask,
                                 std::shared_ptr<std::promise<IdentityCheck>> promise);
};

http::Task<Result<Obtained>> UpstreamTokens::Impl::fetch(std::shared_ptr<Impl> self,
                                                         UpstreamIdentity identity, Wanted wanted) {
  const auto* vault = std::get_if<VaultSecret>(&identity.credential);
  if (vault) {
    VaultSecret where = *vault;
    const UpstreamIdentity* reader = self->named(where.identity);
    if (!reader) co_return self->unknown(where.identity);
    if (std::holds_alternative<VaultSecret>(reader->credential)) {
      co_return fail(Code::kInvalid,
                     "identity " + where.identity +
                         " reads its own secret from a vault: it cannot read others'");
    }
    TokenAsk ask{where.identity, vault_resource(where.vault_url), wanted.who};
    Result<Secret> token = co_await Impl::token(self, std::move(ask), false);
    if (!token) co_return std::move(token).error();
    Result<Secret> value = co_await read_vault(&self->tools, std::move(where), *std::move(token));
    if (!value) co_return std::move(value).error();
    wanted.fetched = *std::move(value);
  }
  Result<Obtained> out = co_await obtain(&self->tools, std::move(identity), std::move(wanted));
  co_return out;
}

// `self` by value: a request may be under way when the owner lets go.
http::Task<Result<Secret>> UpstreamTokens::Impl::token(std::shared_ptr<Impl> self, TokenAsk ask,
                                                       bool anew) {
  const UpstreamIdentity* const who = self->named(ask.identity);
  if (!who) co_return self->unknown(ask.identity);
  const TokenKey key = self->key_of(ask);
  Seat seat = self->cache.take_seat(key, anew);
  if (seat.known) co_return *std::move(seat.known);
  if (seat.leads) {
    const Instant asked = self->tools.sources.clock.now();
    UpstreamIdentity copy = *who;
    Wanted wanted{ask.resource, ask.who, seat.claims, {}};
    Result<Obtained> answer = fail(Code::kInternal, "the request for a token broke off");
    try {
      answer = co_await fetch(self, std::move(copy), std::move(wanted));
    } catch (const std::exception&) {
      // The flight must land all the same: others wait for it.
    }
    if (answer) self->watch(ask.identity, answer->credential_ends);
    self->cache.land(key, *seat.flight, answer, asked);
  } else {
    std::function<void(std::function<void()>)> wait = [&](std::function<void()> resume) {
      self->cache.wait_for(*seat.flight, std::move(resume));
    };
    co_await http::until(std::move(wait));
  }
  co_return self->cache.outcome_of(*seat.flight);
}

http::Task<IdentityCheck> UpstreamTokens::Impl::check(std::shared_ptr<Impl> self, TokenAsk ask) {
  const std::string name = ask.identity;
  const UpstreamIdentity* const who = self->named(name);
  IdentityCheck out;
  out.name = name;
  if (!who) {
    out.outcome = self->unknown(name);
    co_return out;
  }
  const std::string subject = std::get<2>(self->key_of(ask));
  Result<Secret> token = co_await Impl::token(self, std::move(ask), true);
  out = judge_identity(*who, subject, token);
  const std::lock_guard lock(self->mutex);
  const auto ends = self->credential_ends_at.find(name);
  if (token && ends != self->credential_ends_at.end()) out.credential_ends = ends->second;
  co_return out;
}

http::Task<void> UpstreamTokens::Impl::fulfil(
    std::shared_ptr<Impl> self, TokenAsk ask,
    std::shared_ptr<std::promise<IdentityCheck>> promise) {
  IdentityCheck found = co_await check(std::move(self), std::move(ask));
  promise->set_value(std::move(found));
}

UpstreamTokens::UpstreamTokens(http::Runtime& runtime, http::Client& client, const Clock& clock,
                               Random& random, Redactor& redactor,
                               std::vector<UpstreamIdentity> identities, UpstreamOptions options) {
  ProofSources sources{clock, random, options.issuer, std::move(options.stored_secret)};
  TokenTools tools{runtime, client, redactor, std::move(sources), std::move(options.run_program)};
  impl_ = std::make_shared<Impl>(std::move(tools), std::move(identities), options.log);
}

UpstreamTokens::~UpstreamTokens() = default;

http::Task<Result<Secret>> UpstreamTokens::token(TokenAsk ask) {
  return Impl::token(impl_, std::move(ask), false);
}

http::Task<IdentityCheck> UpstreamTokens::check(TokenAsk ask) {
  return Impl::check(impl_, std::move(ask));
}

IdentityCheck UpstreamTokens::check_and_wait(TokenAsk ask) {
  // Shared: the waiter may be gone before set_value() has returned.
  const auto promise = std::make_shared<std::promise<IdentityCheck>>();
  auto future = promise->get_future();
  http::spawn(impl_->tools.runtime,
              [self = impl_, ask, promise] { return Impl::fulfil(self, ask, promise); });
  return future.get();
}

std::string UpstreamTokens::kind(const std::string& name) const {
  const UpstreamIdentity* found = impl_->named(name);
  return found ? kind_of(found->credential) : "";
}

void UpstreamTokens::refused(const TokenAsk& ask, const Secret& token,
                             const http::Headers& answer) {
  impl_->cache.refused(impl_->key_of(ask), token, claims_challenge(answer));
}

std::size_t UpstreamTokens::cached() const { return impl_->cache.held(); }

std::vector<std::string> UpstreamTokens::names() const {
  std::vector<std::string> out;
  for (const UpstreamIdentity& identity : impl_->identities) out.push_back(identity.name);
  return out;
}

}  // namespace armature::identity
