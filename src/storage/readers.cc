#include "storage/readers.h"

#include <algorithm>
#include <utility>

#include "storage/open.h"

namespace armature::storage {

Readers::Readers(std::filesystem::path path, unsigned most)
    : path_(std::move(path)), most_(std::max(most, 1u)) {}

Status Readers::read(const Work& work) {
  ARMATURE_TRY(auto connection, acquire());
  Status outcome = connection->prepare("BEGIN").run();
  if (outcome) {
    outcome = guarded(work, *connection);
    (void)connection->prepare("ROLLBACK").run();  // nothing was changed
  }
  give_back(std::move(connection));
  return outcome;
}

Result<std::unique_ptr<Connection>> Readers::acquire() {
  {
    std::unique_lock lock(mutex_);
    free_.wait(lock, [this] { return !idle_.empty() || made_ < most_; });
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    ++made_;
  }
  auto opened = open_reader(path_);
  if (!opened) give_back(nullptr);
  return opened;
}

void Readers::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    if (connection) {
      idle_.push_back(std::move(connection));
    } else {
      --made_;
    }
  }
  free_.notify_one();
}

}  // namespace armature::storage
