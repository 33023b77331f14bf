#pragma once
// Cancel: the stop sign of one attempt, which its thread can wait on together with file
// descriptors.
//
//   Threads   raise() from any thread, any number of times; wait() and raised() from the attempt's
#include "base/clock.h"

namespace armature::orchestrator {

class Cancel {
 public:
  Cancel();
  ~Cancel();
  Cancel(const Cancel&) = delete;
  Cancel& operator=(const Cancel&) = delete;

  void raise();
  bool raised() const;
  bool wait(Micros length) const;         // true: raised before the time was over
  int descriptor() const { return fd_; }  // readable once raised

 private:
  int fd_;
};

}  // namespace armature::orchestrator
