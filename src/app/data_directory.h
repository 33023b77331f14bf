#pragma once
// DataDirectory: what every server with a gateway keeps in its data directory, and the threads it
// runs on.
//
//   Files     DATA_DIR/armature.db; DATA_DIR/ca: the private authority, and the bundle that clients
//             trust
//   Errors    kUnavailable: another server holds the directory, or a file of it cannot be used
//   Lifetime  the runtime ends before the database
#include <memory>

#include "app/config.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "http/certificates.h"
#include "http/runtime.h"
#include "storage/database.h"

namespace armature::app {

struct DataDirectory {
  http::Authority authority;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<http::Runtime> runtime;
};

Result<DataDirectory> open_data_directory(const Config& config, const Clock& clock, Random& random);

}  // namespace armature::app
