"""One DAG, whose identity proves itself in turn by secret, certificate, federation and IMDS; what
`armature identity check` says of each; a certificate that is changed under a running server; and a
workload from outside with a token of its own issuer."""
import contextlib
import json
import socket
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import uuid

import pytest
from conftest import BINARY, PATIENCE, SUBSCRIPTION, Server, wait_for

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def new_certificate(folder, name, days=90):
    """PEM with key and certificate; and the certificate alone."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
            "-subj", f"/CN={name}", "-days", days)
    return key.read_text() + certificate.read_text(), certificate.read_text()


class Azure:
    """The sandbox's Graph and Resource Manager, as who owns it: `armature sandbox start` makes that principal."""

    def __init__(self, sandbox):
        self.url = sandbox["url"]
        self.tenant = sandbox["tenant_id"]
        self.context = ssl.create_default_context(cafile=sandbox["ca_file"])
        self.client = sandbox["client_id"]
        self.secret = open(sandbox["client_secret_file"]).read().strip()

    def send(self, method, url, body=None, token=None, form=None):
        request = urllib.request.Request(url, method=method)
        data = None
        if form is not None:
            data = urllib.parse.urlencode(form).encode()
        elif body is not None:
            data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", "Bearer " + token)
        try:
            with urllib.request.urlopen(request, data, PATIENCE, context=self.context) as response:
                text = response.read()
                return response.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def token(self, scope, client=None, secret=None):
        status, answer = self.send(
            "POST", f"{self.url}/{self.tenant}/oauth2/v2.0/token",
            form={"grant_type": "client_credentials", "client_id": client or self.client,
                  "client_secret": secret or self.secret, "scope": scope})
        assert status == 200, answer
        return answer["access_token"]

    def graph(self, method, path, body=None):
        status, answer = self.send(method, f"{self.url}/v1.0{path}", body,
                                   self.token("https://graph.microsoft.com/.default"))
        assert status in (200, 201, 204), answer
        return answer

    def arm(self, method, path, version, body=None):
        status, answer = self.send(method, f"{self.url}{path}?api-version={version}", body,
                                   self.token("https://management.azure.com/.default"))
        assert status in (200, 201), answer
        return answer

    def make_app(self, name, certificate=None):
        app = self.graph("POST", "/applications", {"displayName": name})
        principal = self.graph("POST", "/servicePrincipals", {"appId": app["appId"]})
        self.arm("PUT", f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/"
                 + str(uuid.uuid4()), "2022-04-01",
                 {"properties": {"principalId": principal["id"], "principalType": "ServicePrincipal",
                                 "roleDefinitionId": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization"
                                                     "/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"}})
        return app

    def trust_certificate(self, app, pem):
        der = "".join(line for line in pem.splitlines() if not line.startswith("-"))
        self.graph("PATCH", f"/applications/{app['id']}",
                   {"keyCredentials": [{"type": "AsymmetricX509Cert", "usage": "Verify", "key": der}]})


def dag(identity):
    return f"""
dag_id: by_{identity}
schedule: null
access:
  azure:
    identity: {identity}
    roles:
      - {{role: Contributor, scope: "{GROUP}/rg-{identity}", tasks: [group]}}
tasks:
  - task_id: group
    operator: bash
    bash_command: |
      code=$(printf 'Authorization: Bearer %s' "$ARMATURE_TOKEN" | curl -s -o body -w '%{{http_code}}' -X PUT -H @- \\
        -H 'Content-Type: application/json' -d '{{"location":"westeurope"}}' --cacert "$ARMATURE_CA_FILE" \\
        "$ARMATURE_GATEWAY_URL{GROUP}/rg-{identity}?api-version=2021-04-01")
      echo "answer: $code"; cat body; test "$code" = 201 || test "$code" = 200
"""


