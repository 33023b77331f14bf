"""A sandbox that stays, a server that is killed, and the DAG whose tasks send the mutations."""
import http.client
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from control import Control
from in_place import InPlace
from matrix import GROUP, SUBSCRIPTION

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 900  # seconds; a bound against hanging, never a measure
WORKERS = 256  # of the sandbox: those that a fault holds do not hold the others
RUN = "matrix"


def wait_for(condition, what, process=None, log=None):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline or (process and process.poll() is not None):
            raise SystemExit(f"waited for {what}\n" + (log.read_text()[-4000:] if log else ""))
        time.sleep(0.02)


class Cloud:
    def __init__(self, binary, folder, plan, sdk):
        self.binary, self.folder, self.plan, self.sdk = binary, folder, plan, sdk
        self.kills = 0
        self.server = self.sandbox = self.control = None
        self.in_place = InPlace(self)

    # Start and stop.

    def start(self):
        self.plan.save(self.folder / "plan.json")
        self.start_sandbox()
        self.write_dag()
        self.write_config()
        self.start_server()

    def spawn(self, name, arguments, environment=None):
        data = self.folder / name
        (data / "server.json").unlink(missing_ok=True)
        log = self.folder / f"{name}.log"
        with open(log, "ab") as out:
            process = subprocess.Popen([self.binary, *arguments, "--data-dir", data], stdout=out, stderr=out,
                                       cwd=self.folder, env={**os.environ, **(environment or {})})
        wait_for((data / "server.json").exists, f"the {name} to come up", process, log)
        return process, json.loads((data / "server.json").read_text())

    def start_sandbox(self):
        config = self.folder / "sandbox.yaml"
        config.write_text(f"server: {{workers: {WORKERS}}}\n")
        self.sandbox, address = self.spawn("sandbox", [
            "sandbox", "start", "--port", "0", "--config", config, "--set", "sandbox.provisioning_time=200ms",
            "--set", "sandbox.throttle=off", "--set", "sandbox.lenient=true", "--set", "log.level=warning"])
        self.azure, self.app = address["sandbox_url"], address["sandbox"]
        token = (self.folder / "sandbox" / "api_token").read_text().strip()
        at = dict(url=address["url"], token=token)
        (self.folder / "control.json").write_text(json.dumps(at))
        (self.folder / "control.json").chmod(0o600)
        self.control = Control(at)
        self.trust = ssl.create_default_context(cafile=self.folder / "sandbox" / "ca" / "ca.pem")

    def write_config(self):
        config = {
            "sandbox": {"enabled": False}, "dags": {"folder": str(self.folder / "dags")},
            "server": {"port": 0}, "gateway": {"port": 0, "first_delay": "20ms"},
            "azure": {"management_url": self.azure, "authority": self.azure},
            "identities": [{"name": "provisioner", "tenant_id": self.app["tenant_id"], "client_id": self.app["client_id"],
                            "client_secret_file": self.app["client_secret_file"],
                            "ceiling": [{"role": "Contributor", "scope": f"/subscriptions/{SUBSCRIPTION}"}]}]}
        (self.folder / "server.yaml").write_text(json.dumps(config))  # JSON is YAML

    def write_dag(self):
        command = f"exec {self.sdk or sys.executable} {HERE}/worker.py {self.folder}/plan.json {self.folder} "
        tasks = [{"task_id": f"worker_{i}", "operator": "bash", "retries": 1000, "retry_delay": "0s",
                  "bash_command": command + str(i), "output_processor": "none",
                  "env": {"FAULTS_SDK": "1"} if self.sdk else {}} for i in range(self.plan.workers)]
        roles = [{"role": "Contributor", "scope": f"/subscriptions/{SUBSCRIPTION}",
                  "tasks": [task["task_id"] for task in tasks]}]
        dag = {"dag_id": "faults", "schedule": None, "access": {"azure": {"identity": "provisioner", "roles": roles}},
               "tasks": tasks}
        (self.folder / "dags").mkdir(exist_ok=True)
        (self.folder / "dags" / "faults.yaml").write_text(json.dumps(dag))

    def start_server(self):
        self.server, self.address = self.spawn(
            "server", ["standalone", "--config", self.folder / "server.yaml", "--set", "log.level=warning"],
            {"SSL_CERT_FILE": str(self.folder / "sandbox" / "ca" / "ca.pem")})

    def kill(self, shown):
        """kill -9, and with it the tasks' processes: nothing of the host but its disk is left.

        What Azure holds meanwhile it acts upon before the server is up again: what comes later than a look cannot be
        seen by it, whoever looks.
        """
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()
        for path in self.folder.glob("pid.*"):
            try:
                os.kill(int(path.read_text()), signal.SIGKILL)
            except (ProcessLookupError, ValueError):
                pass
            path.unlink()
        for path in [*self.folder.glob("at.*"), *self.folder.glob("gate")]:
            path.unlink()
        self.kills += 1
        for one in shown:
            with open(self.folder / f"journal.{one.worker}", "a") as journal:
                journal.write(json.dumps(dict(number=one.number, event="hit")) + "\n")
        self.control.let_go()
        wait_for(lambda: not self.control.faults(), "Azure to act upon what it held")
        self.start_server()

    def stop(self):
        for process in (self.server, self.sandbox):
            if process and process.poll() is None:
                process.terminate()
                process.wait(60)

    # What is there before.

    def make_targets(self):
        local = threading.local()
        body = urllib.parse.urlencode({
            "grant_type": "client_credentials", "client_id": self.app["client_id"],
            "client_secret": pathlib.Path(self.app["client_secret_file"]).read_text().strip(),
            "scope": "https://management.azure.com/.default"})
        host = urllib.parse.urlsplit(self.azure)

        def call(method, path, text, headers):
            if not hasattr(local, "connection"):
                local.connection = http.client.HTTPSConnection(host.hostname, host.port, context=self.trust, timeout=60)
            local.connection.request(method, path, text, headers)
            answer = local.connection.getresponse()
            read = answer.read()
            assert answer.status < 400, (path, answer.status, read[:500])
            return json.loads(read) if read else None

        token = call("POST", f"/{self.app['tenant_id']}/oauth2/v2.0/token", body,
                     {"Content-Type": "application/x-www-form-urlencoded"})["access_token"]
        headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
        for group in {GROUP, *(one.group for one in self.plan.mutations)}:
            call("PUT", group + "?api-version=2021-04-01", json.dumps({"location": "westeurope"}), headers)
        wanted = [one.made_before for one in self.plan.mutations if one.made_before]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda made: call("PUT", made[0], json.dumps(made[1]), headers), wanted))

    # The run.

    def cli(self, *arguments):
        done = subprocess.run([self.binary, *map(str, arguments), "--data-dir", self.folder / "server"],
                              capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise SystemExit(f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def api(self, path):
        request = urllib.request.Request(self.address["url"] + "/api/v2" + path)
        request.add_header("Authorization", "Bearer " + (self.folder / "server" / "api_token").read_text().strip())
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def trigger(self):
        wait_for(lambda: self.api("/dags")["total_entries"] + self.api("/importErrors")["total_entries"], "the DAG")
        broken = self.api("/importErrors")["import_errors"]
        if broken:
            raise SystemExit(broken[0]["stack_trace"])
        self.cli("dags", "trigger", "faults", "--run-id", RUN)

    def finish(self):
        """Until the run has ended; kills the server whenever all tasks that still run wait for it."""
        deadline = time.monotonic() + 6 * PATIENCE + len(self.plan.mutations)
        looked = 0.0
        while True:
            self.kill_when_in_place()
            if time.monotonic() - looked > 1:
                looked = time.monotonic()
                if looked > deadline:
                    raise SystemExit("the run does not end")
                if self.api(f"/dags/faults/dagRuns/{RUN}")["state"] in ("success", "failed"):
                    return
            time.sleep(0.05)

    def kill_when_in_place(self):
        alive = [i for i in range(self.plan.workers) if not (self.folder / f"done.{i}").exists()]
        places = [self.folder / f"at.{i}" for i in alive]
        if not alive or not all(place.exists() for place in places):
            return
        told = [json.loads(place.read_text()) for place in places]
        if any(one["waits"] for one in told):
            (self.folder / "gate").touch()
            return
        batches = dict(zip(alive, (one["batch"] for one in told)))
        meant = [one for one in self.plan.mutations if one.batch >= 0 and batches.get(one.worker) == one.batch]
        shown = self.in_place.shown(meant)
        if len(shown | self.in_place.ended(meant)) == len(meant):
            self.kill([one for one in meant if one.number in shown])

    def clear(self, numbers):
        workers = {one.worker for one in self.plan.mutations if one.number in numbers}
        for worker in workers:
            (self.folder / f"done.{worker}").unlink(missing_ok=True)
        self.cli("tasks", "clear", RUN, *(f"worker_{i}" for i in sorted(workers)))
