#pragma once
// Writer: the one thread that changes the file. Inside this room only.
//
//   A batch is everything that waits: BEGIN IMMEDIATE, each write under a savepoint, COMMIT, then
//   the callbacks in order. While nothing waits it moves the write-ahead log into the file. Writes
//   that may wait are gathered for a moment, or go with the next that may not.
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "storage/statement.h"

namespace armature::storage {

using Work = std::function<Status(Connection&)>;
using Done = std::function<void(Status)>;

class Writer {
 public:
  explicit Writer(std::unique_ptr<Connection> connection);
  ~Writer();  // runs what was submitted
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  enum class When { kNow, kSoon };
  void submit(Work work, Done done, When when = When::kNow);
  std::size_t waiting() const;

 private:
  struct Write {
    Work work;
    Done done;
    Status outcome;
  };
  void loop();
  bool wait_for_batch(std::vector<Write>& batch);
  bool is_due() const { return closing_ || urgent_; }
  void commit_batch(std::vector<Write>& batch);
  Status run_one(Write& write);
  void checkpoint();

  std::unique_ptr<Connection> connection_;
  int wal_pages_ = 0;  // of the writer's thread, set by SQLite's hook at each commit
  mutable std::mutex mutex_;
  std::condition_variable waiting_;
  std::vector<Write> queue_;
  bool urgent_ = false;  // one of the queue may not wait
  bool closing_ = false;
  std::thread thread_;  // last: it uses all of the above
};

// True while this thread is inside the work of a write or a read.
class InsideWork {
 public:
  InsideWork() : outer_(inside_) { inside_ = true; }
  ~InsideWork() { inside_ = outer_; }
  InsideWork(const InsideWork&) = delete;
  InsideWork& operator=(const InsideWork&) = delete;
  static bool now() { return inside_; }

 private:
  static thread_local bool inside_;
  bool outer_;
};

// Runs `work`; what it throws becomes kInternal.
Status guarded(const Work& work, Connection& connection);

}  // namespace armature::storage