def register(azure, server, folder):
    """An application for each kind, and one that stands for the gateway towards other workloads."""
    pem, certificate = new_certificate(folder, "first")
    (folder / "identity.pem").write_text(pem)
    apps = {kind: azure.make_app(kind) for kind in ("secret", "stored", "certificate", "federation")}
    azure.trust_certificate(apps["certificate"], certificate)
    secrets = []
    for kind in ("secret", "stored"):
        made = azure.graph("POST", f"/applications/{apps[kind]['id']}/addPassword", {})["secretText"]
        (folder / f"{kind}.txt").write_text(made)
        secrets.append(made)
    azure.graph("POST", f"/applications/{apps['federation']['id']}/federatedIdentityCredentials",
                {"name": "dag", "issuer": f"https://localhost:{server.sets['gateway.port']}",
                 "subject": "dag:by_federation", "audiences": ["api://AzureADTokenExchange"]})
    gate = azure.graph("POST", "/applications", {"displayName": "gate", "identifierUris": ["api://armature"],
                                                 "api": {"requestedAccessTokenVersion": 2}})
    azure.graph("POST", "/servicePrincipals", {"appId": gate["appId"]})
    return apps, secrets, gate


@contextlib.contextmanager
def sandbox_alone(server):
    """The sandbox on the state that the server will have, before the server is."""
    found = server.data / "server.json"
    with open(server.log, "ab") as log:
        process = subprocess.Popen(
            [BINARY, "sandbox", "start", "--port", str(server.sets["sandbox.port"]), "--data-dir", str(server.data),
             "--state", str(server.data / "sandbox.db"), "--set", "gateway.port=0"], stdout=log, stderr=log)
    wait_for(lambda: found.exists() or process.poll() is not None, "the sandbox to come up")
    assert process.poll() is None, server.log.read_text()[-4000:]
    yield Azure(json.loads(found.read_text())["sandbox"])
    process.terminate()
    assert process.wait(PATIENCE) == 0, server.log.read_text()[-4000:]


@pytest.fixture
def prepared(tmp_path):
    """A server with an identity of each kind, and what the test needs to know of them."""
    server = Server(tmp_path)
    server.sets |= {"sandbox.port": free_port(), "gateway.port": free_port(), "sandbox.imds_port": free_port()}
    server.data.mkdir(mode=0o700)
    with sandbox_alone(server) as azure:
        apps, secrets, gate = register(azure, server, tmp_path)
    stored_file = tmp_path / "stored.txt"
    ceiling = f'ceiling: [{{role: Contributor, scope: "/subscriptions/{SUBSCRIPTION}"}}]'
    who = {kind: f"tenant_id: {azure.tenant}, client_id: {app['appId']}" for kind, app in apps.items()}
    (tmp_path / "armature.yaml").write_text(f"""
identities:
  - {{name: secret, {who["secret"]}, client_secret_file: {tmp_path}/secret.txt, {ceiling}}}
  - {{name: stored, {who["stored"]}, client_secret_stored: stored, {ceiling}}}
  - {{name: certificate, kind: client_certificate, {who["certificate"]}, certificate_file: {tmp_path}/identity.pem, {ceiling}}}
  - {{name: federation, kind: federation, {who["federation"]}, {ceiling}}}
  - {{name: imds, kind: managed_identity, service: imds, {ceiling},
     endpoint: "http://127.0.0.1:{server.sets['sandbox.imds_port']}/metadata/identity/oauth2/token"}}
workloads:
  - name: outside
    issuer: https://localhost:{server.sets['sandbox.port']}/{azure.tenant}/v2.0
    audience: {gate["appId"]}
    claims: {{azp: "{apps["secret"]["appId"]}"}}
    identity: secret
    roles: [{{role: Reader, scope: "{GROUP}/rg-secret"}}]
""")
    for kind in ("secret", "stored", "certificate", "federation", "imds"):
        server.write_dag(f"{kind}.yaml", dag(kind))
    server.start()
    server.cli("identity", "secret", "set", "stored", "--file", stored_file)
    yield {"server": server, "azure": azure, "folder": tmp_path, "apps": apps, "secrets": secrets}
    server.stop()


def checks(server, *arguments, status=0):
    done = server.cli("identity", "check", *arguments, "-o", "json", check=False)
    assert done.returncode == status, (done.stdout, done.stderr)
    return {one["name"]: one for one in json.loads(done.stdout)}


