#pragma once
// FaultList: the faults that are to come, taken one by one by the requests they match.
//
//   Match     method and a part of the path, without regard to case; the first added wins. A fault
//             that names no path leaves the token endpoint alone
//   Threads   any
#include <list>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/json.h"
#include "http/message.h"
#include "sandbox/sandbox.h"

namespace armature::sandbox {

class FaultList {
 public:
  Status add(Fault fault);  // kInvalid for an unknown kind or a status that is no error
  std::optional<Fault> take(std::string_view method, std::string_view path, bool is_arm);
  Json to_json() const;
  std::size_t size() const;
  void clear();

 private:
  mutable std::mutex mutex_;
  std::list<Fault> faults_;
};

http::Response fault_response(const Fault& fault);

}  // namespace armature::sandbox
