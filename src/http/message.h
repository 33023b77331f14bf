#pragma once
// HTTP requests and responses as values. No third-party type here.
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace armature::http {

// Ordered, names compared without regard to ASCII case. A name or value with CR, LF or NUL is
// dropped by the writer and refused by the reader.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> init) : items_(init) {}
  std::optional<std::string> get(std::string_view name) const;  // the first of that name
  const std::string* find(std::string_view name) const;         // in place, until a change; or null
  void reserve(std::size_t count) { items_.reserve(count); }
  std::size_t count(std::string_view name) const;
  void set(std::string_view name, std::string value);  // replaces all of that name
  void add(std::string_view name, std::string value);
  void remove(std::string_view name);
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  bool empty() const { return items_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

// Of a client whose TLS connection has shown one that the server verified. Names with a NUL are "".
struct ClientCertificate {
  std::string subject, issuer;  // RFC 2253: "CN=release,O=Contoso"
  std::vector<std::string> dns_names, uris;
  Instant not_after{};
};

struct Request {
  std::string method = "GET";
  std::string target = "/";  // server side: path?query as it came. Client side: an absolute URL
  Headers headers;
  std::string body;
  std::string peer;                                      // server side: the other end's address
  std::shared_ptr<const ClientCertificate> certificate;  // server side; null: none was shown
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

Response json_response(int status, std::string body);
std::string_view reason_phrase(int status);

struct Url {
  std::string scheme;  // http or https
  std::string host;    // without brackets for IPv6
  std::string port;    // always set: 80 or 443 by default
  std::string target;  // path?query, at least "/"
};
std::optional<Url> parse_url(std::string_view text);
std::string path_of(std::string_view target);   // before "?"
std::string query_of(std::string_view target);  // after "?", or ""
// Percent coding. Decoding fails (nothing) on a bad code.
std::optional<std::string> percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);  // RFC 3986 unreserved stay
// application/x-www-form-urlencoded, also of a query string; in order, repeated names kept.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view text);

}  // namespace armature::http
