#include "identity/token_answer.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace armature::identity {
namespace {

constexpr std::size_t kMaxWords = 500;
constexpr std::int64_t kLongest = 48 * 3600;  // seconds; Entra's longest is a little over a day

// The first line: what follows it are trace ids and a time.
std::string one_line(std::string_view words, const Redactor& redactor) {
  std::string out = redactor.clean(words.substr(0, words.find_first_of("\r\n")));
  if (out.size() > kMaxWords) out = out.substr(0, kMaxWords) + "…";
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 32; }, ' ');
  return out;
}

// Version 2 writes the lifetime as a number, version 1 as text.
std::int64_t lifetime_of(const Json& body) {
  const std::string text = text_at(body, "expires_in");
  std::int64_t seconds = int_at(body, "expires_in");
  if (!text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size()) return 0;
  }
  return std::min(seconds, kLongest);
}

Error refusal(const http::Response& response, const Redactor& redactor) {
  const std::string status = "HTTP " + std::to_string(response.status);
  const auto body = parse_json(response.body);
  std::string words = body ? one_line(text_at(*body, "error_description"), redactor) : "";
  const std::string error = body ? text_at(*body, "error") : "";
  if (words.empty()) words = one_line(error, redactor);
  const bool passing = response.status == 429 || response.status >= 500 ||
                       error == "temporarily_unavailable" || error == "server_error";
  // Neither an OAuth error nor a token: a proxy or a wrong address answered, nobody refused.
  const bool understood = response.status >= 400 && !error.empty();
  return fail(passing || !understood ? Code::kUnavailable : Code::kUnauthenticated,
              "the authority answered " + status + (words.empty() ? "" : ": " + words));
}

}  // namespace

Result<TokenAnswer> read_token_answer(const http::Response& response, const Redactor& redactor) {
  if (response.status != 200) return refusal(response, redactor);
  const auto body = parse_json(response.body);
  if (!body) return fail(Code::kUnavailable, "the authority's answer is not JSON");
  const std::int64_t seconds = lifetime_of(*body);
  Secret token(text_at(*body, "access_token"));
  const bool printable = std::ranges::all_of(
      token.reveal(), [](char c) { return c > 32 && c < 127; });  // it becomes a header's value
  if (token.empty() || !printable || seconds <= 0) {
    return fail(Code::kUnavailable, "the authority's answer holds no usable token");
  }
  return TokenAnswer{std::move(token), std::chrono::seconds(seconds)};
}

}  // namespace armature::identity
