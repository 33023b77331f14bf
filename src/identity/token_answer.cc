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

// A number, or a number as text: version 1 and managed identities write it so.
std::int64_t number_at(const Json& body, const char* name) {
  const std::string text = text_at(body, name);
  if (text.empty()) return int_at(body, name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

std::int64_t lifetime_of(const Json& body, Instant now) {
  std::int64_t seconds = number_at(body, "expires_in");
  const std::int64_t until = number_at(body, "expires_on");
  if (seconds == 0 && until > 0 && until < 100'000'000'000) {
    seconds = until - std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  }
  return std::min(seconds, kLongest);
}

// OAuth's words, or App Service's, or Arc's.
std::string words_of(const Json& body, const Redactor& redactor) {
  for (const char* name :
       {"error_description", "error.message", "message", "error", "error.code"}) {
    if (const std::string text = text_at(body, name); !text.empty())
      return one_line(text, redactor);
  }
  return "";
}

Error refusal(const http::Response& response, const Redactor& redactor, const Answerer& answerer) {
  const std::string status = "HTTP " + std::to_string(response.status);
  const auto body = parse_json(response.body);
  const std::string words = body ? words_of(*body, redactor) : "";
  const std::string error = body ? text_at(*body, "error") : "";
  const bool away = answerer.may_be_away && (response.status == 404 || response.status == 410);
  const bool passing = response.status == 429 || response.status >= 500 || away ||
                       error == "temporarily_unavailable" || error == "server_error";
  // Neither an OAuth error nor a token: a proxy or a wrong address answered, nobody refused.
  const bool understood = response.status >= 400 && !words.empty();
  return fail(
      passing || !understood ? Code::kUnavailable : Code::kUnauthenticated,
      std::string(answerer.who) + " answered " + status + (words.empty() ? "" : ": " + words));
}

}  // namespace

Result<TokenAnswer> read_token_answer(const http::Response& response, const Redactor& redactor,
                                      const Answerer& answerer) {
  if (response.status != 200) return refusal(response, redactor, answerer);
  const std::string whose = std::string(answerer.who) + "'s answer ";
  const auto body = parse_json(response.body);
  if (!body) return fail(Code::kUnavailable, whose + "is not JSON");
  const std::int64_t seconds = lifetime_of(*body, answerer.now);
  Secret token(text_at(*body, "access_token"));
  const bool printable = std::ranges::all_of(
      token.reveal(), [](char c) { return c > 32 && c < 127; });  // it becomes a header's value
  if (token.empty() || !printable || seconds <= 0) {
    return fail(Code::kUnavailable, whose + "holds no usable token");
  }
  return TokenAnswer{std::move(token), std::chrono::seconds(seconds)};
}

}  // namespace armature::identity
