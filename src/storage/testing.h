#pragma once
// A Database in a folder of its own, for tests: TempDatabase t; t->write(…); t.reopen().
#include <cstdlib>
#include <iostream>
#include <memory>

#include "base/testing.h"
#include "storage/database.h"

namespace armature::testing {

class TempDatabase {
 public:
  TempDatabase() { reopen(); }
  storage::Database& operator*() { return *database_; }
  storage::Database* operator->() { return database_.get(); }
  std::filesystem::path path() const { return folder_.path() / "armature.db"; }
  // As a server does at its restart: what was submitted is on disk, then the file is opened again.
  void reopen() {
    database_.reset();
    auto opened = storage::Database::open({path(), 4, true});
    if (!opened) {
      std::cerr << "TempDatabase: " << opened.error().message << '\n';
      std::abort();
    }
    database_ = std::move(*opened);
  }
  void close() { database_.reset(); }

 private:
  TempDir folder_;
  std::unique_ptr<storage::Database> database_;
};

}  // namespace armature::testing
