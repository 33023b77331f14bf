#pragma once
// What Prometheus' client libraries tell of a process, read from /proc/self: CPU, memory,
// descriptors. What cannot be read is left out.
//
//   Source    prometheus.io, "Writing client libraries", process metrics
#include "base/clock.h"
#include "base/exposition.h"

namespace armature::app {

void write_process_metrics(Exposition& out, Instant started);

}  // namespace armature::app