def test_each_kind_of_identity(prepared):
    server, azure, folder = prepared["server"], prepared["azure"], prepared["folder"]
    server.wait_for_dag("by_federation")
    for kind in ("secret", "stored", "certificate", "federation", "imds"):
        server.trigger(f"by_{kind}", "one")
        assert server.finish(f"by_{kind}", "one") == "success", server.why(f"by_{kind}", "one")
        done = [record for record in server.audit(dag_id=f"by_{kind}") if record["kind"] == "outcome"]
        assert [record["identity"] for record in done] == [kind] and done[0]["status"] == 201, done

    found = checks(server)
    assert all(one["ok"] for one in found.values()), found
    assert found["certificate"]["kind"] == "client_certificate"
    assert found["certificate"]["credential_expires_on"] is not None
    assert found["federation"]["subject"] == "dag:by_federation"
    for kind, app in prepared["apps"].items():
        assert found[kind]["appid"] == app["appId"] and found[kind]["tid"] == azure.tenant

    # The issuer's documents are public, and say nothing of the key's private half.
    url = server.address["gateway_url"]
    status, document = azure.send("GET", f"{url}/.well-known/openid-configuration")
    assert status == 200 and document["issuer"] == url
    status, keys = azure.send("GET", document["jwks_uri"])
    assert status == 200 and len(keys["keys"]) == 2
    assert all(set(key) == {"kty", "use", "kid", "n", "e", "alg"} for key in keys["keys"])
    assert (server.data / "issuer_keys.json").stat().st_mode & 0o077 == 0

    # A DAG that nobody trusts is told so, with what to do.
    refused = checks(server, "federation", "--dag", "stranger", status=1)["federation"]
    assert "AADSTS700213" in refused["error"] and "dag:stranger" in refused["advice"]

    # No secret in the logs or in the clear in the data directory.
    for secret in prepared["secrets"]:
        assert secret not in server.log.read_text()
        for path in server.data.rglob("*"):
            if path.is_file():
                assert secret.encode() not in path.read_bytes(), path


def test_a_certificate_is_changed_without_a_restart(prepared):
    server, azure, folder = prepared["server"], prepared["azure"], prepared["folder"]
    before = checks(server, "certificate")["certificate"]
    pem, certificate = new_certificate(folder, "second", days=300)
    azure.trust_certificate(prepared["apps"]["certificate"], certificate)
    # Entra knows only the new one; the server still has the old one.
    refused = checks(server, "certificate", status=1)["certificate"]
    assert "AADSTS700027" in refused["error"] and refused["advice"]
    (folder / "identity.pem").write_text(pem)
    after = checks(server, "certificate")["certificate"]
    assert after["credential_expires_on"] > before["credential_expires_on"]
    # A file that holds something else is named.
    (folder / "identity.pem").write_text(certificate)
    broken = checks(server, "certificate", status=1)["certificate"]
    assert "identity.pem" in broken["error"] and "no private key" in broken["error"]


def test_a_workload_from_outside(prepared):
    server, azure = prepared["server"], prepared["azure"]
    client, secret = prepared["apps"]["secret"]["appId"], prepared["secrets"][0]
    url = server.address["gateway_url"]
    version = "?api-version=2021-04-01"
    mine = azure.token("api://armature/.default", client, secret)
    server.trigger("by_secret", "one")
    assert server.finish("by_secret", "one") == "success", server.why("by_secret", "one")
    status, answer = azure.send("GET", f"{url}{GROUP}/rg-secret{version}", token=mine)
    assert status == 200, answer
    status, answer = azure.send("PUT", f"{url}{GROUP}/rg-secret{version}", {"location": "westeurope"}, mine)
    assert status == 403, answer
    status, _ = azure.send("GET", f"{url}{GROUP}/rg-other{version}", token=mine)
    assert status == 403
    # Of the same issuer, for another audience, or of a caller that no trust names.
    arm = azure.token("https://management.azure.com/.default", client, secret)
    other = azure.token("api://armature/.default", prepared["apps"]["stored"]["appId"], prepared["secrets"][1])
    for token in (arm, other):
        assert azure.send("GET", f"{url}{GROUP}/rg-secret{version}", token=token)[0] == 401
    records = [record for record in server.audit() if record.get("workload")]
    assert {record["decision"] for record in records} == {"deny", "succeeded"}
    assert all(record["workload"].startswith("outside (") for record in records)
    assert server.cli("audit", "verify").returncode == 0
