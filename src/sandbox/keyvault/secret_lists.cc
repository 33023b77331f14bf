// Lists of secrets, of versions and of deleted secrets, a page at a time.
#include <charconv>

#include "base/bytes.h"
#include "sandbox/keyvault/operations.h"

namespace armature::sandbox {
namespace {

constexpr int kMostResults = 25;  // also what a client gets that does not ask

struct Paging {
  int most = kMostResults;
  std::string after;  // what the page before ended with
};
std::optional<Paging> read_paging(const VaultRequest& call) {
  Paging out;
  if (const std::string text = call.query_value("maxresults"); !text.empty()) {
    const auto [end, flaw] = std::from_chars(text.data(), text.data() + text.size(), out.most);
    if (flaw != std::errc{} || end != text.data() + text.size() || out.most < 1 ||
        out.most > kMostResults) {
      return std::nullopt;
    }
  }
  if (const std::string token = call.query_value("$skiptoken"); !token.empty()) {
    auto after = from_base64url(token);
    if (!after || after->empty()) return std::nullopt;
    out.after = *std::move(after);
  }
  return out;
}

ArmAnswer bad_paging() {
  return bad_parameter("maxresults must be between 1 and 25, and $skiptoken one of a nextLink");
}

// `more`: what the next page begins after; "" for the last one.
ArmAnswer page(const SecretContext& context, JsonArray items, const std::string& more) {
  JsonObject out{
      {"value",    std::move(items)},
      {"nextLink", nullptr         }
  };
  if (!more.empty()) {
    const VaultRequest& call = context.call;
    std::string link = call.base;
    for (const std::string& part : call.path) link += "/" + part;
    link += "?api-version=" + http::percent_encode(call.query_value("api-version")) +
            "&$skiptoken=" + to_base64url(more);
    if (const std::string most = call.query_value("maxresults"); !most.empty()) {
      link += "&maxresults=" + most;
    }
    out["nextLink"] = link;
  }
  return answer(200, std::move(out));
}

ArmAnswer list_in_state(const SecretContext& context, SecretState wanted) {
  const auto paging = read_paging(context.call);
  if (!paging) return bad_paging();
  const Instant now = context.cloud.clock().now();
  JsonArray out;
  std::string last;
  for (std::string key = next_secret(context.state, context.call.vault, paging->after);
       !key.empty(); key = next_secret(context.state, context.call.vault, key)) {
    if (secret_state(context.state, key, now) != wanted) continue;
    if (std::ssize(out) == paging->most) return page(context, std::move(out), last);
    if (wanted == SecretState::kLive) {
      out.push_back(secret_json(context, *find_version(context.state, key, ""), false));
    } else {
      out.push_back(deleted_json(context, key, *context.state.get<DeletedSecret>(key), false));
    }
    last = key;
  }
  return page(context, std::move(out), "");
}

}  // namespace

ArmAnswer list_secrets(const SecretContext& context) {
  return list_in_state(context, SecretState::kLive);
}

ArmAnswer list_deleted(const SecretContext& context) {
  return list_in_state(context, SecretState::kDeleted);
}

ArmAnswer list_versions(const SecretContext& context) {
  const auto paging = read_paging(context.call);
  if (!paging) return bad_paging();
  JsonArray out;
  if (context.secret_state_now() != SecretState::kLive) {
    return secret_not_found(context.call.secret);
  }
  bool seen = paging->after.empty();
  std::string last;
  for (const SecretVersion* version : versions_of(context.state, context.key())) {
    if (seen && std::ssize(out) == paging->most) return page(context, std::move(out), last);
    if (seen) {
      out.push_back(secret_json(context, *version, true));
      last = version->version;
    }
    seen = seen || version->version == paging->after;
  }
  return page(context, std::move(out), "");
}

}  // namespace armature::sandbox
