#include "sandbox/front/paging.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMostItems = 1000;
constexpr std::size_t kMostLookedAt = 10'000;

std::optional<std::size_t> number(std::string_view text) {
  std::size_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

ArmAnswer bad_parameter(const std::string& name, const std::string& value) {
  return refuse(400, "InvalidQueryParameter",
                "The value '" + value + "' of the query parameter '" + name + "' is not valid.");
}

std::string next_link(const Cloud& cloud, const ArmCall& call, const std::string& token) {
  std::string out = cloud.url() + encode_path(call.op.target) + "?";
  for (const auto& [key, value] : call.query) {
    if (equal_ci(key, "$skiptoken")) continue;
    out += http::percent_encode(key) + "=" + http::percent_encode(value) + "&";
  }
  return out + "%24skiptoken=" + token;
}

}  // namespace

Page Page::read(const ArmCall& call) {
  Page out;
  if (const std::string top = call.query_value("$top"); !top.empty()) {
    const auto count = number(top);
    if (!count || *count == 0) {
      out.refusal_ = bad_parameter("$top", top);
      return out;
    }
    out.top_ = std::min(*count, kMostItems);
  }
  if (const std::string token = call.query_value("$skiptoken"); !token.empty()) {
    auto key = from_base64url(token);
    if (!key) {
      out.refusal_ = bad_parameter("$skiptoken", token);
      return out;
    }
    out.after_ = *std::move(key);
  }
  return out;
}

bool Page::goes_on(const std::string& key) {
  if (items_.size() == top_ || looked_at_ == kMostLookedAt) {
    more_ = true;
    return false;
  }
  ++looked_at_;
  last_ = key;
  return true;
}

ArmAnswer Page::answer(const Cloud& cloud, const ArmCall& call) && {
  JsonObject out;
  out["value"] = std::move(items_);
  if (more_) out["nextLink"] = next_link(cloud, call, to_base64url(last_));
  return sandbox::answer(200, std::move(out));
}

void cut_to_page(const Cloud& cloud, const ArmCall& call, ArmAnswer& answer) {
  if (call.op.method != "GET" || !answer.ok() || !answer.body || !answer.body->is_object()) return;
  auto& object = answer.body->get_object();
  Json* value = object.if_contains("value");
  if (!value || !value->is_array() || object.contains("nextLink")) return;
  const JsonArray& all = value->get_array();
  // "#2000": a place in the list, not a key. Other tokens are those of lists that page themselves.
  const auto token = from_base64url(call.query_value("$skiptoken"));
  const bool ours = token && token->starts_with('#');
  if (all.size() <= kMostItems && !ours) return;
  const std::size_t start = ours ? number(std::string_view(*token).substr(1)).value_or(0) : 0;
  const std::size_t first = std::min(start, all.size());
  const std::size_t last = std::min(first + kMostItems, all.size());
  JsonArray page(all.begin() + static_cast<std::ptrdiff_t>(first),
                 all.begin() + static_cast<std::ptrdiff_t>(last));
  if (last < all.size()) {
    object["nextLink"] = next_link(cloud, call, to_base64url("#" + std::to_string(last)));
  }
  object["value"] = std::move(page);
}

}  // namespace armature::sandbox
