"""Engines that run a workload once: each returns what it took."""
import dataclasses
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from timing import read_log

PARALLEL = 32
SUBMITTERS = 8
PATIENCE = 600  # seconds; a bound against hanging, never a measure


@dataclasses.dataclass
class Took:
    makespan: float
    cpu: float  # seconds of the engine and all that it started
    times: dict
    submitted: dict
    rss_mib: float = 0.0


def now():
    return time.clock_gettime(time.CLOCK_MONOTONIC_RAW)


class Files:
    """make and ninja: a file with the graph, one process to the end."""

    def __init__(self, body, folder):
        self.body, self.folder = body, folder / self.name
        self.folder.mkdir()

    def stop(self):
        pass

    def fits(self, workload):
        return not workload.native and workload.runs == 1 and shutil.which(self.name) is not None

    def run(self, workload):
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        command = self.write(workload, f"{self.body} {log} run/{{}} {' '.join(workload.body)}")
        before, began = os.times(), now()
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)
        ended, after = now(), os.times()
        times, _ = read_log(log)
        assert len(times) == len(workload.tasks), (self.name, len(times))
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return Took(ended - began, cpu, times, {"run": began})


class Make(Files):
    name = "make"

    def write(self, workload, command):
        lines = [f".PHONY: all {' '.join(workload.tasks)}", f"all: {' '.join(workload.tasks)}"]
        for task, after in workload.tasks.items():
            lines += [f"{task}: {' '.join(after)}", f"\t@{command.format(task)}"]
        (self.folder / "Makefile").write_text("\n".join(lines) + "\n")
        return ["make", f"-j{PARALLEL}", "all"]


class Ninja(Files):
    name = "ninja"

    def write(self, workload, command):
        lines = ["rule run", "  command = " + command.format("$task")]
        for task, after in workload.tasks.items():
            lines += [f"build {task}: run {' '.join(after)}", f"  task = {task}"]
        (self.folder / "build.ninja").write_text("\n".join(lines) + "\n")
        return ["ninja", f"-j{PARALLEL}", "--quiet"]


def cpu_of(pid):
    """Of the process and of its children that have ended, seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def rss_of(pid, key="VmHWM"):
    return int(re.search(key + r":\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


class Armature:
    name = "armature"

    def __init__(self, binary, body, folder, *settings):
        self.body, self.folder = body, folder / "armature"
        self.dags = self.folder / "dags"
        self.dags.mkdir(parents=True)
        self.log = self.folder / "log"
        sets = ["server.port=0", "gateway.port=0", "sandbox.enabled=false", "log.level=warning", f"orchestrator.parallelism={PARALLEL}",
                *settings]
        with open(self.folder / "server.log", "ab") as out:
            self.process = subprocess.Popen([binary, "standalone", "--data-dir", self.folder / "data", "--dags-folder", self.dags,
                                             *(f"--set={one}" for one in sets)], stdout=out, stderr=out)
        ready = self.folder / "data" / "server.json"
        while not ready.exists():
            if self.process.poll() is not None:
                raise RuntimeError((self.folder / "server.log").read_text())
            time.sleep(0.005)
        self.url = json.loads(ready.read_text())["url"].removeprefix("http://")
        self.token = (self.folder / "data" / "api_token").read_text().strip()
        self.here = threading.local()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def fits(self, _):
        return True

    def call(self, method, path, body=None):
        if not hasattr(self.here, "connection"):
            self.here.connection = http.client.HTTPConnection(self.url)
        self.here.connection.request(method, "/api/v2" + path, None if body is None else json.dumps(body),
                                {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        answer = self.here.connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:400]}")
        return json.loads(text)

    def write_dag(self, workload):
        dag_id = f"bench_{workload.name}"
        tasks = []
        for task, after in workload.tasks.items():
            one = {"task_id": task, "operator": "empty" if workload.native else "bash", "dependencies": after}
            if not workload.native:
                one["bash_command"] = f"exec {self.body} {self.log} {{{{ run_id }}}}/{task} {' '.join(workload.body)}"
                one["output_processor"] = "none"
            tasks.append(one)
        dag = {"dag_id": dag_id, "schedule": None, "max_active_runs": workload.runs, "max_active_tasks": 100_000, "tasks": tasks}
        (self.dags / f"{dag_id}.yaml").write_text(json.dumps(dag))
        self.wait(lambda: any(one["dag_id"] == dag_id for one in self.call("GET", "/dags?limit=1000")["dags"]), "the DAG")
        return dag_id

    def wait(self, condition, what, every=0.02):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"waited for {what}: {self.call('GET', '/importErrors')['import_errors']}")
            time.sleep(every)

    def state_of(self, dag_id, run):
        return self.call("GET", f"/dags/{dag_id}/dagRuns/{run}")["state"]

    def run(self, workload):
        dag_id = self.write_dag(workload)
        self.log.unlink(missing_ok=True)
        cpu, began, submitted = cpu_of(self.process.pid), now(), {}

        def submit(run):
            submitted[run] = now()
            self.call("POST", f"/dags/{dag_id}/dagRuns", {"dag_run_id": run, "logical_date": None})

        with ThreadPoolExecutor(SUBMITTERS) as pool:
            list(pool.map(submit, [f"r{time.monotonic_ns()}_{number}" for number in range(workload.runs)]))
        for run in submitted:
            self.wait(lambda: self.state_of(dag_id, run) in ("success", "failed"), run, every=0.002)
        ended, cpu = now(), cpu_of(self.process.pid) - cpu
        states = {self.state_of(dag_id, run) for run in submitted}
        assert states == {"success"}, (workload.name, states)
        times, _ = read_log(self.log)
        if times:
            assert len(times) == len(workload.tasks) * workload.runs, (workload.name, len(times))
            ended = max(end for _, end in times.values())
        return Took(ended - began, cpu, times, submitted, rss_of(self.process.pid))
