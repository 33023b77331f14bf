"""An application that signs in without a secret: by certificate, and by the token of an issuer on this machine."""
import base64
import http.server
import json
import ssl
import subprocess
import threading
import time
import urllib.parse
import urllib.request

AUDIENCE = "api://AzureADTokenExchange"


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_certificate(folder, name="robot"):
    """A certificate and, beside it, the same with its key: what az and the SDKs take."""
    key, certificate, both = (folder / f"{name}.{end}" for end in ("key", "crt", "pem"))
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}", "-keyout", key, "-out", certificate)
    both.write_text(key.read_text() + certificate.read_text())
    both.chmod(0o600)
    return certificate, both


class Issuer:
    """An OpenID issuer: its two documents over http on loopback, and tokens signed with its key."""

    def __init__(self, folder):
        self.key = folder / "issuer.key"
        openssl("genrsa", "-out", self.key, "2048")
        modulus = openssl("rsa", "-in", self.key, "-noout", "-modulus").decode().strip().split("=", 1)[1]
        jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "n": base64url(bytes.fromhex(modulus)), "e": "AQAB"}
        issuer = self

        class Documents(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = {"/.well-known/openid-configuration": {"issuer": issuer.url, "jwks_uri": issuer.url + "/keys"},
                         "/keys": {"keys": [jwk]}}.get(self.path)
                text = json.dumps(found).encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Documents)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, subject):
        now = int(time.time())
        parts = [{"alg": "RS256", "typ": "JWT", "kid": "one"},
                 {"iss": self.url, "sub": subject, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 600, "jti": f"{subject}{now}"}]
        signed = ".".join(base64url(json.dumps(part).encode()) for part in parts)
        return signed + "." + base64url(openssl("dgst", "-sha256", "-sign", self.key, data=signed.encode()))

    def credential(self, subject):
        return {"name": "here", "issuer": self.url, "subject": subject, "audiences": [AUDIENCE]}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Directory:
    """Microsoft Graph of the sandbox, as its owner."""

    def __init__(self, environment):
        self.url = environment["ARMATURE_SANDBOX_URL"]
        self.trust = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])
        form = {"grant_type": "client_credentials", "client_id": environment["AZURE_CLIENT_ID"],
                "client_secret": environment["AZURE_CLIENT_SECRET"], "scope": "https://graph.microsoft.com/.default"}
        self.token = None
        self.token = self.call("POST", f"/{environment['AZURE_TENANT_ID']}/oauth2/v2.0/token",
                               urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded")["access_token"]

    def call(self, method, path, body, content="application/json"):
        request = urllib.request.Request(self.url + path, method=method, headers={"Content-Type": content},
                                         data=body if isinstance(body, bytes) else json.dumps(body).encode())
        if self.token:
            request.add_header("Authorization", "Bearer " + self.token)
        with urllib.request.urlopen(request, context=self.trust, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def make_robot(self, certificate, issuer):
        """Its client id."""
        der = base64.b64encode(openssl("x509", "-in", certificate, "-outform", "der")).decode()
        app = self.call("POST", "/v1.0/applications", {
            "displayName": "robot", "keyCredentials": [{"type": "AsymmetricX509Cert", "usage": "Verify", "key": der}]})
        self.call("POST", "/v1.0/servicePrincipals", {"appId": app["appId"]})
        self.call("POST", f"/v1.0/applications/{app['id']}/federatedIdentityCredentials", issuer.credential("robot"))
        return app["appId"]
