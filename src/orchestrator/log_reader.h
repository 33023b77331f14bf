#pragma once
// Reads a piece of an attempt's log file.
//
//   Offset    in bytes; a piece ends after a whole line unless the file or the limit cuts it
//   Errors    kUnavailable; a file that is not there yet is an empty piece
#include <filesystem>

#include "orchestrator/orchestrator.h"

namespace armature::orchestrator {

constexpr std::int64_t kMaxLogChunk = 1 << 20;

// `ended`: the attempt was over before this call, so the end of the file is the end of the log.
Result<LogChunk> read_log(const std::filesystem::path& file, std::int64_t offset, bool ended);

}  // namespace armature::orchestrator
