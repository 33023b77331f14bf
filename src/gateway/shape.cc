#include "gateway/shape.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "gateway/answers.h"

namespace armature::gateway {
namespace {

constexpr std::array<std::string_view, 6> kMethods = {"GET",   "HEAD", "PUT",
                                                      "PATCH", "POST", "DELETE"};
constexpr std::array<std::string_view, 4> kOverrides = {"x-http-method-override", "x-http-method",
                                                        "x-method-override", "x-ms-http-method"};
constexpr std::array<std::string_view, 3> kLoopback = {"localhost", "127.0.0.1", "::1"};

using Fields = std::vector<std::pair<std::string, std::string>>;

template <class Words>
bool contains_ci(const Words& words, std::string_view word) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view one) { return equal_ci(one, word); });
}

bool is_host(std::string_view text) {
  constexpr std::string_view kMarks = ".-:[]";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

WrongShape wrong(int status, std::string_view code, std::string_view message, const char* reason) {
  return {error_answer(status, code, message), reason};
}

// "application/json; charset=utf-8": what another charset makes of the same bytes is not seen here.
bool is_utf8(std::string_view content_type) {
  const std::string lower = to_lower(content_type);
  const auto at = lower.find("charset");
  if (at == std::string::npos) return true;
  std::string_view value = trim(std::string_view(lower).substr(at + 7));
  if (!value.starts_with('=')) return false;
  value = trim(value.substr(1));
  value = trim(value.substr(0, value.find(';')));
  return value == "utf-8" || value == "\"utf-8\"" || value == "utf8" || value == "us-ascii";
}

// A query goes on as it came: with anything else in it, it would end elsewhere for the next reader.
bool can_be_sent(std::string_view query) {
  return std::all_of(query.begin(), query.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

// RFC 6750 §2.3 allows it, and then it stands in logs: of ours, and of whoever is behind us.
bool has_token(const Fields& fields) {
  return std::any_of(fields.begin(), fields.end(),
                     [](const auto& field) { return equal_ci(trim(field.first), "access_token"); });
}

std::optional<WrongShape> wrong_body(const http::Request& request) {
  if (request.body.size() > kMaxBodyBytes) {
    return wrong(413, "RequestContentTooLarge",
                 "The body is larger than 4 MiB, the most that ARM takes.", "body_too_large");
  }
  if (!request.body.empty() && (request.method == "GET" || request.method == "HEAD")) {
    return wrong(400, "InvalidRequestContent", "A " + request.method + " has no body.",
                 "body_of_a_read");
  }
  const std::string* const encoding = request.headers.find("content-encoding");
  if (encoding && !equal_ci(*encoding, "identity")) {
    return wrong(415, "UnsupportedMediaType",
                 "Send the body uncompressed: it is checked before it is passed on.",
                 "compressed_body");
  }
  const std::string* const type = request.headers.find("content-type");
  if (request.headers.count("content-type") > 1 || (type && !is_utf8(*type))) {
    return wrong(415, "UnsupportedMediaType", "Send the body in UTF-8, with one Content-Type.",
                 "charset");
  }
  return std::nullopt;
}

}  // namespace

bool is_for_us(const http::Request& request, const Options& options) {
  const std::string* const host = request.headers.find("host");
  if (!host) return true;
  if (request.headers.count("host") > 1 || !is_host(*host)) return false;
  const auto named = http::parse_url("https://" + *host + "/");
  if (!named) return false;
  if (contains_ci(kLoopback, named->host)) return true;
  for (const std::string& url : {options.public_url, options.upstream_url, options.audience}) {
    const auto ours = http::parse_url(url);
    if (ours && equal_ci(ours->host, named->host)) return true;
  }
  return false;
}

std::optional<WrongShape> wrong_shape(const http::Request& request) {
  if (std::find(kMethods.begin(), kMethods.end(), request.method) == kMethods.end()) {
    WrongShape out = wrong(405, "MethodNotAllowed",
                           "ARM has no method " + request.method.substr(0, 16), "method");
    out.answer.headers.set("Allow", "GET, HEAD, PUT, PATCH, POST, DELETE");
    return out;
  }
  for (const std::string_view name : kOverrides) {
    if (!request.headers.find(name)) continue;
    return wrong(400, "InvalidRequestHeader",
                 "The header " + std::string(name) + " would make another method of the request.",
                 "method_override");
  }
  const std::string query = http::query_of(request.target);
  const auto fields = http::parse_form(query);
  if (!fields || !can_be_sent(query)) {
    return wrong(400, "InvalidRequestUri",
                 "The query has a malformed percent code, or a character that must be encoded.",
                 "malformed_query");
  }
  if (has_token(*fields)) {
    return wrong(400, "InvalidRequestUri",
                 "A token does not belong in a URL: send it as Authorization: Bearer.",
                 "token_in_query");
  }
  return wrong_body(request);
}

}  // namespace armature::gateway
