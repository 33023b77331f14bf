"""Loads a server and reads what its processes used: CPU, memory, threads."""
import json
import os
import pathlib
import re
import subprocess

TICK = os.sysconf("SC_CLK_TCK")


def family(pid):
    """The process and all that descend from it."""
    out = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in task.read_text().split():
                out += family(int(child))
        except OSError:
            continue
    return out


def cpu_seconds(pid):
    """User and system time of the family, as the kernel counts it for each process."""
    total = 0
    for one in family(pid):
        try:
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def thread_seconds(pid):
    """Of the family: thread id → (name, seconds on a CPU)."""
    out = {}
    for one in family(pid):
        for task in pathlib.Path(f"/proc/{one}/task").glob("*"):
            try:
                out[int(task.name)] = ((task / "comm").read_text().strip(), int((task / "schedstat").read_text().split()[0]) / 1e9)
            except OSError:
                continue
    return out


def rss_mib(pid):
    total = 0
    for one in family(pid):
        try:
            found = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{one}/status").read_text())
        except OSError:
            continue
        total += int(found[1]) if found else 0
    return total / 1024


class Plan:
    """What the load generator reads: requests and tokens in a file of mode 0600."""

    def __init__(self, path, door, kinds):
        self.path, self.first = path, kinds[0]
        plan = {"host": door.host, "proxy_basic": door.basic, "kinds": kinds}
        path.touch(0o600)
        path.write_text(json.dumps(plan))


class Load:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def command(self, door, plan, **options):
        out = [self.program, "--plan", plan.path, "--port", door.port, "--ca", door.ca]
        if door.connect_to:
            out += ["--connect-to", door.connect_to]
        for name, value in options.items():
            out += ["--" + name.replace("_", "-"), value]
        return [str(part) for part in out]

    def run(self, door, plan, **options):
        done = subprocess.run(self.command(door, plan, **options), capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        total = json.loads(done.stdout.splitlines()[-1])
        if total["errors"] or total["expected"] != total["due"]:
            raise RuntimeError(f"not answered as expected: {total['by_kind']} {total['errors']}")
        return total

    def saturate(self, door, plan, connections, seconds):
        """Requests a second, closed loop: wrk, but where a CONNECT comes first, which wrk cannot send."""
        if door.connect_to:
            return self.run(door, plan, connections=connections, seconds=seconds)["answered"] / seconds
        kind = plan.first
        script = self.folder / "wrk.lua"
        script.touch(0o600)
        script.write_text(f'wrk.headers["Authorization"] = "Bearer {kind["bearer"]}"\n' if kind.get("bearer") else "")
        url = f"https://localhost:{door.port}{kind['target']}"
        done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, url], capture_output=True, text=True)
        bad = re.search(r"(Non-2xx.*|Socket errors.*)", done.stdout)
        if done.returncode or (bad and kind["expected"] == [200]):
            raise RuntimeError(bad[1] if bad else done.stderr + done.stdout)
        return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])

    def idle(self, door, plan, connections, pid):
        """MiB that so many idle connections add to the process."""
        before = rss_mib(pid)
        command = self.command(door, plan, connections=connections, sources=8) + ["--idle"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as holder:
            if holder.stdout.readline().strip() != "ready":
                raise RuntimeError(holder.stderr.read().strip())
            held = rss_mib(pid)
            holder.stdin.close()
        return held - before
