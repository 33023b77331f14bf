"""What stands in for Azure: nginx with one worker that gives every request the same ARM resource of about 1 KiB.

It is Entra and an outside issuer as well, because the gateway asks for the tokens of its identity and for the keys
of whoever calls it. Over TLS and without; keep-alive for ever.
"""
import base64
import json
import subprocess
import time

TENANT = "22222222-2222-4222-8222-222222222222"
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
CLIENT = "33333333-3333-4333-8333-333333333333"
AUDIENCE = "api://armature-bench"
SUBJECT = "bench"
TARGET = (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-bench/providers/Microsoft.Storage/storageAccounts/"
          "stbench0001?api-version=2023-01-01")

CONF = """
daemon off; worker_processes 1; pid {folder}/origin.pid; error_log {folder}/origin.err warn; worker_rlimit_nofile 65536;
events {{ worker_connections 16384; }}
http {{
  access_log off; server_tokens off; keepalive_timeout 1h; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {folder}/ob; proxy_temp_path {folder}/op; fastcgi_temp_path {folder}/of; uwsgi_temp_path {folder}/ou; scgi_temp_path {folder}/os;
  server {{
    listen 127.0.0.1:{plain} backlog=4096;
    listen 127.0.0.1:{tls} ssl backlog=4096;
    ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key; ssl_protocols TLSv1.3;
    location = /{tenant}/oauth2/v2.0/token {{ return 200 '{token}'; }}
    location = /issuer/.well-known/openid-configuration {{ return 200 '{discovery}'; }}
    location = /issuer/jwks {{ return 200 '{jwks}'; }}
    location = /allow {{ return 204; }}
    location / {{
      add_header Cache-Control no-cache; add_header Pragma no-cache; add_header Expires -1;
      add_header x-ms-request-id 9f3c52b4-4c0a-4c52-9a7b-3d1a4b6f8e21;
      add_header x-ms-correlation-request-id 9f3c52b4-4c0a-4c52-9a7b-3d1a4b6f8e21;
      add_header x-ms-routing-request-id WESTEUROPE:20260101T000000Z:9f3c52b4-4c0a-4c52-9a7b-3d1a4b6f8e21;
      add_header Strict-Transport-Security "max-age=31536000; includeSubDomains"; add_header X-Content-Type-Options nosniff;
      return 200 '{resource}';
    }}
  }}
}}
"""


def resource():
    """A storage account as ARM shows it, compact, about 1 KiB."""
    name = "stbench0001"
    identity = TARGET.split("?")[0]
    return json.dumps({
        "sku": {"name": "Standard_LRS", "tier": "Standard"}, "kind": "StorageV2", "id": identity, "name": name,
        "type": "Microsoft.Storage/storageAccounts", "location": "westeurope", "tags": {"owner": "data", "env": "prod"},
        "properties": {
            "keyCreationTime": {"key1": "2026-01-01T00:00:00.0000000Z", "key2": "2026-01-01T00:00:00.0000000Z"},
            "minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": False, "supportsHttpsTrafficOnly": True,
            "networkAcls": {"bypass": "AzureServices", "virtualNetworkRules": [], "ipRules": [], "defaultAction": "Allow"},
            "encryption": {"services": {"blob": {"keyType": "Account", "enabled": True}}, "keySource": "Microsoft.Storage"},
            "accessTier": "Hot", "provisioningState": "Succeeded", "creationTime": "2026-01-01T00:00:00.0000000Z",
            "primaryEndpoints": {"dfs": f"https://{name}.dfs.core.windows.net/", "blob": f"https://{name}.blob.core.windows.net/"},
            "primaryLocation": "westeurope", "statusOfPrimary": "available"}}, separators=(",", ":"))


def _b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, input=stdin, capture_output=True).stdout


def make_certificates(folder):
    """A CA, and a server certificate of it for localhost: ECDSA P-256, as the gateway's own."""
    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    _openssl("req", "-x509", *ec, "-subj", "/CN=bench CA", "-keyout", folder / "ca.key", "-out", folder / "ca.pem",
             "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl("req", *ec, "-subj", "/CN=localhost", "-keyout", folder / "server.key", "-out", folder / "server.csr")
    (folder / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    _openssl("x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
             "-CAcreateserial", "-days", "2", "-extfile", folder / "san", "-out", folder / "server.pem")
    both = (folder / "server.pem").read_text() + (folder / "server.key").read_text()
    (folder / "server.both").write_text(both)


class Origin:
    def __init__(self, folder, ports):
        self.folder = folder
        self.plain, self.tls = next(ports), next(ports)
        self.authority = f"https://localhost:{self.tls}"
        self.issuer = f"http://127.0.0.1:{self.plain}/issuer"
        make_certificates(folder)
        _openssl("genrsa", "-out", folder / "issuer.key", "2048")
        modulus = _openssl("rsa", "-in", folder / "issuer.key", "-noout", "-modulus").decode().strip().split("=")[1]
        jwks = {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "bench", "e": "AQAB", "n": _b64(bytes.fromhex(modulus))}]}
        token = {"token_type": "Bearer", "expires_in": 3599, "access_token": self._sign({"aud": "arm", "appid": CLIENT})}
        found = {"issuer": self.issuer, "jwks_uri": self.issuer + "/jwks"}
        (folder / "origin.conf").write_text(CONF.format(
            folder=folder, plain=self.plain, tls=self.tls, tenant=TENANT, token=json.dumps(token), resource=resource(),
            discovery=json.dumps(found), jwks=json.dumps(jwks)))
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-c", folder / "origin.conf", "-p", folder], stderr=subprocess.DEVNULL)

    def _sign(self, claims):
        head = _b64(json.dumps({"alg": "RS256", "typ": "JWT", "kid": "bench"}).encode())
        text = head + "." + _b64(json.dumps(claims).encode())
        return text + "." + _b64(_openssl("dgst", "-sha256", "-sign", self.folder / "issuer.key", stdin=text.encode()))

    def workload_token(self, seconds=7200):
        now = int(time.time())
        return self._sign({"iss": self.issuer, "aud": AUDIENCE, "sub": SUBJECT, "iat": now, "nbf": now - 5, "exp": now + seconds})
