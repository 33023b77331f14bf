"""`armature sandbox start`: the local Azure alone, and what its owner does to it."""
import json
import os
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

from conftest import BINARY, PATIENCE, SUBSCRIPTION, Program

GROUPS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"


class Alone(Program):
    def __init__(self, folder):
        self.data, self.log, self.token = folder / "data", folder / "log", None

    def start(self, *flags):
        arguments = [BINARY, "sandbox", "start", "--port", "0", "--data-dir", str(self.data), *flags]
        self.sandbox = self.come_up(arguments)["sandbox"]
        self.token = None
        return self

    def cli(self, *arguments, check=True):
        done = subprocess.run([BINARY, "sandbox", *map(str, arguments), "--data-dir", str(self.data)],
                              capture_output=True, text=True, timeout=PATIENCE)
        assert not check or done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done

    def json(self, *arguments):
        return json.loads(self.cli(*arguments, "-o", "json").stdout)

    def environment(self):
        done = subprocess.run(["bash", "-c", 'eval "$0"; env -0', self.cli("env").stdout], capture_output=True, check=True)
        return dict(line.split("=", 1) for line in done.stdout.decode().split("\0") if "=" in line)

    def send(self, method, path, body=None, headers=()):
        request = urllib.request.Request(self.sandbox["url"] + path, method=method, headers=dict(headers))
        trust = ssl.create_default_context(cafile=self.sandbox["bundle_file"])
        try:
            with urllib.request.urlopen(request, body, PATIENCE, context=trust) as response:
                return response.status, json.loads(response.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def sign_in(self):
        env = self.environment()
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": env["AZURE_CLIENT_ID"],
                                       "client_secret": env["AZURE_CLIENT_SECRET"],
                                       "scope": "https://management.azure.com/.default"}).encode()
        status, answer = self.send("POST", f"/{env['AZURE_TENANT_ID']}/oauth2/v2.0/token", form)
        assert status == 200, answer
        self.token = answer["access_token"]

    def arm(self, method, path, body=None):
        if not self.token:
            self.sign_in()
        data = None if body is None else json.dumps(body).encode()
        return self.send(method, f"{path}?api-version=2021-04-01", data,
                         {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})

    def group(self, name):
        status, answer = self.arm("PUT", f"{GROUPS}/{name}", {"location": "westeurope"})
        assert status in (200, 201), answer


@pytest.fixture
def alone(tmp_path):
    made = Alone(tmp_path)
    yield made
    made.stop()


def test_start_says_how_to_reach_it_and_keeps_its_secret(alone):
    alone.start()
    alone.group("rg")
    secret = (alone.data / "secrets" / "sandbox-owner").read_text().strip()
    said = alone.log.read_text()
    assert alone.sandbox["url"] in said and "az login" in said and "Terraform" in said
    assert secret not in said
    assert secret not in (alone.data / "server.json").read_text()
    for name in ("sandbox.env", "server.json", "api_token", "secrets/sandbox-owner", "secrets/sandbox_state_key"):
        assert os.stat(alone.data / name).st_mode & 0o077 == 0, name
    assert alone.environment()["AZURE_CLIENT_SECRET"] == secret
    alone.stop()
    assert not (alone.data / "server.json").exists()
    assert not (alone.data / "sandbox.env").exists()
    gone = alone.cli("env", check=False)
    assert gone.returncode == 1 and "armature sandbox start" in gone.stderr


def test_env_speaks_three_shells(alone):
    alone.start()
    assert "export ARM_METADATA_HOSTNAME='localhost:" in alone.cli("env").stdout
    assert "set -gx AZURE_AUTHORITY_HOST 'https://localhost:" in alone.cli("env", "--shell", "fish").stdout
    assert "$env:NODE_EXTRA_CA_CERTS = '/" in alone.cli("env", "--shell", "powershell").stdout
    assert alone.cli("env", "--shell", "csh", check=False).returncode == 2


def test_a_second_one_is_refused_with_the_way_out(alone, tmp_path):
    alone.start()
    same = alone.cli("start", "--port", "0", check=False)
    assert same.returncode == 1 and "running already" in same.stderr and "--data-dir" in same.stderr
    assert (alone.data / "server.json").exists(), "the refused one must not take the running one's files away"
    port = alone.sandbox["url"].rsplit(":", 1)[1]
    taken = subprocess.run([BINARY, "sandbox", "start", "--port", port, "--data-dir", str(tmp_path / "other")],
                           capture_output=True, text=True, timeout=PATIENCE)
    assert taken.returncode == 1 and f"127.0.0.1:{port}" in taken.stderr


