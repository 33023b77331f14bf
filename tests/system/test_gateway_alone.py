"""`armature gateway`: the gateway alone, in front of a sandbox that runs by itself."""
import contextlib
import json
import signal
import sqlite3
import ssl
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest

from conftest import BINARY, PATIENCE, SUBSCRIPTION, Program, wait_for
from test_sandbox_alone import Alone

GROUPS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
VERSION = "api-version=2021-04-01"


class Gateway(Program):
    """In front of the sandbox, as the sandbox's owner; `robot` calls by tokens of the sandbox's Entra."""

    def __init__(self, folder, sandbox):
        self.folder, self.sandbox = folder, sandbox
        self.data, self.log, self.config = folder / "gateway", folder / "gateway.log", folder / "gateway.yaml"
        self.robot = self.register("robot")
        self.audience = self.register("gate")["appId"]
        self.write_config()

    def register(self, name):
        app = self.graph("/applications", {"displayName": name, "api": {"requestedAccessTokenVersion": 2}})
        self.graph("/servicePrincipals", {"appId": app["appId"]})
        secret = self.graph(f"/applications/{app['id']}/addPassword", {})["secretText"]
        return {"appId": app["appId"], "secret": secret}

    def graph(self, path, body):
        env = self.sandbox.environment()
        token = self.entra(env["AZURE_CLIENT_ID"], env["AZURE_CLIENT_SECRET"], "https://graph.microsoft.com")
        status, answer = self.sandbox.send("POST", "/v1.0" + path, json.dumps(body).encode(),
                                           {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
        assert status in (200, 201), answer
        return answer

    def entra(self, client, secret, resource):
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": client, "client_secret": secret,
                                       "scope": resource + "/.default"}).encode()
        status, answer = self.sandbox.send("POST", f"/{self.sandbox.sandbox['tenant_id']}/oauth2/v2.0/token", form)
        assert status == 200, answer
        return answer["access_token"]

    def write_config(self, role="Contributor", more=""):
        who = self.sandbox.sandbox
        self.config.write_text(f"""
identities:
  - name: prod
    tenant_id: {who["tenant_id"]}
    client_id: {who["client_id"]}
    client_secret_file: {who["client_secret_file"]}
    ceiling: [{{role: Owner, scope: "/subscriptions/{SUBSCRIPTION}"}}]
workloads:
  - name: release
    issuer: {who["url"]}/{who["tenant_id"]}/v2.0
    audience: {self.audience}
    claims: {{azp: "{self.robot["appId"]}"}}
    identity: prod
    roles: [{{role: {role}, scope: "{GROUPS}/app"}}]
  - name: backup
    local: true
    identity: prod
    roles: [{{role: Reader, scope: "{GROUPS}/app"}}]
{more}
""")

    def arguments(self, **sets):
        url = self.sandbox.sandbox["url"]
        chosen = {"azure.authority": url, "azure.ca_file": self.sandbox.sandbox["bundle_file"],
                  "gateway.first_delay": "20ms", **sets}
        out = [BINARY, "gateway", "--config", self.config, "--data-dir", self.data, "--upstream", url, "--port", "0"]
        for key, value in chosen.items():
            out += ["--set", f"{key}={value}"]
        return list(map(str, out))

    def start(self, **sets):
        self.address = self.come_up(self.arguments(**sets), cwd=self.folder)
        return self

    def cli(self, *arguments):
        done = subprocess.run([BINARY, *map(str, arguments), "--data-dir", str(self.data)], capture_output=True, text=True,
                              timeout=PATIENCE)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def token(self, who=None):
        who = who or self.robot
        return self.entra(who["appId"], who["secret"], self.audience)

    def send(self, method, path, body=None, token=None, headers=()):
        request = urllib.request.Request(self.address["gateway_url"] + path, method=method, headers=dict(headers))
        if token:
            request.add_header("Authorization", "Bearer " + token)
        if body is not None:
            request.add_header("Content-Type", "application/json")
        trust = ssl.create_default_context(cafile=self.address["ca_file"])
        try:
            with urllib.request.urlopen(request, None if body is None else json.dumps(body).encode(), PATIENCE,
                                        context=trust) as response:
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def put_group(self, name, token):
        status, _, text = self.send("PUT", f"{GROUPS}/{name}?{VERSION}", {"location": "westeurope"}, token)
        return status, json.loads(text)


