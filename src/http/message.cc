#include "http/message.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"

namespace armature::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

bool printable(std::string_view text) {  // what may stand in a request line
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != 0x7f; });
}

std::optional<std::string> decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

bool valid_port(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 1 && number <= 65535;
}

// host, host:port, [v6] or [v6]:port.
bool split_authority(std::string_view text, Url& url) {
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return false;
    url.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (url.host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos) return false;
  } else {
    const auto colon = text.find(':');
    url.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    if (url.host.find_first_of("[]@%\\\"<>^`{|}") != std::string::npos) return false;
  }
  if (url.host.empty()) return false;
  if (rest.empty()) return true;
  if (rest.front() != ':') return false;
  url.port = rest.substr(1);
  return valid_port(url.port);
}

}  // namespace

const std::string* Headers::find(std::string_view name) const {
  for (const auto& [key, value] : items_) {
    if (equal_ci(key, name)) return &value;
  }
  return nullptr;
}

std::optional<std::string> Headers::get(std::string_view name) const {
  const std::string* const value = find(name);
  return value ? std::optional(*value) : std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      items_.begin(), items_.end(), [&](const auto& item) { return equal_ci(item.first, name); }));
}

void Headers::set(std::string_view name, std::string value) {
  const auto first = std::find_if(items_.begin(), items_.end(),
                                  [&](const auto& item) { return equal_ci(item.first, name); });
  if (first == items_.end()) {
    add(name, std::move(value));
    return;
  }
  first->second = std::move(value);
  items_.erase(std::remove_if(first + 1, items_.end(),
                              [&](const auto& item) { return equal_ci(item.first, name); }),
               items_.end());
}

void Headers::add(std::string_view name, std::string value) {
  items_.emplace_back(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(items_, [&](const auto& item) { return equal_ci(item.first, name); });
}

Response json_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json; charset=utf-8");
  response.body = std::move(body);
  return response;
}

std::string_view reason_phrase(int status) {
  struct Row {
    int status;
    std::string_view phrase;
  };
  static constexpr Row kRows[] = {
      {100, "Continue"                       },
      {101, "Switching Protocols"            },
      {200, "OK"                             },
      {201, "Created"                        },
      {202, "Accepted"                       },
      {203, "Non-Authoritative Information"  },
      {204, "No Content"                     },
      {205, "Reset Content"                  },
      {206, "Partial Content"                },
      {207, "Multi-Status"                   },
      {300, "Multiple Choices"               },
      {301, "Moved Permanently"              },
      {302, "Found"                          },
      {303, "See Other"                      },
      {304, "Not Modified"                   },
      {307, "Temporary Redirect"             },
      {308, "Permanent Redirect"             },
      {400, "Bad Request"                    },
      {401, "Unauthorized"                   },
      {402, "Payment Required"               },
      {403, "Forbidden"                      },
      {404, "Not Found"                      },
      {405, "Method Not Allowed"             },
      {406, "Not Acceptable"                 },
      {407, "Proxy Authentication Required"  },
      {408, "Request Timeout"                },
      {409, "Conflict"                       },
      {410, "Gone"                           },
      {411, "Length Required"                },
      {412, "Precondition Failed"            },
      {413, "Content Too Large"              },
      {414, "URI Too Long"                   },
      {415, "Unsupported Media Type"         },
      {416, "Range Not Satisfiable"          },
      {417, "Expectation Failed"             },
      {421, "Misdirected Request"            },
      {422, "Unprocessable Content"          },
      {423, "Locked"                         },
      {424, "Failed Dependency"              },
      {426, "Upgrade Required"               },
      {428, "Precondition Required"          },
      {429, "Too Many Requests"              },
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"          },
      {501, "Not Implemented"                },
      {502, "Bad Gateway"                    },
      {503, "Service Unavailable"            },
      {504, "Gateway Timeout"                },
      {505, "HTTP Version Not Supported"     },
  };
  for (const Row& row : kRows) {
    if (row.status == status) return row.phrase;
  }
  return "Unknown";
}

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (starts_with_ci(text, "http://")) {
    url.scheme = "http";
    url.port = "80";
  } else if (starts_with_ci(text, "https://")) {
    url.scheme = "https";
    url.port = "443";
  } else {
    return std::nullopt;
  }
  if (!printable(text)) return std::nullopt;
  text.remove_prefix(url.scheme.size() + 3);
  text = text.substr(0, text.find('#'));  // a fragment is never sent
  const auto end = text.find_first_of("/?");
  if (!split_authority(text.substr(0, end), url)) return std::nullopt;
  url.target = end == std::string_view::npos ? std::string() : std::string(text.substr(end));
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

std::string path_of(std::string_view target) {
  return std::string(target.substr(0, target.find('?')));
}

std::string query_of(std::string_view target) {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string() : std::string(target.substr(mark + 1));
}

std::optional<std::string> percent_decode(std::string_view text) { return decode(text, false); }

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!text.empty()) {
    const auto end = text.find('&');
    const std::string_view part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (part.empty()) continue;
    const auto equals = part.find('=');
    auto name = decode(part.substr(0, equals), true);
    auto value = decode(
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

}  // namespace armature::http
