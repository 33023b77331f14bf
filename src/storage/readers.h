#pragma once
// Readers: a few read-only connections, opened when first needed. Inside this room only.
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "storage/writer.h"

namespace armature::storage {

class Readers {
 public:
  Readers(std::filesystem::path path, unsigned most);
  Status read(const Work& work);

 private:
  Result<std::unique_ptr<Connection>> acquire();
  void give_back(std::unique_ptr<Connection> connection);  // nullptr: it could not be opened

  const std::filesystem::path path_;
  const unsigned most_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<Connection>> idle_;
  unsigned made_ = 0;
};

}  // namespace armature::storage
