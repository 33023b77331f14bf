#pragma once
// Opening the file: its mode, and a connection's settings. Inside this room only.
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "storage/statement.h"

namespace armature::storage {

// Makes the file, readable by its owner only, or takes others' rights away from an old one.
Status make_private_file(const std::filesystem::path& path);
Result<std::unique_ptr<Connection>> open_writer(const std::filesystem::path& path);
Result<std::unique_ptr<Connection>> open_reader(const std::filesystem::path& path);

}  // namespace armature::storage