def test_the_control_api_wants_its_token(alone):
    alone.start()
    url = json.loads((alone.data / "server.json").read_text())["url"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url + "/api/v2/armature/sandbox", timeout=PATIENCE)
    assert refused.value.code == 401


def test_faults_come_by_the_command_line_and_go(alone):
    alone.start()
    alone.group("rg")
    alone.cli("fault", "add", "status", "--status", 409, "--code", "AnotherOperationInProgress", "--path", "/RESOURCEGROUPS/rg",
              "--method", "GET")
    assert alone.arm("GET", f"{GROUPS}/rg")[1]["error"]["code"] == "AnotherOperationInProgress"
    assert alone.arm("GET", f"{GROUPS}/rg")[0] == 200
    alone.cli("fault", "add", "throttle", "--times", 0)
    alone.cli("fault", "add", "expired_token", "--times", 0)
    assert alone.arm("GET", f"{GROUPS}/rg")[0] == 429
    listed = alone.json("fault", "list")
    assert [(fault["kind"], fault["met"]) for fault in listed] == [("throttle", 1), ("expired_token", 0)]
    alone.cli("fault", "clear", listed[0]["id"])
    assert alone.arm("GET", f"{GROUPS}/rg")[1]["error"]["code"] == "ExpiredAuthenticationToken"
    alone.cli("fault", "clear")
    assert alone.arm("GET", f"{GROUPS}/rg")[0] == 200
    wrong = alone.cli("fault", "add", "latency", check=False)
    assert wrong.returncode == 1 and "duration" in wrong.stderr


def test_time_moves_forward_and_tokens_end(alone):
    alone.start()
    alone.group("rg")
    assert "ahead: 2h" in alone.cli("clock", "advance", "2h").stdout
    assert alone.arm("GET", f"{GROUPS}/rg")[1]["error"]["code"] == "ExpiredAuthenticationToken"
    alone.sign_in()
    assert alone.arm("GET", f"{GROUPS}/rg")[0] == 200
    back = alone.cli("clock", "set", "2020-01-01T00:00:00Z", check=False)
    assert back.returncode == 1 and "forward only" in back.stderr
    alone.cli("clock", "set", "2040-01-01T00:00:00Z")
    assert alone.json("clock", "show")["now"].startswith("2040-01-01T00:00")


def test_a_snapshot_outlives_the_process_and_a_reset_does_not(alone, tmp_path):
    saved = tmp_path / "saved.json"
    alone.start()
    alone.group("kept")
    alone.cli("snapshot", "save", saved)
    assert os.stat(saved).st_mode & 0o077 == 0
    assert alone.environment()["AZURE_CLIENT_SECRET"] not in saved.read_text()
    alone.cli("reset")
    assert alone.arm("GET", f"{GROUPS}/kept")[0] == 404
    alone.stop()
    alone.start()
    assert alone.arm("GET", f"{GROUPS}/kept")[0] == 404, "the state was in memory"
    alone.cli("snapshot", "load", saved)
    assert alone.arm("GET", f"{GROUPS}/kept")[0] == 200
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    refused = alone.cli("snapshot", "load", broken, check=False)
    assert refused.returncode == 1 and "no snapshot" in refused.stderr
    assert alone.arm("GET", f"{GROUPS}/kept")[0] == 200


def test_a_snapshot_waits_for_a_deployment(alone, tmp_path):
    alone.start("--set", "sandbox.provisioning_time=2s")
    alone.group("rg")
    template = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0",
                "resources": [{"type": "Microsoft.Compute/virtualMachines", "apiVersion": "2022-08-01", "name": "vm",
                               "location": "westeurope"}]}
    status, answer = alone.arm("PUT", f"{GROUPS}/rg/providers/Microsoft.Resources/deployments/one",
                               {"properties": {"mode": "Incremental", "template": template}})
    assert status == 201, answer
    refused = alone.cli("snapshot", "save", tmp_path / "early.json", check=False)
    assert refused.returncode == 1 and "has not ended" in refused.stderr
    alone.cli("clock", "advance", "1h")
    alone.cli("snapshot", "save", tmp_path / "late.json", "--wait", "1m")


def test_a_state_file_keeps_state_and_time(alone, tmp_path):
    alone.start("--state", str(tmp_path / "state.db"))
    alone.group("kept")
    alone.cli("clock", "advance", "3h")
    alone.stop()
    alone.start("--state", str(tmp_path / "state.db"))
    assert alone.arm("GET", f"{GROUPS}/kept")[0] == 200
    assert alone.json("clock", "show")["ahead"] == "3h"
