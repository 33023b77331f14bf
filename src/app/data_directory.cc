#include "app/data_directory.h"

#include "app/trust_bundle.h"
#include "base/files.h"

namespace armature::app {

Result<DataDirectory> open_data_directory(const Config& config, const Clock& clock,
                                          Random& random) {
  ARMATURE_CHECK(make_private_directory(config.data_dir));
  DataDirectory out;
  storage::Database::Options options;
  options.path = config.data_dir / "armature.db";
  ARMATURE_TRY(out.database, storage::Database::open(options));
  ARMATURE_TRY(out.authority, http::load_or_make_authority(config.data_dir / "ca",
                                                           "Armature local CA", clock, random));
  ARMATURE_CHECK(write_trust_bundle(config.data_dir / "ca", out.authority));
  http::Runtime::Options threads;
  threads.workers = config.server_workers;
  out.runtime = std::make_unique<http::Runtime>(threads);
  return out;
}

}  // namespace armature::app
