#include "orchestrator/log_reader.h"

#include <fstream>

namespace armature::orchestrator {

Result<LogChunk> read_log(const std::filesystem::path& file, std::int64_t offset, bool ended) {
  LogChunk out;
  out.next_offset = std::max<std::int64_t>(0, offset);
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) {
    out.finished = ended;
    return out;
  }
  const std::int64_t left = static_cast<std::int64_t>(size) - out.next_offset;
  if (left > 0) {
    std::ifstream in(file, std::ios::binary);
    in.seekg(out.next_offset);
    out.text.resize(static_cast<std::size_t>(std::min(left, kMaxLogChunk)));
    in.read(out.text.data(), static_cast<std::streamsize>(out.text.size()));
    if (in.bad()) return fail(Code::kUnavailable, "the log cannot be read");
    out.text.resize(static_cast<std::size_t>(in.gcount()));
    const bool more = left > kMaxLogChunk;
    const auto line = out.text.rfind('\n');
    if ((more || !ended) && line != std::string::npos) out.text.resize(line + 1);
    out.next_offset += static_cast<std::int64_t>(out.text.size());
  }
  out.finished = ended && out.next_offset >= static_cast<std::int64_t>(size);
  return out;
}

}  // namespace armature::orchestrator
