#include "sandbox/owner.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/time.h"
#include "sandbox/apps.h"

namespace armature::sandbox {
namespace {

constexpr const char* kFormat = "armature-sandbox-snapshot";
constexpr std::int64_t kVersion = 1;
constexpr const char* kShift = "clock_shift";
constexpr Micros kLongestShift = std::chrono::hours(24 * 366 * 20);

Micros shift_of(const State& state) {
  const Setting* kept = state.get<Setting>(kShift);
  std::int64_t micros = 0;
  if (kept) std::from_chars(kept->value.data(), kept->value.data() + kept->value.size(), micros);
  return std::clamp(Micros{micros}, Micros{0}, kLongestShift);
}

void put_shift(Cloud& cloud, Change& change, Micros shift) {
  change.put(kShift, Setting{std::to_string(shift.count())});
  cloud.shifted_clock().set_shift(shift);
}

Status move(Cloud& cloud, std::function<Micros(Micros)> next) {
  const auto moved = cloud.store().change([&](Change& change) -> Status {
    const Micros old = cloud.shifted_clock().shift();
    const Micros shift = next(old);
    if (shift < old) {
      return fail(Code::kInvalid, "the sandbox's time moves forward only: it is " +
                                      to_rfc3339(cloud.clock().now()) +
                                      " there; a reset goes back to the present");
    }
    if (shift > kLongestShift) {
      return fail(Code::kInvalid, "the sandbox's time is at most 20 years ahead");
    }
    put_shift(cloud, change, shift);
    return Ok{};
  });
  if (!moved) return moved.error();
  return *moved;
}

// Says whether two processes seal with one key, and nothing about the key.
std::string fingerprint(const Secret& key) {
  if (key.empty()) return "";
  return to_hex(hmac_sha256(key.reveal(), "armature sandbox snapshot")).substr(0, 32);
}

Status at_rest(const State& state, Code code) {
  for (const auto& [key, deployment] : state.table<Deployment>()) {
    if (!deployment.terminal()) {
      return fail(code, "the deployment " + deployment.id + " has not ended (" + deployment.state +
                            "): wait for it, or cancel it");
    }
  }
  return Ok{};
}

bool holds_sealed(const JsonObject& items) {
  for (const auto& kind : items) {
    for (const auto& item : kind.value().get_object()) {
      if (!text_at(item.value(), "sealed").empty()) return true;
    }
  }
  return false;
}

Status same_place(const Cloud& cloud, const State& next) {
  const auto check = [&](const char* name, const std::string& ours) -> Status {
    const Setting* theirs = next.get<Setting>(name);
    if (theirs && equal_ci(theirs->value, ours)) return Ok{};
    return fail(Code::kConflict, std::string("the snapshot belongs to the ") + name + " " +
                                     (theirs ? theirs->value : "of nobody") + ", this sandbox is " +
                                     ours + ": start it with that " + name);
  };
  ARMATURE_CHECK(check("tenant", cloud.tenant()));
  return check("subscription", cloud.subscription());
}

// What every state has, whatever came before.
Status settle(Cloud& cloud, Change& change, Micros shift, const std::vector<AppSeed>& seeds) {
  change.put("tenant", Setting{cloud.tenant()});
  change.put("subscription", Setting{cloud.subscription()});
  put_shift(cloud, change, shift);
  seed_directory(cloud, change);
  for (const AppSeed& seed : seeds) {
    if (auto made = ensure_app(cloud, change, seed); !made) return made.error();
  }
  return Ok{};
}

}  // namespace

void recall_clock(Cloud& cloud) { cloud.shifted_clock().set_shift(cloud.store().read(shift_of)); }

Json clock_json(Cloud& cloud) {
  const Micros shift = cloud.shifted_clock().shift();
  return JsonObject{
      {"now",   to_rfc3339(cloud.clock().now())},
      {"ahead", format_duration(shift)         }
  };
}

Status advance_clock(Cloud& cloud, Micros by) {
  // Checked first: two long lengths would not fit into one.
  if (by <= Micros{0} || by > kLongestShift) {
    return fail(Code::kInvalid, "advance by a length above 0 and at most 20 years");
  }
  return move(cloud, [by](Micros old) { return old + by; });
}

Status set_clock(Cloud& cloud, Instant to) {
  return move(cloud, [&](Micros) { return to - cloud.shifted_clock().below_now(); });
}

Result<Json> save_snapshot(Cloud& cloud) {
  return cloud.store().read([&](const State& state) -> Result<Json> {
    ARMATURE_CHECK(at_rest(state, Code::kConflict));
    return Json(JsonObject{
        {"format",   kFormat                               },
        {"version",  kVersion                              },
        {"saved_at", to_rfc3339(cloud.clock().now())       },
        {"key",      fingerprint(cloud.options().state_key)},
        {"items",    state.to_items()                      }
    });
  });
}

Status restore_snapshot(Cloud& cloud, const Json& snapshot, const std::vector<AppSeed>& seeds) {
  if (text_at(snapshot, "format") != kFormat) {
    return fail(Code::kInvalid, "this is no snapshot of a sandbox");
  }
  if (const auto version = int_at(snapshot, "version"); version != kVersion) {
    return fail(Code::kInvalid, "the snapshot has version " + std::to_string(version) +
                                    ", this program knows " + std::to_string(kVersion));
  }
  const Json* items = find(snapshot, "items");
  if (!items || !items->is_object()) return fail(Code::kInvalid, "the snapshot holds no items");
  ARMATURE_TRY(const State next, State::from_items(items->get_object()));
  if (text_at(snapshot, "key") != fingerprint(cloud.options().state_key) &&
      holds_sealed(items->get_object())) {
    return fail(Code::kConflict,
                "the snapshot holds secrets that were sealed with another state key: bring "
                "DATA_DIR/secrets/sandbox_state_key of the sandbox it was saved from");
  }
  ARMATURE_CHECK(same_place(cloud, next));
  ARMATURE_CHECK(at_rest(next, Code::kInvalid));
  ARMATURE_TRY(const Instant saved_at, from_rfc3339(text_at(snapshot, "saved_at")));
  const auto restored = cloud.store().change([&](Change& change) -> Status {
    ARMATURE_CHECK(at_rest(change.state(), Code::kConflict));
    change.replace(next);
    // Never behind what the snapshot has seen.
    const Micros shift = std::clamp(saved_at - cloud.shifted_clock().below_now(),
                                    cloud.shifted_clock().shift(), kLongestShift);
    return settle(cloud, change, shift, seeds);
  });
  if (!restored) return restored.error();
  return *restored;
}

Status reset_all(Cloud& cloud, const std::vector<AppSeed>& seeds) {
  const auto done = cloud.store().change([&](Change& change) -> Status {
    ARMATURE_CHECK(at_rest(change.state(), Code::kConflict));
    change.replace(State());
    return settle(cloud, change, Micros{0}, seeds);
  });
  if (!done) return done.error();
  if (*done) cloud.faults().clear();
  return *done;
}

}  // namespace armature::sandbox
