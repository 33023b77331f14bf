#include "storage/database.h"

#include <future>
#include <utility>

#include "storage/file_lock.h"
#include "storage/open.h"
#include "storage/readers.h"
#include "storage/writer.h"

namespace armature::storage {

// Members end in reverse: readers first, so that the writer's connection is the last to close and
// leaves no write-ahead log behind; the lock after all.
struct Database::Impl {
  std::optional<FileLock> lock;
  Writer writer;
  Readers readers;
};

Result<std::unique_ptr<Database>> Database::open(Options options) {
  std::optional<FileLock> lock;
  if (options.exclusive) {
    ARMATURE_TRY(FileLock taken, FileLock::take(options.path));
    lock.emplace(std::move(taken));
  }
  ARMATURE_CHECK(make_private_file(options.path));
  ARMATURE_TRY(auto connection, open_writer(options.path));
  return std::unique_ptr<Database>(new Database(std::unique_ptr<Impl>(new Impl{
      std::move(lock), Writer(std::move(connection)), Readers(options.path, options.readers)})));
}

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

Status Database::migrate(std::string_view component, std::span<const Migration> migrations) {
  const std::string name(component);
  const std::string where = "tables of " + name;
  int expected = 0;
  for (const Migration& migration : migrations) {
    if (migration.version != ++expected) {
      return fail(Code::kInternal, where + ": versions must count up from 1 without gaps");
    }
  }
  const auto current = write_value<std::int64_t>([&](Connection& db) -> Result<std::int64_t> {
    ARMATURE_CHECK(
        db.execute("CREATE TABLE IF NOT EXISTS schema_migrations (component TEXT NOT NULL,"
                   " version INTEGER NOT NULL, PRIMARY KEY (component, version)) WITHOUT ROWID"));
    Statement query =
        db.prepare("SELECT coalesce(max(version), 0) FROM schema_migrations WHERE component = ?");
    query.bind(name);
    if (!query.step()) return fail(Code::kInternal, "no answer");
    return query.integer(0);
  });
  if (!current) return Error(current.error()).in(where);
  if (*current > expected) {
    return fail(Code::kConflict, where + " are at version " + std::to_string(*current) +
                                     ", this program knows up to " + std::to_string(expected) +
                                     ": run the newer program");
  }
  for (const Migration& migration : migrations.subspan(static_cast<std::size_t>(*current))) {
    auto done = write([&](Connection& db) -> Status {
      ARMATURE_CHECK(db.execute(std::string(migration.sql)));
      return db.prepare("INSERT INTO schema_migrations (component, version) VALUES (?, ?)")
          .bind(name)
          .bind(migration.version)
          .run();
    });
    if (!done) {
      return std::move(done).error().in(where + ", version " + std::to_string(migration.version));
    }
  }
  return Ok{};
}

Status Database::write(std::function<Status(Connection&)> work) {
  if (InsideWork::now()) return fail(Code::kInternal, "write() inside a database call");
  // Shared: the waiting thread may go on, and leave here, while set_value() is still at its end.
  const auto promise = std::make_shared<std::promise<Status>>();
  auto outcome = promise->get_future();
  impl_->writer.submit(std::move(work),
                       [promise](Status status) { promise->set_value(std::move(status)); });
  return outcome.get();
}

void Database::write_async(std::function<Status(Connection&)> work,
                           std::function<void(Status)> done) {
  impl_->writer.submit(std::move(work), std::move(done));
}

std::size_t Database::writes_waiting() const { return impl_->writer.waiting(); }

void Database::write_soon(std::function<Status(Connection&)> work,
                          std::function<void(Status)> done) {
  impl_->writer.submit(std::move(work), std::move(done), Writer::When::kSoon);
}

Status Database::read(const std::function<Status(Connection&)>& work) const {
  if (InsideWork::now()) return fail(Code::kInternal, "read() inside a database call");
  return impl_->readers.read(work);
}

}  // namespace armature::storage
