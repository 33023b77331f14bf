"""A real server in a folder of its own, driven by its command line and REST API."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("ARMATURE_BINARY", str(ROOT / "build" / "dev" / "armature"))
CORPUS = pathlib.Path(os.environ.get("ARMATURE_CORPUS", ROOT.parent / "shared" / "data"))
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
PATIENCE = 120  # seconds; a bound against hanging, never a measure


def bash_dag(dag_id, role, scope, command, max_token_ttl="1h", retries=0):
    """A DAG of one bash task, `work`, with one role on one scope."""
    body = "\n".join("      " + line for line in command.splitlines())
    return f"""
dag_id: {dag_id}
schedule: null
access:
  azure:
    identity: provisioner
    max_token_ttl: {max_token_ttl}
    roles:
      - {{role: {role}, scope: "{scope}", tasks: [work]}}
tasks:
  - task_id: work
    operator: bash
    retries: {retries}
    retry_delay: 0s
    bash_command: |
{body}
"""


class Program:
    """An armature process with a data directory; what it writes goes to self.log."""
    process = None

    def come_up(self, arguments, **more):
        found = self.data / "server.json"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(arguments, stdout=log, stderr=log, **more)
        wait_for(lambda: found.exists() or self.process.poll() is not None, f"'armature {arguments[1]}' to come up")
        assert self.process.poll() is None, self.log.read_text()[-4000:]
        return json.loads(found.read_text())

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            # A sanitizer's finding ends the program with a status of its own.
            assert self.process.returncode == 0, self.log.read_text()[-8000:]


class Server(Program):
    def __init__(self, folder: pathlib.Path, file_roots=()):
        self.data = folder / "data"
        self.dags = folder / "dags"
        self.dags.mkdir(parents=True, exist_ok=True)
        self.log = folder / "server.log"
        self.file_roots = [str(root) for root in file_roots]
        self.sets = {"server.port": 0, "gateway.port": 0, "sandbox.port": 0,
                     "gateway.first_delay": "20ms", "sandbox.provisioning_time": "50ms"}

    def start(self, **sets):
        arguments = [BINARY, "standalone", "--data-dir", str(self.data), "--dags-folder", str(self.dags)]
        for key, value in {**self.sets, **sets}.items():
            arguments += ["--set", f"{key}={value}"]
        if self.file_roots:
            arguments += ["--set", "dags.file_roots=" + ":".join(self.file_roots)]
        (self.data / "server.json").unlink(missing_ok=True)
        self.address = self.come_up(arguments, cwd=self.log.parent)
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def add_dag(self, path, name=None):
        path = pathlib.Path(path)
        shutil.copy(path, self.dags / (name or path.name))

    def write_dag(self, name, text):
        (self.dags / name).write_text(text)

    def cli(self, *arguments, check=True):
        done = subprocess.run([BINARY, *map(str, arguments), "--data-dir", str(self.data)],
                              capture_output=True, text=True, timeout=PATIENCE)
        if check:
            assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done

    def json(self, *arguments):
        return json.loads(self.cli(*arguments, "-o", "json").stdout)

    def api(self, method, path, body=None):
        request = urllib.request.Request(self.address["url"] + path, method=method)
        request.add_header("Authorization", "Bearer " + (self.data / "api_token").read_text().strip())
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data, PATIENCE) as response:
                text = response.read()
                return response.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def wait_for_dag(self, dag_id):
        wait_for(lambda: self.api("GET", f"/api/v2/dags/{dag_id}")[0] == 200, f"DAG {dag_id}")

    def trigger(self, dag_id, run_id, **conf):
        self.wait_for_dag(dag_id)
        self.cli("dags", "trigger", dag_id, "--run-id", run_id, "--conf", json.dumps(conf))

    def run_state(self, dag_id, run_id):
        return self.api("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")[1]["state"]

    def finish(self, dag_id, run_id):
        wait_for(lambda: self.run_state(dag_id, run_id) in ("success", "failed"), f"run {run_id}")
        return self.run_state(dag_id, run_id)

    def tasks(self, dag_id, run_id):
        listed = self.api("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")[1]
        return {task["task_id"]: task for task in listed["task_instances"]}

    def task_log(self, run_id, task_id, try_number=0):
        return self.cli("tasks", "logs", run_id, task_id, "--try", try_number, check=False).stdout

    def why(self, dag_id, run_id):
        """What to print when a run did not end as expected."""
        lines = []
        for name, task in self.tasks(dag_id, run_id).items():
            lines.append(f"{name}: {task['state']} {task['error'] or ''}")
            if task["state"] == "failed":
                lines.append(self.task_log(run_id, name))
        return "\n".join(lines)

    def effects(self):
        return self.api("GET", "/api/v2/armature/sandbox/effects")[1]

    def fault(self, **fault):
        status, answer = self.api("POST", "/api/v2/armature/sandbox/faults", fault)
        assert status == 201, answer

    def audit(self, **query):
        text = "&".join(f"{key}={value}" for key, value in query.items())
        return self.api("GET", f"/api/v2/armature/audit?limit=10000&{text}")[1]["records"]


def wait_for(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s for {what}"
        time.sleep(0.05)


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path, file_roots=[ROOT / "examples"] + ([CORPUS] if CORPUS.exists() else []))
    yield made
    made.stop()


@pytest.fixture
def provision(server):
    """A running server that has the example and its template."""
    server.add_dag(ROOT / "examples" / "azure_provision.yaml")
    shutil.copytree(ROOT / "examples" / "templates", server.dags / "templates")
    server.start()
    server.wait_for_dag("azure_provision")
    return server
