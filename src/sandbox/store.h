#pragma once
// Store: all that the sandbox remembers, in memory, and the same written through to the database if
// there is one.
//
//   change    runs under the lock; its changes reach the database as one transaction, and change()
//             returns after the commit. Order in the database is order under the lock
//   Errors    kUnavailable when a commit failed. Memory is then ahead of the file, so every later
//             change is refused: a restart goes back to what the file holds
//   Threads   any; never call change() or read() from inside one
//   No file   without a database nothing is written and nothing is turned into text for it
//   Lifetime  the database outlives the store
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sandbox/items.h"
#include "sandbox/rbac/assignment_index.h"
#include "sandbox/record_index.h"
#include "storage/database.h"

namespace armature::sandbox {

template <class T>
using Table = std::map<std::string, T>;

class State {
 public:
  State() = default;
  State(State&&) = default;  // no copy: the index points into the tables
  State& operator=(State&&) = default;

  template <class T>
  const Table<T>& table() const {
    return std::get<Table<T>>(tables_);
  }
  template <class T>
  const T* get(const std::string& key) const {
    const auto& items = table<T>();
    const auto found = items.find(key);
    return found == items.end() ? nullptr : &found->second;
  }
  const AssignmentIndex& assignments() const { return assignments_; }
  const RecordIndex& index() const { return index_; }  // the records by type, name and tag
  // {kind: {key: item}}, each item in its form in the database, and back. kInvalid: an unknown
  // kind, or an item that is no object.
  JsonObject to_items() const;
  static Result<State> from_items(const JsonObject& items);

 private:
  friend class Change;
  friend class Store;

  template <class T>
  void set(const std::string& key, T item) {
    auto& items = std::get<Table<T>>(tables_);
    if constexpr (std::is_same_v<T, Record>) {
      const auto [place, is_new] = items.try_emplace(key, std::move(item));
      if (is_new) {
        index_.add(*place);
      } else {
        index_.assign(*place, std::move(item));  // try_emplace has left it as it was
      }
    } else {
      forget(items, key);
      const auto place = items.insert_or_assign(key, std::move(item)).first;
      if constexpr (std::is_same_v<T, Assignment>) assignments_.add(place->second);
    }
  }
  // One item in its form in the database. False: the kind is unknown.
  bool take(const std::string& kind, const std::string& key, const Json& body);
  template <class T>
  void drop(const std::string& key) {
    auto& items = std::get<Table<T>>(tables_);
    forget(items, key);
    if constexpr (std::is_same_v<T, Record>) {
      if (const auto old = items.find(key); old != items.end()) index_.remove(*old);
    }
    items.erase(key);
  }
  template <class T>
  void forget(const Table<T>& items, const std::string& key) {
    if constexpr (std::is_same_v<T, Assignment>) {
      const auto old = items.find(key);
      if (old != items.end()) assignments_.remove(old->second);
    }
  }

  std::tuple<Table<Record>, Table<Assignment>, Table<CustomRole>, Table<DenyAssignment>,
             Table<ManagementGroup>, Table<Placement>, Table<AppRegistration>,
             Table<AsyncOperation>, Table<Deployment>, Table<ExtensionResource>,
             Table<DeploymentStep>, Table<Stack>, Table<Event>, Table<Effect>, Table<Setting>,
             Table<Vault>, Table<SecretVersion>, Table<DeletedSecret>, Table<ServicePrincipal>,
             Table<User>, Table<Group>, Table<DirectoryName>, Table<Membership>>
      tables_;
  AssignmentIndex assignments_;  // of Table<Assignment>: points into it
  RecordIndex index_;            // of Table<Record>: likewise
};

// The one way to change the state: what goes through here goes to the database too.
class Change {
 public:
  struct Row {
    const char* kind;
    std::string key;
    std::optional<std::string> body;  // nothing: the row goes
  };

  const State& state() const { return state_; }
  template <class T>
  void put(const std::string& key, T item) {
    if (keep_rows_) rows_.push_back({T::kKind, key, dump(to_item(item))});
    state_.set(key, std::move(item));
  }
  template <class T>
  void erase(const std::string& key) {
    if (keep_rows_) rows_.push_back({T::kKind, key, std::nullopt});
    state_.drop<T>(key);
  }
  // Counts an effect on a resource id; a change to itself alone ("unchanged") is not one.
  void created(const std::string& id) { count(id, &Effect::created); }
  void updated(const std::string& id) { count(id, &Effect::updated); }
  void deleted(const std::string& id) { count(id, &Effect::deleted); }
  // Everything that is there goes, and what `next` holds comes.
  void replace(const State& next);

 private:
  friend class Store;
  Change(State& state, bool keep_rows) : state_(state), keep_rows_(keep_rows) {}
  void count(const std::string& id, std::int64_t Effect::*field);
  template <class T>
  void replace_table(const Table<T>& next) {
    while (!state_.table<T>().empty()) erase<T>(std::string(state_.table<T>().begin()->first));
    for (const auto& [key, item] : next) put(key, item);
  }
  State& state_;
  bool keep_rows_;
  std::vector<Row> rows_;
};

class Store {
 public:
  static Result<std::unique_ptr<Store>> open(storage::Database* database);  // null: no file

  template <class F>
  auto read(F work) const {
    const std::scoped_lock lock(mutex_);
    return work(std::as_const(state_));
  }
  template <class F>
  auto change(F work) -> Result<decltype(work(std::declval<Change&>()))> {
    std::unique_lock lock(mutex_);
    if (*broken_) return fail(Code::kUnavailable, "the sandbox can no longer write its database");
    Change change(state_, database_ != nullptr);
    auto value = work(change);
    auto committed = submit(std::move(change.rows_));
    lock.unlock();
    if (auto status = committed.get(); !status) return std::move(status).error();
    return value;
  }
  // A change that need not be on disk before its maker goes on: after a crash it is made again.
  // What it does is seen, and ordered, like any other change.
  template <class F>
  void change_later(F work) {
    const std::scoped_lock lock(mutex_);
    if (*broken_) return;
    Change change(state_, database_ != nullptr);
    work(change);
    submit(std::move(change.rows_));
  }

 private:
  explicit Store(storage::Database* database) : database_(database) {}
  Status load();
  std::future<Status> submit(std::vector<Change::Row> rows);

  storage::Database* database_;
  mutable std::mutex mutex_;
  State state_;
  // Set by the database's writer, which may outlive the store.
  std::shared_ptr<std::atomic<bool>> broken_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace armature::sandbox
