#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "http/head.h"

namespace armature::http {

// Moves bytes up to CRLF into line_. False: more bytes are wanted, or the line is bad.
bool ChunkDecoder::take_line(std::string_view& in, State& state) {
  const auto end = in.find('\n');
  const auto count = end == std::string_view::npos ? in.size() : end + 1;
  if (line_.size() + count > max_overhead_) {
    state = State::kBad;
    return false;
  }
  line_.append(in.substr(0, count));
  in.remove_prefix(count);
  if (end == std::string_view::npos) return false;
  const bool good = line_.size() >= 2 && line_[line_.size() - 2] == '\r' &&
                    line_.find('\r') == line_.size() - 2 && line_.find('\0') == std::string::npos;
  if (!good) state = State::kBad;
  line_.resize(line_.size() - (good ? 2 : 1));
  return good;
}

bool ChunkDecoder::begin_chunk(std::string_view line) {
  const auto digits = line.substr(0, line.find(';'));  // extensions carry nothing for us
  const std::string_view number = trim(digits);
  if (number.empty() || number.data() != line.data()) return false;
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), left_, 16);
  return error == std::errc() && end == number.data() + number.size();
}

ChunkDecoder::State ChunkDecoder::feed(std::string_view& in, std::string& body) {
  State state = State::kMore;
  while (!in.empty()) {
    switch (at_) {
      case At::kSize:
        if (!take_line(in, state)) return state;
        if (!begin_chunk(line_)) return State::kBad;
        line_.clear();
        at_ = left_ == 0 ? At::kTrailer : At::kData;
        if (left_ > max_body_ || body.size() > max_body_ - left_) return State::kTooLarge;
        break;
      case At::kData: {
        const auto count = std::min<std::uint64_t>(left_, in.size());
        body.append(in.substr(0, count));
        in.remove_prefix(count);
        left_ -= count;
        if (left_ == 0) at_ = At::kDataEnd;
        break;
      }
      case At::kDataEnd:
        if (!take_line(in, state)) return state;
        if (!line_.empty()) return State::kBad;
        at_ = At::kSize;
        break;
      case At::kTrailer:
        if (!take_line(in, state)) return state;
        if (line_.empty()) return State::kDone;
        trailer_bytes_ += line_.size();
        if (trailer_bytes_ > max_overhead_) return State::kBad;
        line_.clear();
        break;
    }
  }
  return state;
}

}  // namespace armature::http
