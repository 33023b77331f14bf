#include "gateway/headers.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/json.h"

namespace armature::gateway {
namespace {

constexpr std::array<std::string_view, 16> kPassed = {
    "accept",           "accept-language",   "content-type",        "if-match",
    "if-none-match",    "if-modified-since", "if-unmodified-since", "prefer",
    "user-agent",       "traceparent",       "tracestate",          "commandname",
    "parametersetname", "consistencylevel",  "cache-control",       "pragma"};

// Of ARM's own family, a header with such a word in its name carries a credential, speaks for
// somebody else, claims to come from ARM itself, or makes another request of this one.
constexpr std::array<std::string_view, 18> kReserved = {
    "auth",   "token",     "principal",  "identity",   "on-behalf", "impersonat",
    "tenant", "object-id", "app-id",     "cookie",     "secret",    "password",
    "cert",   "x-ms-arm-", "x-ms-home-", "x-ms-user-", "method",    "original"};

constexpr std::array<std::string_view, 14> kStripped = {"connection",
                                                        "keep-alive",
                                                        "proxy-authenticate",
                                                        "proxy-connection",
                                                        "te",
                                                        "trailer",
                                                        "transfer-encoding",
                                                        "upgrade",
                                                        "content-length",
                                                        "set-cookie",
                                                        "www-authenticate",
                                                        "strict-transport-security",
                                                        "alt-svc",
                                                        "server"};

constexpr std::array<std::string_view, 4> kLinks = {"location", "azure-asyncoperation",
                                                    "operation-location", "content-location"};

bool may_pass(std::string_view name) {
  if (starts_with_ci(name, "x-ms-")) {
    const std::string lower = to_lower(name);
    return std::none_of(kReserved.begin(), kReserved.end(), [&](std::string_view word) {
      return lower.find(word) != std::string::npos;
    });
  }
  return std::any_of(kPassed.begin(), kPassed.end(),
                     [&](std::string_view passed) { return equal_ci(name, passed); });
}

// The end of a JSON string that starts at `begin` (after its quote), or npos.
std::size_t string_end(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i;
    }
  }
  return std::string_view::npos;
}

// Only the value is replaced: the rest of a body stays byte for byte what Azure sent.
void move_next_link(std::string& body, std::string_view from, std::string_view to) {
  constexpr std::string_view kKey = "\"nextLink\"";
  for (std::size_t at = body.find(kKey); at != std::string::npos; at = body.find(kKey, at)) {
    at += kKey.size();
    const std::size_t colon = body.find_first_not_of(" \t\r\n", at);
    if (colon == std::string::npos || body[colon] != ':') continue;
    const std::size_t quote = body.find_first_not_of(" \t\r\n", colon + 1);
    if (quote == std::string::npos || body[quote] != '"') continue;
    const std::size_t end = string_end(body, quote + 1);
    if (end == std::string::npos) return;
    const auto value = parse_json(std::string_view(body).substr(quote, end + 1 - quote));
    if (!value || !value->is_string()) continue;
    if (const auto moved = move_link(as_text(*value), from, to)) {
      const std::string text = dump(Json(*moved));
      body.replace(quote, end + 1 - quote, text);
      at = quote + text.size();
    }
  }
}

}  // namespace

http::Headers request_headers(const http::Headers& from_client) {
  http::Headers out;
  out.reserve(16);
  for (const auto& [name, value] : from_client) {
    if (may_pass(name)) out.add(name, value);
  }
  return out;
}

void strip_answer_headers(http::Headers& headers) {
  for (const std::string_view name : kStripped) headers.remove(name);
}

std::string origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  return std::string(url.substr(0, url.find_first_of("/?#", scheme + 3)));
}

std::optional<std::string> move_link(std::string_view url, std::string_view from,
                                     std::string_view to) {
  const auto link = http::parse_url(url);
  const auto old_home = http::parse_url(from);
  if (!link || !old_home || !equal_ci(link->host, old_home->host) || link->port != old_home->port ||
      !equal_ci(link->scheme, old_home->scheme)) {
    return std::nullopt;
  }
  return origin_of(to) + link->target;
}

void move_links(http::Response& response, std::string_view from, std::string_view to) {
  for (const std::string_view name : kLinks) {
    const std::string* const value = response.headers.find(name);
    if (!value) continue;
    if (auto moved = move_link(*value, from, to)) response.headers.set(name, std::move(*moved));
  }
  const std::string* const type = response.headers.find("content-type");
  if (type && to_lower(*type).find("json") != std::string::npos) {
    move_next_link(response.body, from, to);
  }
}

std::optional<std::string> local_target(std::string_view target, std::string_view public_url,
                                        std::string_view upstream_url) {
  if (target.starts_with("/")) return std::string(target);
  for (const std::string_view home : {public_url, upstream_url}) {
    if (const auto moved = move_link(target, home, "")) return moved;
  }
  return std::nullopt;
}

std::string encode_path(std::string_view decoded) {
  constexpr std::string_view kPlain = "/-._~!$&'()*+,;=:@";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(decoded.size());
  for (const char c : decoded) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace armature::gateway
