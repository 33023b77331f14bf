#include "base/log.h"

#include <array>

#include "base/bytes.h"
#include "base/time.h"

namespace armature {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warning", "error"};

bool names_a_secret(std::string_view key) {
  static constexpr std::string_view kKeys[] = {
      "authorization",    "proxy-authorization", "cookie",        "set-cookie",  "password",
      "passwd",           "client_secret",       "secret",        "token",       "api_key",
      "client_assertion", "access_token",        "refresh_token", "private_key", "clientsecret"};
  for (const std::string_view known : kKeys) {
    if (equal_ci(key, known)) return true;
  }
  return false;
}

// "eyJ" starts the header of every JWT; the rest is base64url and dots.
std::string without_jwts(std::string text) {
  for (std::size_t at = 0; (at = text.find("eyJ", at)) != std::string::npos;) {
    std::size_t end = at;
    int dots = 0;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 ||
                                 text[end] == '-' || text[end] == '_' || text[end] == '.')) {
      dots += text[end++] == '.';
    }
    if (dots >= 2) {
      text.replace(at, end - at, kMask);
      at += kMask.size();
    } else {
      at = end;
    }
  }
  return text;
}

// What is below a key that names a secret: its shape stays, its texts and numbers do not.
Json masked(Json value) {
  if (value.is_string() || value.is_number()) return Json(kMask);
  if (auto* array = value.if_array()) {
    for (Json& element : *array) element = masked(std::move(element));
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) member.value() = masked(std::move(member.value()));
  }
  return value;
}

}  // namespace

void Redactor::add(std::string_view secret) {
  if (secret.size() < 8 || without_jwts(std::string(secret)) == kMask) return;
  const std::lock_guard lock(mutex_);
  secrets_.emplace(secret);
}

std::string Redactor::clean(std::string_view text) const {
  std::string out(text);
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& secret : secrets_) {
      for (std::size_t at = 0; (at = out.find(secret, at)) != std::string::npos;) {
        out.replace(at, secret.size(), kMask);
        at += kMask.size();
      }
    }
  }
  return without_jwts(std::move(out));
}

Json Redactor::clean(Json value) const {
  if (value.is_string()) return Json(clean(as_text(value)));
  if (auto* array = value.if_array()) {
    for (Json& element : *array) element = clean(std::move(element));
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) {
      member.value() = names_a_secret(member.key()) ? masked(std::move(member.value()))
                                                    : clean(std::move(member.value()));
    }
  }
  return value;
}

Log::Log(Sink sink, const Clock& clock, const Redactor& redactor, Level least)
    : sink_(std::move(sink)), clock_(clock), redactor_(redactor), least_(least) {}

void Log::write(Level level, std::string_view event, JsonObject fields) {
  if (level < least_) return;
  JsonObject line;
  line["ts"] = to_rfc3339(clock_.now());
  line["level"] = kLevels[static_cast<std::size_t>(level)];
  line["event"] = event;
  for (auto& field : fields) line.insert_or_assign(field.key(), std::move(field.value()));
  const std::string text = dump(redactor_.clean(Json(std::move(line))));
  const std::lock_guard lock(mutex_);
  sink_(text);
}

}  // namespace armature
