#include "identity/upstream_tokens.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/files.h"
#include "identity/token_answer.h"

namespace armature::identity {
namespace {

constexpr Micros kAhead = std::chrono::minutes(5);
constexpr Micros kAfterFailure = std::chrono::seconds(30);
constexpr Micros kTimeout = std::chrono::seconds(30);

// One request to the authority and those who wait for it. Guarded by the owner's mutex.
struct Flight {
  std::optional<Result<Secret>> outcome;
  std::vector<std::function<void()>> waiting;
};

struct Entry {
  Secret token;  // empty: none
  Instant refresh_at{};
  Instant expires{};
  std::shared_ptr<Flight> flight;  // set while a request is under way
};

using Key = std::pair<std::string, std::string>;  // identity, resource

// A client secret goes over TLS, or not beyond this machine.
Status check_authority(const std::string& authority) {
  const auto url = http::parse_url(authority);
  const bool local =
      url && (url->host == "127.0.0.1" || url->host == "::1" || url->host == "localhost");
  if (url && (url->scheme == "https" || local)) return Ok{};
  return fail(Code::kInvalid, "authority " + authority + " is not an https URL");
}

Result<http::Request> token_request(const UpstreamIdentity& identity, const std::string& resource,
                                    Redactor& redactor) {
  ARMATURE_CHECK(check_authority(identity.authority));
  auto file = read_file(identity.client_secret_file, 64 * 1024);
  if (!file) return fail(Code::kUnavailable, file.error().message);
  const Secret content(std::move(*file));
  const Secret secret(std::string(trim(content.reveal())));
  if (secret.empty()) {
    return fail(Code::kUnavailable, identity.client_secret_file.string() + " is empty");
  }
  redactor.add(secret.reveal());
  std::string base = identity.authority;
  while (base.ends_with('/')) base.pop_back();
  http::Request request;
  request.method = "POST";
  request.target = base + "/" + http::percent_encode(identity.tenant_id) + "/oauth2/v2.0/token";
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.headers.set("Accept", "application/json");
  request.body =
      "grant_type=client_credentials&client_id=" + http::percent_encode(identity.client_id) +
      "&client_secret=" + http::percent_encode(secret.reveal()) +
      "&scope=" + http::percent_encode(resource + "/.default");
  return request;
}

http::Task<Result<TokenAnswer>> ask(http::Runtime& runtime, http::Client& client,
                                    Redactor& redactor, UpstreamIdentity identity,
                                    std::string resource) {
  Result<http::Request> request = fail(Code::kInternal, "not built");
  std::function<void()> build = [&] { request = token_request(identity, resource, redactor); };
  co_await http::on_worker(runtime, std::move(build));
  if (!request) co_return Error(request.error());
  http::Outcome outcome = co_await http::send(client, *std::move(request), kTimeout);
  if (!outcome.response) {
    co_return fail(Code::kUnavailable, redactor.clean(outcome.response.error().message));
  }
  auto answer = read_token_answer(*outcome.response, redactor);
  if (answer) redactor.add(answer->token.reveal());
  co_return answer;
}

}  // namespace

struct UpstreamTokens::Impl {
  http::Runtime& runtime;
  http::Client& client;
  const Clock& clock;
  Redactor& redactor;
  const std::vector<UpstreamIdentity> identities;
  std::mutex mutex;
  std::map<Key, Entry> entries;

  // What a caller does: uses `cached`, leads the flight, or waits for its end.
  struct Seat {
    std::optional<Secret> cached;
    std::shared_ptr<Flight> flight;
    bool leads = false;
  };

  const UpstreamIdentity* named(const std::string& name) const {
    const auto found = std::ranges::find(identities, name, &UpstreamIdentity::name);
    return found == identities.end() ? nullptr : &*found;
  }

  Seat take_seat(const Key& key) {
    const std::lock_guard lock(mutex);
    Entry& entry = entries[key];
    const Instant now = clock.now();
    const bool holds = !entry.token.empty() && now < entry.expires;
    // While another caller refreshes, a token that still holds is good enough.
    if (holds && (now < entry.refresh_at || entry.flight)) return {entry.token, nullptr, false};
    if (entry.flight) return {std::nullopt, entry.flight, false};
    entry.flight = std::make_shared<Flight>();
    return {std::nullopt, entry.flight, true};
  }

