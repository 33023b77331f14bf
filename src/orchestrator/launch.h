#pragma once
// launch: starts the program of a ProcessSpec as posix_spawn does, without a copy of a large server
// process and with what posix_spawn cannot say. Used inside this room.
//
//   The child  leads a session of its own; reads from /dev/null; writes stdout and stderr to
//              `output`; has no other descriptor, default signals, and the environment of the spec
//              alone; gets SIGKILL when the calling thread ends, so that nothing outlives a killed
//              server
//   Errors     kUnavailable: with the system's words
//   Threads    any
//   Source     glibc's sysdeps/unix/sysv/linux/spawni.c: CLONE_VM with CLONE_VFORK, a stack of the
//              child's own, signals shut out meanwhile
#include <sys/types.h>

#include "base/result.h"
#include "orchestrator/process.h"

namespace armature::orchestrator {

Result<pid_t> launch(const ProcessSpec& spec, int output);

}  // namespace armature::orchestrator