@pytest.fixture
def gateway(tmp_path):
    sandbox = Alone(tmp_path).start()
    made = Gateway(tmp_path, sandbox)
    yield made
    made.stop()
    sandbox.stop()


def test_a_workload_calls_under_its_grants_and_is_told_what_it_lacks(gateway):
    gateway.start()
    token = gateway.token()
    status, answer = gateway.put_group("app", token)
    assert (status, answer["name"]) == (201, "app"), answer
    status, answer = gateway.put_group("other", token)
    assert (status, answer["error"]["code"]) == (403, "AuthorizationFailed"), answer
    message = answer["error"]["message"]
    assert "release" in message and "Microsoft.Resources/subscriptions/resourceGroups/write" in message, message
    assert gateway.sandbox.arm("GET", f"{GROUPS}/other")[0] == 404
    stranger = gateway.register("stranger")
    assert gateway.put_group("app", gateway.token(stranger))[0] == 401
    said = gateway.log.read_text()
    assert gateway.address["gateway_url"] in said and "release" in said and token not in said


def test_a_job_on_the_machine_comes_through_the_doors(gateway):
    gateway.start()
    gateway.put_group("app", gateway.token())
    env_file = gateway.data / "workloads" / "backup.env"
    assert env_file.stat().st_mode & 0o077 == 0
    # Azure's own name: the proxy takes it to the gateway.
    script = f"""set -a; . {env_file}; set +a
TOKEN=$(curl -sf -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" \\
  "$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=https://management.azure.com/" | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')
for method in GET DELETE; do
  printf 'Authorization: Bearer %s' "$TOKEN" | curl -s -o /dev/null -w '%{{http_code}} ' -X $method -H @- \\
    --cacert "$CURL_CA_BUNDLE" "https://management.azure.com{GROUPS}/app?{VERSION}"
done"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout == "200 403 ", (done, gateway.log.read_text()[-3000:])
    records = json.loads(gateway.cli("audit", "list", "-o", "json", "--dag", "workload:backup"))
    assert {record["decision"] for record in records} == {"succeeded", "deny"}


def test_the_command_line_asks_the_gateway(gateway):
    gateway.start()
    token = gateway.token()
    gateway.put_group("app", token)
    gateway.cli("audit", "verify")
    found = json.loads(gateway.cli("identity", "check", "-o", "json"))
    assert [(one["name"], one["ok"]) for one in found] == [("prod", True)]
    gateway.cli("access", "stop", "dag:workload:release", "--reason", "test")
    status, answer = gateway.put_group("app", token)
    assert (status, answer["error"]["code"]) == (403, "StoppedByOperator"), answer


def ready(gateway):
    status, _, text = gateway.send("GET", "/readyz")
    return status, json.loads(text)["checks"]


def test_readiness_follows_database_and_identity(gateway):
    gateway.start()
    assert ready(gateway) == (200, {name: {"ok": True} for name in ("database", "identity", "draining")})
    # Somebody else holds the file's one write lock: nothing can be recorded.
    with contextlib.closing(sqlite3.connect(gateway.data / "armature.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        wait_for(lambda: ready(gateway)[0] == 503, "the gateway not to be ready")
        assert not ready(gateway)[1]["database"]["ok"] and ready(gateway)[1]["identity"]["ok"]
        assert gateway.send("GET", "/livez")[0] == 200
    wait_for(lambda: ready(gateway)[0] == 200, "the gateway to be ready again")


def test_a_gateway_that_cannot_sign_in_is_not_ready(gateway, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("not the secret of anybody")
    gateway.config.write_text(gateway.config.read_text().replace(gateway.sandbox.sandbox["client_secret_file"], str(wrong)))
    gateway.start()
    status, checks = ready(gateway)
    assert status == 503 and checks["database"]["ok"] and "AADSTS7000215" in checks["identity"]["error"], checks
    assert "not the secret of anybody" not in json.dumps(checks)
    gateway.stop()
    # To the network it says no more than that.
    gateway.start(**{"gateway.address": "0.0.0.0"})
    assert ready(gateway)[1]["identity"] == {"ok": False}
    assert '"event":"not ready"' in gateway.log.read_text() and gateway.send("GET", "/metrics")[0] == 401


def test_metrics_count_calls_and_name_nobody(gateway):
    gateway.start()
    token = gateway.token()
    gateway.put_group("app", token)
    gateway.put_group("other", token)
    status, headers, text = gateway.send("GET", "/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    count = "armature_gateway_requests_total{method=\"PUT\",status=\"%s\",outcome=\"%s\"}"
    assert values[count % (201, "succeeded")] == "1" and values[count % (403, "denied")] == "1"
    assert values['armature_gateway_decisions_total{verdict="deny",layer="grant"}'] == "1"
    assert values['armature_gateway_tokens_cached{of="identities"}'] == "1"
    assert float(values["process_resident_memory_bytes"]) > 0 and float(values["armature_gateway_upstream_sends_total"]) >= 1
    for word in (SUBSCRIPTION, "release", "resourceGroups", token, gateway.robot["appId"]):
        assert word not in text
    gateway.stop()
    gateway.start(**{"gateway.metrics": "off"})
    assert gateway.send("GET", "/metrics")[0] == 401  # as any path that is not Azure's


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_the_access_log_tells_each_call_and_no_secret(gateway, tmp_path):
    path = tmp_path / "access.log"
    gateway.start(**{"gateway.access_log": path})
    token = gateway.token()
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    gateway.put_group("app", token)
    gateway.put_group("other", token)
    gateway.send("GET", f"{GROUPS}/app?{VERSION}&sig=planted-signature", token=token,
                 headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    wait_for(lambda: len(lines(path)) == 3, "three lines")
    made, denied, read = lines(path)
    assert (made["method"], made["status"], made["principal"], made["identity"]) == ("PUT", 201, "workload:release", "prod")
    assert made["sends"] == 1 and made["upstream_ms"] <= made["duration_ms"] and made["bytes"] > 0
    assert made["target"] == f"{GROUPS}/app?{VERSION}" and made["peer"] and made["trace_id"]
    assert (denied["decision"], denied["layer"], denied["status"], denied["sends"]) == ("deny", "grant", 403, 0)
    assert read["target"] == f"{GROUPS}/app?{VERSION}&sig=***" and read["trace_id"] == trace
    assert "planted-signature" not in path.read_text() and token not in path.read_text()
    # As logrotate does it.
    path.rename(tmp_path / "access.log.1")
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "configuration reloaded" in gateway.log.read_text(), "the signal to be taken")
    gateway.put_group("app", token)
    wait_for(lambda: len(lines(path)) == 1, "the new file's line")
    assert len(lines(tmp_path / "access.log.1")) == 3


def test_policy_is_read_again_and_a_broken_file_changes_nothing(gateway):
    gateway.start()
    token = gateway.token()
    assert gateway.put_group("app", token)[0] == 201
    good = gateway.config.read_text()
    gateway.config.write_text(good.replace("roles:", "rolse:", 1))
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "did you mean 'roles'" in gateway.log.read_text(), "the mistake to be told")
    assert "gateway.yaml:14:5: unknown key 'rolse'" in gateway.log.read_text()
    assert gateway.put_group("app", token)[0] == 200
    # No signal: the file is watched.
    gateway.write_config(role="Reader", more="  - {name: late, local: true, identity: prod, roles: []}")
    wait_for(lambda: gateway.put_group("app", token)[0] == 403, "the new role to count")
    wait_for(lambda: (gateway.data / "workloads" / "late.env").exists(), "the new workload's file")
    assert gateway.send("GET", f"{GROUPS}/app?{VERSION}", token=token)[0] == 200
    # A lower ceiling counts for what is granted as it was.
    gateway.config.write_text(good.replace("role: Owner", "role: Reader"))
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(lambda: not (gateway.data / "workloads" / "late.env").exists(), "the old list")
    status, answer = gateway.put_group("app", token)
    assert status == 403 and "ceiling" in json.dumps(answer), answer


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def authority(folder, name):
    key, pem = folder / f"{name}.key", folder / f"{name}.pem"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", pem, "-subj", f"/CN={name}", "-days", 2)
    return key, pem


def client_of(folder, ca, name, uri, usage="clientAuth"):
    """Certificate and key of a client."""
    key, request, pem, extensions = (folder / f"{name}{end}" for end in (".key", ".csr", ".crt", ".ext"))
    extensions.write_text(f"subjectAltName=URI:{uri}\nextendedKeyUsage={usage}\n")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
    openssl("x509", "-req", "-in", request, "-CA", ca[1], "-CAkey", ca[0], "-CAcreateserial", "-days", 2, "-out", pem,
            "-extfile", extensions)
    return pem, key


def test_a_client_certificate_names_its_workload(gateway, tmp_path):
    ca, other = authority(tmp_path, "ca"), authority(tmp_path, "other")
    gateway.write_config(more=f"""
  - name: batch
    certificate: {{uri: "spiffe://contoso/batch"}}
    identity: prod
    roles: [{{role: Reader, scope: "{GROUPS}/app"}}]
