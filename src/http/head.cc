#include "http/head.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <ranges>

#include "base/bytes.h"

namespace armature::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;

struct Line {  // of a request or a response
  std::string method;
  std::string target;
  int status = 0;
  int version = 11;
};

// Beast reads start line and fields; framing is decided below, from the fields as they came.
template <bool is_request>
class FieldReader final : public beast_http::basic_parser<is_request> {
 public:
  Line line;
  Headers headers;

 private:
  using View = boost::beast::string_view;
  void on_request_impl(beast_http::verb, View method, View target, int version,
                       error_code&) override {
    line.method.assign(method.data(), method.size());
    line.target.assign(target.data(), target.size());
    line.version = version;
  }
  void on_response_impl(int status, View, int version, error_code&) override {
    line.status = status;
    line.version = version;
  }
  void on_field_impl(beast_http::field, View name, View value, error_code&) override {
    headers.add(std::string_view(name.data(), name.size()),
                std::string(value.data(), value.size()));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(View, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}
};

// Nothing that readers disagree on: every line ends in CRLF, none is folded, no NUL.
bool plain_lines(std::string_view head) {
  if (head.find('\0') != std::string_view::npos) return false;
  std::ptrdiff_t lines = 0;
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at)) {
    if (at == 0 || head[at - 1] != '\r') return false;
    ++lines;
    ++at;
    if (at < head.size() && (head[at] == ' ' || head[at] == '\t')) return false;
  }
  return std::count(head.begin(), head.end(), '\r') == lines;
}

template <bool is_request>
std::optional<std::string> read_fields(std::string_view head, FieldReader<is_request>& reader) {
  if (!plain_lines(head)) return "a line does not end in CRLF, or is folded";
  reader.headers.reserve(16);
  reader.header_limit(static_cast<std::uint32_t>(head.size() + 1));
  reader.body_limit(boost::none);
  error_code error;
  reader.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error == beast_http::error::need_more) error = {};
  if (error) return error.message();
  if (!reader.is_header_done()) return "the head is not complete";
  return std::nullopt;
}

bool has_token(const Headers& headers, std::string_view name, std::string_view token) {
  for (const auto& [key, value] : headers) {
    if (!equal_ci(key, name)) continue;
    for (const auto part : std::views::split(value, ',')) {
      if (equal_ci(trim({part.begin(), part.end()}), token)) return true;
    }
  }
  return false;
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return length;
}

struct FramingFields {
  Framing framing = Framing::kNone;
  std::uint64_t length = 0;
};

std::variant<FramingFields, RefusedHead> framing_of(const Headers& headers, int version) {
  const std::size_t lengths = headers.count("Content-Length");
  const std::size_t codings = headers.count("Transfer-Encoding");
  if (lengths + codings > 1) return RefusedHead{400, "the message is framed more than once"};
  if (codings == 1) {
    if (version < 11) return RefusedHead{400, "HTTP/1.0 has no Transfer-Encoding"};
    if (!equal_ci(*headers.find("Transfer-Encoding"), "chunked")) {
      return RefusedHead{501, "the only transfer coding understood is chunked"};
    }
    return FramingFields{Framing::kChunked, 0};
  }
  if (lengths == 1) {
    const auto length = parse_length(*headers.find("Content-Length"));
    if (!length) return RefusedHead{400, "Content-Length is not a number"};
    return FramingFields{Framing::kLength, *length};
  }
  return FramingFields{};
}

bool stays_open(const Headers& headers, int version) {
  if (has_token(headers, "Connection", "close")) return false;
  return version >= 11 || has_token(headers, "Connection", "keep-alive");
}

// An absolute target becomes path and Host, as RFC 9112 §3.2.2 asks of a server.
std::optional<RefusedHead> settle_target(Request& request, int version) {
  const std::size_t hosts = request.headers.count("Host");
  if (hosts > 1) return RefusedHead{400, "more than one Host"};
  if (hosts == 0 && version >= 11) return RefusedHead{400, "Host is missing"};
  if (request.method == "CONNECT" || request.target.starts_with('/')) return std::nullopt;
  if (request.target == "*" && request.method == "OPTIONS") return std::nullopt;
  const auto url = parse_url(request.target);
  if (!url) return RefusedHead{400, "the target is neither a path nor a URL"};
  const std::string host =
      url->host.find(':') == std::string::npos ? url->host : "[" + url->host + "]";
  const bool usual = url->port == (url->scheme == "https" ? "443" : "80");
  request.headers.set("Host", usual ? host : host + ":" + url->port);
  request.target = url->target;
  return std::nullopt;
}

