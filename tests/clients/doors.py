"""Unmodified programs in tasks of a DAG, through each door of the gateway: what works, and what says why not."""
import json
import pathlib
import shlex
import subprocess
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
PATIENCE = 300

# What a task does before the program: nothing, or leave a door shut.
NO_PROXY = "unset HTTPS_PROXY; export ARM_ENDPOINT=$ARMATURE_GATEWAY_URL"
NO_APP_SERVICE = "unset IDENTITY_ENDPOINT IDENTITY_HEADER MSI_ENDPOINT MSI_SECRET APPSETTING_WEBSITE_SITE_NAME"
DOORS = {
    "forward proxy, token of App Service's endpoint": ":",
    "forward proxy, token of IMDS's endpoint": NO_APP_SERVICE,
    "reverse endpoint, token of App Service's endpoint": NO_PROXY,
    "reverse endpoint, token of IMDS's endpoint": f"{NO_PROXY}; {NO_APP_SERVICE}",
}


class Server:
    def __init__(self, binary, folder):
        self.binary, self.data, self.dags = binary, folder / "data", folder / "dags"
        self.log = folder / "server.log"
        self.dags.mkdir(parents=True)
        command = [binary, "standalone", "--data-dir", self.data, "--dags-folder", self.dags, "--set", "sandbox.provisioning_time=100ms"]
        for port in ("server.port", "gateway.port", "sandbox.port"):
            command += ["--set", f"{port}=0"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.wait(lambda: (self.data / "server.json").exists() or self.process.poll() is not None, "the server")
        if self.process.poll() is not None:
            raise SystemExit("the server did not come up:\n" + self.log.read_text()[-4000:])
        self.url = json.loads((self.data / "server.json").read_text())["url"]

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        if self.process.returncode != 0:
            raise SystemExit("the server ended badly:\n" + self.log.read_text()[-8000:])

    @staticmethod
    def wait(condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise RuntimeError(f"waited {PATIENCE} s for {what}")
            time.sleep(0.1)

    def cli(self, *arguments):
        done = subprocess.run([self.binary, *arguments, "--data-dir", self.data], capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout + done.stderr

    def get(self, path):
        request = urllib.request.Request(self.url + path)
        request.add_header("Authorization", "Bearer " + (self.data / "api_token").read_text().strip())
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            return {}

    def run(self, name, command):
        """One task whose DAG grants it Contributor on its group alone: its log."""
        body = "\n".join("      " + line for line in command.splitlines())
        (self.dags / f"{name}.yaml").write_text(f"""
dag_id: {name}
schedule: null
access:
  azure:
    identity: provisioner
    roles: [{{role: Contributor, scope: "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-{name}", tasks: [work]}}]
tasks:
  - task_id: work
    operator: bash
    env: {{AZURE_SUBSCRIPTION_ID: "{SUBSCRIPTION}"}}
    bash_command: |
{body}
""")
        self.wait(lambda: self.get(f"/api/v2/dags/{name}"), f"DAG {name}")
        self.cli("dags", "trigger", name, "--run-id", name)
        self.wait(lambda: self.get(f"/api/v2/dags/{name}/dagRuns/{name}").get("state") in ("success", "failed"), f"run {name}")
        return self.cli("tasks", "logs", name, "work")


def program_of(client):
    if client.kind == "az":
        az = pathlib.Path(client.command[0])
        return f"az() {{ {az} \"$@\"; }}\nexport AZURE_CORE_NO_COLOR=true PYTHONWARNINGS=ignore\nset -- MINE OTHER\n" + (HERE / "task.sh").read_text()
    command = {"python": [client.command[0], HERE / "task.py"],
               "js": ["node", pathlib.Path(client.command[1]).parent / "task.mjs"] if client.kind == "js" else [],
               "go": [pathlib.Path(client.command[0]).parent / "task"]}[client.kind]
    return shlex.join(map(str, command)) + " MINE OTHER"


def problem_of(log, mine, other):
    """What is wrong with the program's log, or ""."""
    for line in (f"created {mine}", "read westeurope", f"deleted {mine}", "denied"):
        if line not in log:
            return f"no '{line}' in:\n{log}"
    denied = log[log.index("denied"):]
    for text in ("AuthorizationFailed", "Microsoft.Resources/subscriptions/resourceGroups/write", other):
        if text not in denied:
            return f"the denial does not say '{text}':\n{denied}"
    return ""


def run(binary, clients, folder, results):
    server = Server(binary, folder / "doors")
    try:
        for number, client in enumerate(clients):
            for index, (door, before) in enumerate(DOORS.items()):
                if not results.wanted(client.name, door):
                    continue
                name = f"{client.kind}{number}{index}"
                mine, other = f"rg-{name}", f"rg-not-{name}"
                started = time.monotonic()
                program = program_of(client).replace("MINE", mine).replace("OTHER", other)
                try:
                    log = server.run(name, before + "\n" + program)
                    problem = problem_of(log, mine, other)
                except (RuntimeError, subprocess.SubprocessError) as error:
                    problem = str(error)
                results.add(client.name, door, problem, started)
    finally:
        server.stop()


def table(results):
    """Doors as columns, clients as rows; below it why a client does not come through a door."""
    clients = list(dict.fromkeys(row.client for row in results.rows))
    found = {(row.client, row.command): row for row in results.rows}
    lines = ["| client | " + " | ".join(DOORS) + " |", "|---" * (len(DOORS) + 1) + "|"]
    reasons = {}
    for client in clients:
        cells = []
        for door in DOORS:
            row = found[client, door]
            reason = results.reason(row) or "unexpected"
            cells.append("works" if row.ok else f"no ({reasons.setdefault(reason, len(reasons) + 1)})")
        lines.append(f"| {client} | " + " | ".join(cells) + " |")
    works = sum(row.ok for row in results.rows)
    return "\n".join([*lines, "", *(f"({number}) {reason}.  " for reason, number in reasons.items()),
                      f"doors {works}/{len(results.rows)}"])