  // The end of a flight: keeps the token, wakes who waited.
  void land(const Key& key, Flight& flight, Result<TokenAnswer> answer, Instant asked) {
    std::vector<std::function<void()>> waiting;
    {
      const std::lock_guard lock(mutex);
      Entry& entry = entries[key];
      entry.flight.reset();
      if (answer) {
        entry.token = std::move(answer->token);
        entry.expires = asked + answer->lifetime;
        entry.refresh_at = entry.expires - std::min(kAhead, answer->lifetime / 2);
        flight.outcome.emplace(entry.token);
      } else if (answer.error().code == Code::kUnavailable && !entry.token.empty() &&
                 clock.now() < entry.expires) {
        entry.refresh_at = clock.now() + kAfterFailure;
        flight.outcome.emplace(entry.token);
      } else {
        flight.outcome.emplace(
            Error(answer.error()).in("token of identity " + key.first + " for " + key.second));
      }
      waiting = std::move(flight.waiting);
    }
    for (const auto& wake : waiting) wake();
  }

  void wait_for(Flight& flight, std::function<void()> resume) {
    {
      const std::lock_guard lock(mutex);
      if (!flight.outcome) {
        flight.waiting.push_back(std::move(resume));
        return;
      }
    }
    resume();
  }

  static http::Task<Result<Secret>> token(std::shared_ptr<Impl> self, std::string identity,
                                          std::string resource);
};

// `self` by value: a request may be under way when the owner lets go.
http::Task<Result<Secret>> UpstreamTokens::Impl::token(std::shared_ptr<Impl> self,
                                                       std::string identity, std::string resource) {
  const UpstreamIdentity* const who = self->named(identity);
  if (!who) {
    std::vector<std::string> known;
    for (const UpstreamIdentity& one : self->identities) known.push_back(one.name);
    co_return fail(Code::kNotFound, "no identity is named '" + identity + "'; known: " +
                                        (known.empty() ? std::string("none") : join(known, ", ")));
  }
  const Key key(identity, resource);
  Seat seat = self->take_seat(key);
  if (seat.cached) co_return *std::move(seat.cached);
  if (seat.leads) {
    const Instant asked = self->clock.now();
    UpstreamIdentity copy = *who;
    Result<TokenAnswer> answer = fail(Code::kInternal, "the request for a token broke off");
    try {
      answer = co_await ask(self->runtime, self->client, self->redactor, std::move(copy),
                            std::move(resource));
    } catch (const std::exception&) {
      // The flight must land all the same: others wait for it.
    }
    self->land(key, *seat.flight, std::move(answer), asked);
  } else {
    std::function<void(std::function<void()>)> wait = [&](std::function<void()> resume) {
      self->wait_for(*seat.flight, std::move(resume));
    };
    co_await http::until(std::move(wait));
  }
  const std::lock_guard lock(self->mutex);
  co_return *seat.flight->outcome;
}

UpstreamTokens::UpstreamTokens(http::Runtime& runtime, http::Client& client, const Clock& clock,
                               Redactor& redactor, std::vector<UpstreamIdentity> identities)
    : impl_(new Impl{runtime, client, clock, redactor, std::move(identities), {}, {}}) {}

UpstreamTokens::~UpstreamTokens() = default;

http::Task<Result<Secret>> UpstreamTokens::token(std::string identity, std::string resource) {
  return Impl::token(impl_, std::move(identity), std::move(resource));
}

void UpstreamTokens::forget(const std::string& identity) {
  const std::lock_guard lock(impl_->mutex);
  for (auto& [key, entry] : impl_->entries) {
    if (key.first == identity) entry.token = Secret();
  }
}

std::vector<std::string> UpstreamTokens::names() const {
  std::vector<std::string> out;
  for (const UpstreamIdentity& identity : impl_->identities) out.push_back(identity.name);
  return out;
}

}  // namespace armature::identity