bool written_by_us(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding",
      "TE",         "Trailer",    "Upgrade",          "Content-Length"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view ours) { return equal_ci(ours, name); });
}

void append_fields(std::string& out, const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (written_by_us(name) || !is_token(name) || !is_field_value(value)) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
}

}  // namespace

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::size_t head_end(std::string_view bytes, std::size_t searched) {
  // The empty line may straddle what was searched before.
  for (std::size_t at = searched < 3 ? 0 : searched - 3;;) {
    at = bytes.find('\n', at);
    if (at == std::string_view::npos) return at;
    const std::string_view rest = bytes.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
    ++at;
  }
}

std::variant<RequestHead, RefusedHead> parse_request_head(std::string_view head) {
  FieldReader<true> reader;
  if (auto wrong = read_fields(head, reader)) {
    const std::string_view first = head.substr(0, head.find('\r'));
    const auto version = first.rfind(" HTTP/");
    const bool other_version =
        version != std::string_view::npos && !first.substr(version).starts_with(" HTTP/1.");
    return RefusedHead{other_version ? 505 : 400, std::move(*wrong)};
  }
  RequestHead out;
  out.request.method = std::move(reader.line.method);
  out.request.target = std::move(reader.line.target);
  out.request.headers = std::move(reader.headers);
  out.http_1_0 = reader.line.version < 11;
  auto framing = framing_of(out.request.headers, reader.line.version);
  if (auto* refused = std::get_if<RefusedHead>(&framing)) return std::move(*refused);
  out.framing = std::get<FramingFields>(framing).framing;
  out.length = std::get<FramingFields>(framing).length;
  if (auto refused = settle_target(out.request, reader.line.version)) return std::move(*refused);
  out.keep_alive = stays_open(out.request.headers, reader.line.version);
  if (const auto expect = out.request.headers.get("Expect"); expect && !out.http_1_0) {
    if (!equal_ci(*expect, "100-continue"))
      return RefusedHead{417, "only 100-continue can be expected"};
    out.expect_continue = true;
  }
  return out;
}

std::variant<ResponseHead, RefusedHead> parse_response_head(std::string_view head,
                                                            std::string_view method) {
  FieldReader<false> reader;
  if (auto wrong = read_fields(head, reader)) return RefusedHead{502, std::move(*wrong)};
  ResponseHead out;
  out.response.status = reader.line.status;
  out.response.headers = std::move(reader.headers);
  out.keep_alive = stays_open(out.response.headers, reader.line.version);
  const int status = out.response.status;
  auto framing = framing_of(out.response.headers, reader.line.version);
  if (auto* refused = std::get_if<RefusedHead>(&framing)) return std::move(*refused);
  if (method == "HEAD" || status < 200 || status == 204 || status == 304) return out;
  out.framing = std::get<FramingFields>(framing).framing;
  out.length = std::get<FramingFields>(framing).length;
  if (out.framing == Framing::kNone) {
    out.framing = Framing::kUntilClose;
    out.keep_alive = false;
  }
  return out;
}

std::string write_request_head(const Request& request, const Url& url) {
  std::string out;
  out.reserve(256);
  out.append(request.method).append(" ").append(url.target).append(" HTTP/1.1\r\n");
  if (request.headers.count("Host") == 0) {
    const bool v6 = url.host.find(':') != std::string::npos;
    out.append("Host: ").append(v6 ? "[" + url.host + "]" : url.host);
    if (url.port != (url.scheme == "https" ? "443" : "80")) out.append(":").append(url.port);
    out.append("\r\n");
  }
  append_fields(out, request.headers);
  const bool usually_has_body =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!request.body.empty() || usually_has_body) {
    out.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  out.append("\r\n");
  return out;
}

std::string write_response_head(const Response& response, std::string_view method, bool keep_alive,
                                bool http_1_0, std::string_view date) {
  std::string out;
  out.reserve(256);
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\n");
  append_fields(out, response.headers);
  if (!date.empty() && response.headers.count("Date") == 0) {
    out.append("Date: ").append(date).append("\r\n");
  }
  const std::string* const given = response.headers.find("Content-Length");
  const bool no_body = response.status < 200 || response.status == 204 || response.status == 304;
  if (method == "HEAD" && response.body.empty() && given && parse_length(*given)) {
    out.append("Content-Length: ").append(*given).append("\r\n");  // what GET would have had
  } else if (!no_body) {
    out.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  }
  if (!keep_alive) {
    out.append("Connection: close\r\n");
  } else if (http_1_0) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  return out;
}

}  // namespace armature::http
