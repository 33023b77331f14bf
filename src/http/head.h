#pragma once
// Message heads and chunked bodies: bytes to values and back. Pure; used inside this room.
//
//   In       the whole head up to and with its empty line, bounded by the caller
//   Refused  bare CR or LF, NUL, obs-fold, two framings, two lengths, any coding but "chunked",
//            two Hosts: whatever two readers of the same bytes could understand differently
//   Errors   RefusedHead: the status a server answers with before it closes
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/message.h"

namespace armature::http {

enum class Framing { kNone, kLength, kChunked, kUntilClose };

struct RequestHead {
  Request request;
  Framing framing = Framing::kNone;
  std::uint64_t length = 0;
  bool keep_alive = true;
  bool expect_continue = false;
  bool http_1_0 = false;
};

struct ResponseHead {
  Response response;
  Framing framing = Framing::kNone;
  std::uint64_t length = 0;
  bool keep_alive = true;
};

struct RefusedHead {
  int status = 400;
  std::string reason;
};

// Where the head ends in `bytes` (after its empty line), or npos. A bare LF also ends a line here,
// so that a head written with it is found at once and refused, and not waited for.
std::size_t head_end(std::string_view bytes, std::size_t searched = 0);

std::variant<RequestHead, RefusedHead> parse_request_head(std::string_view head);
// `method` is the request's: the answer to HEAD has no body.
std::variant<ResponseHead, RefusedHead> parse_response_head(std::string_view head,
                                                            std::string_view method);

// The writers drop what they decide themselves (framing and connection fields) and every field
// whose name is not a token or whose value holds CR, LF or NUL.
std::string write_request_head(const Request& request, const Url& url);
std::string write_response_head(const Response& response, std::string_view method, bool keep_alive,
                                bool http_1_0, std::string_view date);

// Takes a chunked body apart. Trailers are read and thrown away.
class ChunkDecoder {
 public:
  enum class State { kMore, kDone, kBad, kTooLarge };
  ChunkDecoder(std::size_t max_body, std::size_t max_overhead)
      : max_body_(max_body), max_overhead_(max_overhead) {}
  // Takes bytes off the front of `in` and appends data to `body`.
  State feed(std::string_view& in, std::string& body);

 private:
  enum class At { kSize, kData, kDataEnd, kTrailer };
  bool take_line(std::string_view& in, State& state);
  bool begin_chunk(std::string_view line);

  std::size_t max_body_;
  std::size_t max_overhead_;
  At at_ = At::kSize;
  std::string line_;
  std::uint64_t left_ = 0;
  std::size_t trailer_bytes_ = 0;
};

bool is_token(std::string_view text);
bool is_field_value(std::string_view text);

}  // namespace armature::http
