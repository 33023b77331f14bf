#pragma once
// Whole files in and out.
//
//   write_file    atomic: a temporary beside the target, fsync, rename; `mode` is set before the
//                 first byte, so a 0600 file is never readable by others
//   Errors        kNotFound, or kUnavailable with the system's words; the path is in the message
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace armature {

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes = 64u << 20);
Status write_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0644);
// With the parents that are missing, each 0700. One that is there already keeps its mode.
Status make_private_directory(const std::filesystem::path& path);

}  // namespace armature
