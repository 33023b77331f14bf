#include "gateway/read_back.h"

#include <algorithm>

#include "arm/long_running.h"
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"

namespace armature::gateway {
namespace {

Fit worse(Fit a, Fit b) { return std::max(a, b); }

std::string without_blanks(std::string_view text) {
  std::string out(text);
  std::erase(out, ' ');
  return out;
}

bool same_text(std::string_view key, std::string_view a, std::string_view b) {
  if (a == b) return true;
  if (equal_ci(key, "location")) return equal_ci(without_blanks(a), without_blanks(b));
  // A role definition is named with or without its subscription; its guid is what counts.
  if (equal_ci(key, "roleDefinitionId")) {
    return equal_ci(a.substr(a.rfind('/') + 1), b.substr(b.rfind('/') + 1));
  }
  return a.starts_with("/") && equal_ci(a, b);
}

bool same_number(const Json& a, const Json& b) {
  boost::json::error_code no_a, no_b;
  const double left = a.to_number<double>(no_a);
  const double right = b.to_number<double>(no_b);
  return !no_a && !no_b && left == right;
}

Fit compare_at(std::string_view key, const Json& sent, const Json& there);

Fit compare_objects(const JsonObject& sent, const JsonObject& there) {
  Fit fit = Fit::kContained;
  for (const auto& member : sent) {
    if (member.value().is_null()) continue;
    const Json* other = find_ci(there, member.key());
    fit = worse(fit, other == nullptr || other->is_null()
                         ? Fit::kPartly
                         : compare_at(member.key(), member.value(), *other));
  }
  return fit;
}

Fit compare_arrays(std::string_view key, const JsonArray& sent, const JsonArray& there) {
  if (sent.size() != there.size()) return Fit::kDifferent;
  Fit fit = Fit::kContained;
  for (std::size_t i = 0; i < sent.size(); ++i)
    fit = worse(fit, compare_at(key, sent[i], there[i]));
  return fit;
}

Fit compare_at(std::string_view key, const Json& sent, const Json& there) {
  if (sent.is_object() && there.is_object()) {
    return compare_objects(sent.get_object(), there.get_object());
  }
  if (sent.is_array() && there.is_array()) {
    return compare_arrays(key, sent.get_array(), there.get_array());
  }
  if (sent.is_string() && there.is_string()) {
    return same_text(key, as_text(sent), as_text(there)) ? Fit::kContained : Fit::kDifferent;
  }
  if (sent.is_number() && there.is_number()) {
    return same_number(sent, there) ? Fit::kContained : Fit::kDifferent;
  }
  return sent == there ? Fit::kContained : Fit::kDifferent;
}

bool is_after(const std::string& text, Instant first_sent) {
  if (text.empty()) return false;
  const auto at = from_rfc3339(text);
  return at && *at >= first_sent;
}

bool created_after(const Json& there, Instant first_sent) {
  for (const char* path : {"systemData.createdAt", "properties.createdOn", "properties.createdTime",
                           "properties.creationTime"}) {
    if (is_after(text_at(there, path), first_sent)) return true;
  }
  return false;
}

bool holds_patch(const JsonObject& sent, const JsonObject& there) {
  return std::all_of(sent.begin(), sent.end(), [&](const auto& member) {
    const Json& wanted = member.value();
    const Json* other = find_ci(there, member.key());
    const bool gone = other == nullptr || other->is_null();
    if (wanted.is_null() || gone) return wanted.is_null() == gone;
    if (wanted.is_object() && other->is_object()) {
      return holds_patch(wanted.get_object(), other->get_object());
    }
    return compare_at(member.key(), wanted, *other) == Fit::kContained;
  });
}

}  // namespace

Fit compare(const Json& sent, const Json& there) { return compare_at("", sent, there); }

Evidence judge_put(const Sent& sent, int get_status, std::string_view get_body) {
  if (get_status == 404 || get_status == 204) return Evidence::kAbsent;
  if (get_status != 200) return Evidence::kUnclear;
  const auto there = parse_json(get_body);
  if (!there || !there->is_object()) return Evidence::kUnclear;
  const std::string state_text = text_at(*there, "properties.provisioningState");
  if (equal_ci(state_text, "Deleting")) return Evidence::kAbsent;
  const auto state = arm::provisioning_state(state_text);
  if (state == arm::OperationState::kFailed || state == arm::OperationState::kCanceled) {
    return Evidence::kAbsent;
  }
  if (sent.is_deployment) {
    if (state == arm::OperationState::kRunning) return Evidence::kHappened;
    return is_after(text_at(*there, "properties.timestamp"), sent.first_sent) ? Evidence::kHappened
                                                                              : Evidence::kAbsent;
  }
  const Fit fit = sent.body.is_object() ? compare(sent.body, *there) : Fit::kPartly;
  if (fit == Fit::kContained) return Evidence::kHappened;
  if (fit == Fit::kPartly && created_after(*there, sent.first_sent)) return Evidence::kHappened;
  return Evidence::kAbsent;
}

Evidence judge_patch(const Json& sent, int get_status, std::string_view get_body) {
  if (get_status != 200 || !sent.is_object()) return Evidence::kUnclear;
  const auto there = parse_json(get_body);
  if (!there || !there->is_object()) return Evidence::kUnclear;
  return holds_patch(sent.get_object(), there->get_object()) ? Evidence::kHappened
                                                             : Evidence::kAbsent;
}

Evidence judge_delete(int get_status, std::string_view get_body, Instant first_sent) {
  if (get_status == 404 || get_status == 204) return Evidence::kHappened;
  if (get_status != 200) return Evidence::kUnclear;
  const auto there = parse_json(get_body);
  if (there && created_after(*there, first_sent)) return Evidence::kHappened;
  return Evidence::kAbsent;
}

int status_of_deleted(std::string_view target) {
  const auto id = arm::ResourceId::parse(target);
  return id && id->kind == arm::ScopeKind::kResourceGroup ? 200 : 204;
}

}  // namespace armature::gateway
