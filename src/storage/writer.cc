#include "storage/writer.h"

#include <sqlite3.h>

#include <chrono>
#include <exception>
#include <utility>

#include "storage/sqlite_error.h"

namespace armature::storage {
namespace {

// Pages of the write-ahead log beyond which it is moved into the file though writes are waiting.
constexpr int kLargeLog = 16'000;
constexpr auto kIdle = std::chrono::milliseconds(200);
constexpr auto kGather = std::chrono::milliseconds(20);

int remember_log_size(void* pages, sqlite3*, const char*, int now) {
  *static_cast<int*>(pages) = now;
  return SQLITE_OK;
}

bool in_transaction(const Connection& connection) {
  return sqlite3_get_autocommit(connection.handle()) == 0;
}

// A deferred foreign key would fail at COMMIT, and with it every write of the batch.
bool foreign_keys_hold(const Connection& connection) {
  int open = 0;
  int unused = 0;
  sqlite3_db_status(connection.handle(), SQLITE_DBSTATUS_DEFERRED_FKS, &open, &unused, 0);
  return open == 0;
}

}  // namespace

thread_local bool InsideWork::inside_ = false;

Status guarded(const Work& work, Connection& connection) {
  const InsideWork inside;
  try {
    return work(connection);
  } catch (const std::exception& thrown) {
    return fail(Code::kInternal, std::string("exception in a database call: ") + thrown.what());
  } catch (...) {
    return fail(Code::kInternal, "exception in a database call");
  }
}

Writer::Writer(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {
  sqlite3_wal_hook(connection_->handle(), remember_log_size, &wal_pages_);
  thread_ = std::thread([this] { loop(); });
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  waiting_.notify_one();
  thread_.join();
}

std::size_t Writer::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void Writer::submit(Work work, Done done, When when) {
  {
    const std::lock_guard lock(mutex_);
    if (!closing_) {
      const bool first = queue_.empty();
      const bool wake = when == When::kNow ? !std::exchange(urgent_, true) : first;
      queue_.push_back({std::move(work), std::move(done), Ok{}});
      if (wake) waiting_.notify_one();
      return;
    }
  }
  done(fail(Code::kUnavailable, "the database is closed"));
}

void Writer::loop() {
  std::vector<Write> batch;
  while (wait_for_batch(batch)) {
    commit_batch(batch);
    for (Write& write : batch) {
      const InsideWork inside;  // a callback that waited for a write would wait for ever
      write.done(std::move(write.outcome));
    }
    batch.clear();
    if (wal_pages_ > kLargeLog) checkpoint();
  }
}

// False at the end. Takes the time in which nothing waits for a checkpoint.
bool Writer::wait_for_batch(std::vector<Write>& batch) {
  std::unique_lock lock(mutex_);
  const auto any = [this] { return closing_ || !queue_.empty(); };
  while (!any()) {
    if (wal_pages_ == 0) {
      waiting_.wait(lock, any);
    } else if (!waiting_.wait_for(lock, kIdle, any)) {
      lock.unlock();
      checkpoint();
      lock.lock();
    }
  }
  waiting_.wait_for(lock, kGather, [this] { return is_due(); });
  std::swap(batch, queue_);
  urgent_ = false;
  return !batch.empty();
}

void Writer::commit_batch(std::vector<Write>& batch) {
  const auto fail_all = [&](std::size_t first, std::size_t last, const Error& error) {
    for (std::size_t i = first; i < last; ++i) {
      if (batch[i].outcome) batch[i].outcome = error;
    }
  };
  std::size_t begun = 0;  // the first write of the open transaction
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!in_transaction(*connection_)) {
      begun = i;
      if (auto begin = connection_->prepare("BEGIN IMMEDIATE").run(); !begin) {
        return fail_all(i, batch.size(), std::move(begin).error().in("begin"));
      }
    }
    batch[i].outcome = run_one(batch[i]);
    // A full disk makes SQLite give up the whole transaction, earlier writes included.
    if (!in_transaction(*connection_)) {
      const Error lost = batch[i].outcome ? fail(Code::kInternal, "a write ended the transaction")
                                          : batch[i].outcome.error();
      fail_all(begun, i + 1, fail(lost.code, "the transaction was lost: " + lost.message));
    }
  }
  if (!in_transaction(*connection_)) return;
  if (auto commit = connection_->prepare("COMMIT").run(); !commit) {
    if (in_transaction(*connection_)) (void)connection_->prepare("ROLLBACK").run();
    fail_all(begun, batch.size(), std::move(commit).error().in("commit"));
  }
}

Status Writer::run_one(Write& write) {
  ARMATURE_CHECK(connection_->prepare("SAVEPOINT one").run());
  Status outcome = guarded(write.work, *connection_);
  if (!in_transaction(*connection_)) return outcome;
  if (outcome && !foreign_keys_hold(*connection_)) {
    outcome = fail(Code::kConflict, "FOREIGN KEY constraint failed");
  }
  if (!outcome) ARMATURE_CHECK(connection_->prepare("ROLLBACK TO one").run());
  ARMATURE_CHECK(connection_->prepare("RELEASE one").run());
  return outcome;
}

void Writer::checkpoint() {
  // Passive: waits for no reader. What readers still need is left for the next time.
  sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                            nullptr);
  wal_pages_ = 0;
}

}  // namespace armature::storage
