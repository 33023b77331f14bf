"""Key Vault over TLS: the host of a vault, its certificate and challenge, and secrets that outlive a kill -9."""
import http.client
import json
import re
import shlex
import signal
import socket
import ssl
import subprocess
import urllib.parse

import pytest

from conftest import BINARY, PATIENCE, wait_for


class LocalAzure:
    """`armature sandbox start`, and a client that resolves names under localhost by itself."""

    def __init__(self, folder):
        self.data = folder / "data"
        self.log = folder / "sandbox.log"
        self.state = folder / "state.db"
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen(
                [BINARY, "sandbox", "start", "--port", "0", "--data-dir", str(self.data), "--state", str(self.state)],
                stdout=log, stderr=log)
        ready = lambda: "server ready" in self.log.read_text()[begin:]
        wait_for(lambda: ready() or self.process.poll() is not None, "the sandbox to come up")
        assert self.process.poll() is None, self.log.read_text()[-4000:]
        printed = subprocess.run([BINARY, "sandbox", "env", "--data-dir", str(self.data)],
                                 capture_output=True, text=True, check=True).stdout
        self.env = dict(re.findall(r"^export (\w+)=(.*)$", printed, re.M))
        self.env = {name: shlex.split(value)[0] for name, value in self.env.items()}
        url = urllib.parse.urlsplit(self.env["AZURE_AUTHORITY_HOST"])
        self.port = url.port
        self.trust = ssl.create_default_context(cafile=self.env["NODE_EXTRA_CA_CERTS"])
        self.trust.verify_flags |= ssl.VERIFY_X509_STRICT

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait(PATIENCE)

    def ask(self, method, host, target, body=None, token=None):
        connection = http.client.HTTPSConnection(host, self.port, context=self.trust, timeout=PATIENCE)
        # To loopback whatever the resolver knows; the certificate is checked against the name.
        raw = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        connection.sock = self.trust.wrap_socket(raw, server_hostname=host)
        headers = {"Content-Type": "application/json"}
        if isinstance(body, dict):
            body = json.dumps(body)
        elif body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer, json.loads(text) if text else None

    def token(self, resource):
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": resource + "/.default",
                                       "client_id": self.env["AZURE_CLIENT_ID"],
                                       "client_secret": self.env["AZURE_CLIENT_SECRET"]})
        answer, body = self.ask("POST", "localhost", f"/{self.env['AZURE_TENANT_ID']}/oauth2/v2.0/token", form)
        assert answer.status == 200, body
        return body["access_token"]

    def arm(self, method, path, body=None):
        answer, got = self.ask(method, "localhost", path, body, self.token("https://management.azure.com"))
        assert answer.status < 300, got
        return got


@pytest.fixture
def azure(tmp_path):
    made = LocalAzure(tmp_path)
    yield made
    if made.process.poll() is None:
        made.end(signal.SIGTERM)
        assert made.process.returncode == 0, made.log.read_text()[-8000:]


def object_id(token):
    import base64
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==="))["oid"]


def test_a_vault_on_a_host_of_its_own(azure):
    group = f"/subscriptions/{azure.env['AZURE_SUBSCRIPTION_ID']}/resourceGroups/rg"
    azure.arm("PUT", group + "?api-version=2021-04-01", {"location": "westeurope"})
    me = object_id(azure.token("https://management.azure.com"))
    policy = {"tenantId": azure.env["AZURE_TENANT_ID"], "objectId": me, "permissions": {"secrets": ["all"]}}
    vault = azure.arm("PUT", group + "/providers/Microsoft.KeyVault/vaults/kv1?api-version=2023-07-01",
                      {"location": "westeurope", "properties": {
                          "tenantId": azure.env["AZURE_TENANT_ID"], "accessPolicies": [policy],
                          "sku": {"family": "A", "name": "standard"}}})
    host = "kv1.vault.localhost"
    assert vault["properties"]["vaultUri"] == f"https://{host}:{azure.port}/"

    answer, _ = azure.ask("PUT", host, "/secrets/hello?api-version=7.4", "")
    assert answer.status == 401
    challenge = dict(re.findall(r'(\w+)="([^"]*)"', answer.headers["WWW-Authenticate"]))
    assert challenge["authorization"].endswith(azure.env["AZURE_TENANT_ID"])
    assert f"{host}:{azure.port}".endswith("." + urllib.parse.urlsplit(challenge["resource"]).netloc)

    token = azure.token(challenge["resource"])
    answer, made = azure.ask("PUT", host, "/secrets/hello?api-version=7.4", {"value": "planted-in-a-vault"}, token)
    assert answer.status == 200 and made["id"].startswith(vault["properties"]["vaultUri"] + "secrets/hello/")

    azure.end(signal.SIGKILL)
    azure.start()
    token = azure.token(challenge["resource"].rsplit(":", 1)[0] + f":{azure.port}")
    answer, got = azure.ask("GET", host, "/secrets/hello?api-version=7.4", token=token)
    assert answer.status == 200 and got["value"] == "planted-in-a-vault"
    for file in [azure.log, *azure.state.parent.glob("state.db*")]:
        assert b"planted-in-a-vault" not in file.read_bytes(), file
