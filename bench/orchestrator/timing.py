"""From the lines that the tasks wrote to figures."""
import statistics


def read_log(path):
    """tag → (start, end) by the monotonic clock, seconds; and tag → start by the wall clock."""
    started, ended, wall = {}, {}, {}
    for line in path.read_text().splitlines() if path.exists() else []:
        tag, what, raw, real = line.split()
        (started if what == "start" else ended)[tag] = int(raw) / 1e9
        if what == "start":
            wall[tag] = int(real) / 1e9
    return {tag: (started[tag], ended[tag]) for tag in ended}, wall


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else None


def dispatch_latencies(workload, times, submitted):
    """Start of each task after the last of those that it waits for has ended, or after its run was submitted."""
    out = []
    for tag, (start, _) in times.items():
        run, task = tag.split("/")
        after = [times[f"{run}/{one}"][1] for one in workload.tasks[task]]
        out.append(start - max(after, default=submitted[run]))
    return out


def overhead(workload, makespan, times):
    """Per task of the longest chain: what was neither work nor unavoidable; None without bodies."""
    if not times or workload.runs > 1:
        return None
    bodies = statistics.median(end - start for start, end in times.values())
    return (makespan - bodies * workload.on_path) / workload.on_path
