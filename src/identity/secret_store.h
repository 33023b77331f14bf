#pragma once
// SecretStore: the server's own encrypted store of client secrets: one file, each value sealed
// (AES-256-GCM, base/seal.h) under a key in another file. A copy of one of them says nothing.
//
//   get       kNotFound (with the names that are there); kInvalid: it does not open with this key,
//             or it was sealed under another name
//   put       replaces; counts from the next token on, without a restart
//   names     never values
//   Threads   any; blocks on the file
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace armature::identity {

class SecretStore {
 public:
  SecretStore(std::filesystem::path file, Secret key, Random& random)
      : file_(std::move(file)), key_(std::move(key)), random_(random) {}

  Result<Secret> get(const std::string& name) const;
  Status put(const std::string& name, const Secret& value);
  Result<std::vector<std::string>> names() const;

 private:
  const std::filesystem::path file_;
  const Secret key_;
  Random& random_;
  mutable std::mutex mutex_;
};

}  // namespace armature::identity