""")
    done = subprocess.run(gateway.arguments(), capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1 and "gateway.client_ca_file" in done.stderr
    gateway.start(**{"gateway.client_ca_file": ca[1]})
    gateway.put_group("app", gateway.token())  # tokens go on to count

    def call(method, name, *certificate):
        trust = ssl.create_default_context(cafile=gateway.address["ca_file"])
        trust.load_cert_chain(*certificate)
        request = urllib.request.Request(f"{gateway.address['gateway_url']}{GROUPS}/{name}?{VERSION}", method=method)
        try:
            with urllib.request.urlopen(request, None, PATIENCE, context=trust) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code

    batch = client_of(tmp_path, ca, "batch", "spiffe://contoso/batch")
    assert call("GET", "app", *batch) == 200
    assert call("DELETE", "app", *batch) == 403
    assert call("GET", "app", *client_of(tmp_path, ca, "stranger", "spiffe://contoso/stranger")) == 401
    # Of another authority, or a server's: no connection.
    for forged in (client_of(tmp_path, other, "forged", "spiffe://contoso/batch"),
                   client_of(tmp_path, ca, "server", "spiffe://contoso/batch", "serverAuth")):
        with pytest.raises(OSError):
            call("GET", "app", *forged)
    records = json.loads(gateway.cli("audit", "list", "-o", "json", "--dag", "workload:batch"))
    assert {record["decision"] for record in records} == {"succeeded", "deny"}
    assert all("spiffe://contoso/batch of certificates of CN=ca" in record["workload"] for record in records)


def hanging(gateway, duration):
    """A PUT that Azure takes its time for."""
    gateway.sandbox.cli("fault", "add", "latency", "--method", "PUT", "--duration", duration)
    token, done = gateway.token(), []

    def call():
        with contextlib.suppress(OSError):  # a gateway that ends at once
            done.append(gateway.put_group("app", token)[0])

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    wait_for(lambda: "armature_gateway_requests_in_flight 1\n" in gateway.send("GET", "/metrics")[2], "the call to be under way")
    return thread, done


def test_what_runs_ends_in_peace(gateway):
    gateway.start(**{"gateway.drain_delay": "2s"})
    thread, done = hanging(gateway, "4s")
    gateway.process.send_signal(signal.SIGTERM)
    wait_for(lambda: ready(gateway)[0] == 503, "the gateway not to be ready")
    assert not ready(gateway)[1]["draining"]["ok"]
    thread.join(PATIENCE)
    assert done == [201], gateway.log.read_text()[-3000:]
    gateway.process.wait(PATIENCE)
    assert gateway.process.returncode == 0


def test_a_second_signal_ends_at_once(gateway):
    gateway.start(**{"gateway.drain": "1h"})
    hanging(gateway, "5m")
    gateway.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "server stopping" in gateway.log.read_text(), "the first signal to be taken")
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.process.wait(PATIENCE) == 128 + signal.SIGTERM
    gateway.sandbox.process.kill()  # it would see its own slow call through
    gateway.sandbox.process.wait(PATIENCE)


@pytest.mark.parametrize("change, said", [
    (("    local:", "    locl:"), "did you mean 'local'?"),
    (("identity: prod", "identity: prid"), "no identity is called 'prid'"),
    (("local: true", "local: true\n    issuer: https://a.example"), "is known by that alone"),
])
def test_a_configuration_that_cannot_work_is_told(gateway, change, said):
    gateway.config.write_text(gateway.config.read_text().replace(*change, 1))
    done = subprocess.run(gateway.arguments(), capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode != 0 and said in done.stderr, done.stderr
    assert not (gateway.data / "server.json").exists()
