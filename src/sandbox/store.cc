#include "sandbox/store.h"

#include <array>

#include "base/bytes.h"

namespace armature::sandbox {
namespace {

constexpr std::array kMigrations = {
    storage::Migration{1, R"sql(
  CREATE TABLE sandbox_item (
    kind TEXT NOT NULL,
    key  TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, key)
  ) WITHOUT ROWID;
)sql"},
 // Applications had one secret and no service principal of their own: the object id, which role
  // assignments name, is the principal's; the secret is given anew at each start.
    storage::Migration{2, R"sql(
  INSERT INTO sandbox_item (kind, key, body)
    SELECT 'principal', key,
           json_object('clientId', key, 'objectId', json_extract(body, '$.objectId'),
                       'displayName', json_extract(body, '$.displayName'), 'type', 'Application')
    FROM sandbox_item WHERE kind = 'app';
  INSERT INTO sandbox_item (kind, key, body)
    SELECT 'directory_name', json_extract(body, '$.objectId'),
           json_object('type', 'servicePrincipal', 'key', key)
    FROM sandbox_item WHERE kind = 'app';
  INSERT INTO sandbox_item (kind, key, body)
    SELECT 'directory_name', key, json_object('type', 'application', 'key', key)
    FROM sandbox_item WHERE kind = 'app';
  UPDATE sandbox_item SET body = json_set(body, '$.objectId', key) WHERE kind = 'app';
)sql"}
};

}  // namespace

void Change::count(const std::string& id, std::int64_t Effect::*field) {
  const std::string key = to_lower(id);
  const Effect* old = state_.get<Effect>(key);
  Effect effect = old ? *old : Effect{};
  effect.*field += 1;
  put(key, effect);
}

bool State::take(const std::string& kind, const std::string& key, const Json& body) {
  const auto take_as = [&]<class T>(const Table<T>&) {
    if (kind != T::kKind) return false;
    T item;
    from_item(body, item);
    set(key, std::move(item));
    return true;
  };
  return std::apply([&](const auto&... tables) { return (take_as(tables) || ...); }, tables_);
}

JsonObject State::to_items() const {
  JsonObject out;
  const auto add = [&out]<class T>(const Table<T>& table) {
    JsonObject items;
    for (const auto& [key, item] : table) items[key] = to_item(item);
    out[T::kKind] = std::move(items);
  };
  std::apply([&](const auto&... tables) { (add(tables), ...); }, tables_);
  return out;
}

Result<State> State::from_items(const JsonObject& items) {
  State out;
  for (const auto& member : items) {
    const std::string kind(member.key());
    if (!member.value().is_object()) return fail(Code::kInvalid, "'" + kind + "' is no object");
    for (const auto& item : member.value().get_object()) {
      if (!item.value().is_object()) {
        return fail(Code::kInvalid, "an item of '" + kind + "' is no object");
      }
      if (!out.take(kind, item.key(), item.value()))
        return fail(Code::kInvalid, "unknown kind of item: '" + kind + "'");
    }
  }
  return out;
}

void Change::replace(const State& next) {
  std::apply([this](const auto&... tables) { (replace_table(tables), ...); }, next.tables_);
}

Result<std::unique_ptr<Store>> Store::open(storage::Database* database) {
  std::unique_ptr<Store> store(new Store(database));
  if (!database) return store;
  ARMATURE_CHECK(database->migrate("sandbox", kMigrations));
  ARMATURE_CHECK(store->load());
  return store;
}

Status Store::load() {
  return database_->read([this](storage::Connection& connection) -> Status {
    auto rows = connection.prepare("SELECT kind, key, body FROM sandbox_item");
    while (rows.step()) {
      const std::string kind = rows.text(0);
      const std::string key = rows.text(1);
      ARMATURE_TRY(const Json body, parse_json(rows.text(2), 256));
      if (!state_.take(kind, key, body))
        return fail(Code::kConflict, "the database holds an unknown item: " + kind);
    }
    return rows.status();
  });
}

std::future<Status> Store::submit(std::vector<Change::Row> rows) {
  auto promise = std::make_shared<std::promise<Status>>();
  auto future = promise->get_future();
  if (rows.empty()) {
    promise->set_value(Ok{});
    return future;
  }
  const auto write = [rows = std::move(rows)](storage::Connection& connection) -> Status {
    for (const auto& row : rows) {
      if (row.body) {
        ARMATURE_CHECK(connection
                           .prepare("INSERT INTO sandbox_item (kind, key, body) VALUES (?, ?, ?) "
                                    "ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body")
                           .bind(row.kind)
                           .bind(row.key)
                           .bind(*row.body)
                           .run());
      } else {
        ARMATURE_CHECK(connection.prepare("DELETE FROM sandbox_item WHERE kind = ? AND key = ?")
                           .bind(row.kind)
                           .bind(row.key)
                           .run());
      }
    }
    return Ok{};
  };
  database_->write_async(write, [promise, broken = broken_](Status status) {
    if (!status) *broken = true;
    promise->set_value(std::move(status));
  });
  return future;
}

}  // namespace armature::sandbox
