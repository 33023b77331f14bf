#include "identity/token_keys.h"

#include "base/files.h"

namespace armature::identity {
namespace {

constexpr auto kTurn = std::chrono::hours(24 * 42);
constexpr auto kAfterlife = std::chrono::hours(25);  // longer than any token lives
constexpr std::size_t kMostFileBytes = 256 * 1024;

Json time_or_null(const std::optional<Instant>& at) {
  return at ? Json(to_micros(*at)) : Json(nullptr);
}

std::optional<Instant> time_at(const Json& item, std::string_view name) {
  const Json* found = find(item, name);
  if (!found || !found->is_int64()) return std::nullopt;
  return from_micros(found->get_int64());
}

}  // namespace

TokenKeys::TokenKeys(std::filesystem::path file, const Clock& clock)
    : file_(std::move(file)), clock_(clock) {}

Result<std::unique_ptr<TokenKeys>> TokenKeys::open(std::filesystem::path file, const Clock& clock) {
  std::unique_ptr<TokenKeys> keys(new TokenKeys(std::move(file), clock));
  ARMATURE_CHECK(keys->load());
  return keys;
}

Status TokenKeys::load() {
  if (!file_.empty() && std::filesystem::exists(file_)) {
    ARMATURE_TRY(const std::string text, read_file(file_, kMostFileBytes));
    const auto document = parse_json(text);
    const Json* list = document ? armature::find(*document, "keys") : nullptr;
    if (!list || !list->is_array() || list->get_array().size() < 2) {
      return fail(Code::kInvalid, file_.string() + " holds no token keys");
    }
    for (const Json& item : list->get_array()) {
      auto key = load_rsa_key(Secret(text_at(item, "private_key")));
      if (!key) return fail(Code::kInvalid, file_.string() + " holds no token keys");
      keys_.push_back({std::make_shared<const RsaKey>(*std::move(key)), time_at(item, "begins"),
                       time_at(item, "ends")});
    }
    return Ok{};
  }
  ARMATURE_TRY(Key current, make());
  ARMATURE_TRY(Key next, make());
  current.begins = clock_.now();
  std::vector<Key> fresh = {std::move(current), std::move(next)};
  ARMATURE_CHECK(save(fresh));
  keys_ = std::move(fresh);
  return Ok{};
}

Result<TokenKeys::Key> TokenKeys::make() {
  ARMATURE_TRY(RsaKey key, make_rsa_key());
  return Key{std::make_shared<const RsaKey>(std::move(key)), std::nullopt, std::nullopt};
}

bool TokenKeys::holds(const Key& key, Instant now) {
  return !key.ends || now < *key.ends + kAfterlife;
}

Status TokenKeys::save(const std::vector<Key>& keys) const {
  if (file_.empty()) return Ok{};
  JsonArray list;
  for (const Key& one : keys) {
    list.push_back(JsonObject{
        {"private_key", one.key->private_pem.reveal()},
        {"begins",      time_or_null(one.begins)     },
        {"ends",        time_or_null(one.ends)       }
    });
  }
  const Secret text(pretty(JsonObject{
                        {"keys", std::move(list)}
  }) +
                    "\n");
  return write_file(file_, text.reveal(), 0600);
}

// The next key's turn begins. A clock that was set back rotates nothing.
Status TokenKeys::rotate(Instant now) {
  std::vector<Key> turned = keys_;
  Key& current = turned[turned.size() - 2];
  if (!current.begins || now < *current.begins + kTurn) return Ok{};
  current.ends = now;
  turned.back().begins = now;
  ARMATURE_TRY(Key next, make());
  turned.push_back(std::move(next));
  std::erase_if(turned, [&](const Key& one) { return !holds(one, now); });
  ARMATURE_CHECK(save(turned));
  keys_ = std::move(turned);
  return Ok{};
}

std::shared_ptr<const RsaKey> TokenKeys::current() {
  const std::scoped_lock lock(mutex_);
  // The key at hand signs on when the turn cannot be written.
  (void)rotate(clock_.now()).has_value();
  return keys_[keys_.size() - 2].key;
}

std::shared_ptr<const RsaKey> TokenKeys::find(std::string_view key_id) const {
  const Instant now = clock_.now();
  const std::scoped_lock lock(mutex_);
  for (const Key& one : keys_) {
    if (one.key->key_id == key_id && holds(one, now)) return one.key;
  }
  return nullptr;
}

JsonArray TokenKeys::key_set() const {
  const Instant now = clock_.now();
  const std::scoped_lock lock(mutex_);
  JsonArray out;
  for (const Key& one : keys_) {
    if (holds(one, now)) out.push_back(jwk_of(*one.key));
  }
  return out;
}

}  // namespace armature::identity
