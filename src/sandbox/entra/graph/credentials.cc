#include "sandbox/entra/graph/credentials.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/entra/directory.h"
#include "sandbox/entra/graph/shapes.h"

namespace armature::sandbox::graph {
namespace {

constexpr std::size_t kMostCredentials = 100;
constexpr auto kDefaultLength = std::chrono::hours(24 * 730);

// Of the shape that Entra makes: forty characters with "8Q~" after the third.
Secret make_secret(Random& random) {
  const std::string text = to_base64url(random.bytes(30));
  return Secret(text.substr(0, 3) + "8Q~" + text.substr(3, 34));
}

Answer add_password(Cloud& cloud, Change& change, const Call& call, AppRegistration app) {
  if (app.passwords.size() >= kMostCredentials) {
    return bad_request("The application has the most credentials that it may have.");
  }
  const Instant now = cloud.clock().now();
  NewPassword facts{text_at(call.body, "passwordCredential.displayName"), now,
                    now + kDefaultLength};
  const auto time = [&](const char* path, Instant& out) {
    const std::string text = text_at(call.body, path);
    if (text.empty()) return true;
    const auto parsed = from_rfc3339(text);
    if (parsed) out = *parsed;
    return parsed.has_value();
  };
  if (!time("passwordCredential.startDateTime", facts.start) ||
      !time("passwordCredential.endDateTime", facts.end) || facts.end <= facts.start) {
    return bad_request(
        "Invalid value specified for property 'endDateTime' of resource "
        "'PasswordCredential'.");
  }
  const Secret secret = make_secret(cloud.random());
  const PasswordCredential made = make_password(facts, secret, cloud.random());
  app.passwords.push_back(made);
  put_application(change, app);
  Json shown = password_json(made);
  shown.get_object()["secretText"] = secret.reveal();
  return one_of(cloud, call, 200, std::move(shown));
}

Answer remove_password(Change& change, const Call& call, AppRegistration app) {
  const std::string id = text_at(call.body, "keyId");
  const auto gone = std::erase_if(
      app.passwords, [&](const PasswordCredential& one) { return equal_ci(one.key_id, id); });
  if (gone == 0) return bad_request("No credentials found to be removed.");
  put_application(change, app);
  return {204, nullptr};
}

}  // namespace

Answer password_action(Cloud& cloud, Change& change, const Call& call, AppRegistration app) {
  const bool posted = call.method == "POST" && call.path.size() == 3;
  if (posted && equal_ci(call.path[2], "addPassword")) {
    return add_password(cloud, change, call, std::move(app));
  }
  if (posted && equal_ci(call.path[2], "removePassword")) {
    return remove_password(change, call, std::move(app));
  }
  return no_such_segment(call);
}

std::optional<Answer> replace_keys(Cloud& cloud, const Json& list, AppRegistration& app) {
  const auto invalid = [] {
    return bad_request(
        "Invalid value specified for property 'keyCredentials' of resource "
        "'Application'.");
  };
  if (!list.is_array() || list.get_array().size() > kMostCredentials) return invalid();
  std::vector<KeyCredential> next;
  for (const Json& one : list.get_array()) {
    const std::string id = text_at(one, "keyId");
    const auto known = std::ranges::find_if(
        app.keys, [&](const KeyCredential& key) { return equal_ci(key.key_id, id); });
    const std::string text = text_at(one, "key");
    if (text.empty()) {
      if (known == app.keys.end()) return invalid();
      next.push_back(*known);
      continue;
    }
    // az sends the lines of a PEM file as they stand.
    std::string one_line = text;
    std::erase_if(one_line, [](char c) { return c == '\n' || c == '\r'; });
    const auto bytes = from_base64(one_line);
    auto key = make_key(bytes ? *bytes : text, text_at(one, "displayName"), cloud.random());
    if (!key) return invalid();
    if (is_uuid(id)) key->key_id = to_lower(id);
    next.push_back(*std::move(key));
  }
  app.keys = std::move(next);
  return std::nullopt;
}

void keep_passwords(const Json& list, AppRegistration& app) {
  if (!list.is_array()) return;
  std::erase_if(app.passwords, [&](const PasswordCredential& known) {
    return std::ranges::none_of(list.get_array(), [&](const Json& one) {
      return equal_ci(text_at(one, "keyId"), known.key_id);
    });
  });
}

}  // namespace armature::sandbox::graph
