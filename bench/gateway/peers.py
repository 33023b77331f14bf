"""The proxies that stand side by side: how each is set up, started and asked."""
import base64
import dataclasses
import json
import pathlib
import re
import shutil
import socket
import subprocess
import time

import origin as fake

NGINX = """
daemon off; worker_processes 1; pid {folder}/{name}.pid; error_log {folder}/{name}.err warn; worker_rlimit_nofile 65536;
events {{ worker_connections 16384; }}
http {{
  access_log off; keepalive_timeout 1h; keepalive_requests 100000000;
  client_body_temp_path {folder}/{name}b; proxy_temp_path {folder}/{name}p; fastcgi_temp_path {folder}/{name}f; uwsgi_temp_path {folder}/{name}u; scgi_temp_path {folder}/{name}s;
  upstream azure {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 100000000; keepalive_timeout 1h; }}
  upstream rights {{ server 127.0.0.1:{plain}; keepalive 64; keepalive_requests 100000000; keepalive_timeout 1h; }}
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key; ssl_protocols TLSv1.3;
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host localhost;
    proxy_ssl_protocols TLSv1.3; proxy_ssl_verify on; proxy_ssl_trusted_certificate {folder}/ca.pem; proxy_ssl_name localhost; proxy_ssl_server_name on;
    location / {{ {auth} proxy_pass {scheme}://azure; }}
    location = /may {{ internal; proxy_pass http://rights/allow; proxy_pass_request_body off; proxy_set_header Content-Length ""; }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
  no strict-limits
  maxconn 16384
  ssl-default-bind-options ssl-min-ver TLSv1.3
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
frontend in
  bind 127.0.0.1:{port} ssl crt {folder}/server.both
  default_backend azure
backend azure
  server azure 127.0.0.1:{upstream} {tls}
"""

ARMATURE = """
data_dir: {data}
log: {{level: warning}}
server: {{port: 0}}
gateway: {{port: 0, pacing: "off", max_connections: 16384}}
azure: {{management_url: "{management}", authority: "{authority}", ca_file: {folder}/../ca.pem}}
identities:
  - name: bench
    tenant_id: {tenant}
    client_id: {client}
    client_secret_file: {folder}/client_secret
    ceiling: [{{role: Contributor, scope: /subscriptions/{subscription}}}]
workloads:
  - name: bench
    issuer: {issuer}
    audience: {audience}
    claims: {{sub: {subject}}}
    identity: bench
    roles: [{{role: Contributor, scope: /subscriptions/{subscription}/resourceGroups/rg-bench}}]
  - name: near
    local: true
    identity: bench
    roles: [{{role: Contributor, scope: /subscriptions/{subscription}/resourceGroups/rg-bench}}]
"""

SQUID = """
http_port 127.0.0.1:{port} ssl-bump tls-cert={folder}/ca.both generate-host-certificates=on dynamic_cert_mem_cache_size=4MB options=NO_SSLv3,NO_TLSv1,NO_TLSv1_1,NO_TLSv1_2
sslcrtd_program /usr/lib/squid/security_file_certgen -s {folder}/squid_certs -M 4MB
sslcrtd_children 1
ssl_bump bump all
tls_outgoing_options cafile={folder}/ca.pem
http_access allow all
cache deny all
access_log none
cache_log {folder}/squid.log
pid_filename {folder}/squid.pid
coredump_dir {folder}
client_idle_pconn_timeout 1 hour
server_idle_pconn_timeout 1 hour
workers 1
max_filedescriptors 16384
"""


@dataclasses.dataclass
class Door:
    """Where a proxy is asked. connect_to: it is a forward proxy, and this is asked for; basic: the credential it wants."""
    port: int
    ca: pathlib.Path
    connect_to: str = ""
    basic: str = ""

    @property
    def host(self):
        return self.connect_to.split(":")[0] or "localhost"


class Peer:
    """One process that was started; `why_not` says why it could not be."""
    name = ""
    remark = ""
    target = fake.TARGET
    expected = (200,)

    def __init__(self, site, upstream="tls"):
        self.site, self.upstream = site, upstream
        self.process, self.door, self.token = None, None, ""
        self.port = next(site.ports)

    @property
    def pid(self):
        return self.process.pid

    def spawn(self, command, **options):
        log = open(self.log_file(), "ab")
        self.process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log, **options)
        self.door = self.door or Door(self.port, self.site.folder / "ca.pem")
        self.wait_for_port(self.door.port)

    def wait_for_port(self, port):
        for _ in range(400):
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended at once; its log: {self.log_tail()}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} does not listen on {port}; its log: {self.log_tail()}")

    def log_tail(self):
        return self.log_file().read_text()[-600:]

    def log_file(self):
        return self.site.folder / f"{self.name.replace(' ', '-').replace('/', '-')}-{self.port}.log"

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def azure_port(self):
        return self.site.origin.tls if self.upstream == "tls" else self.site.origin.plain


def program(name):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
    if not found:
        raise RuntimeError(f"{name} is not installed (scripts/setup bench)")
    return found


class Nginx(Peer):
    name = "nginx"
    remark = "proxy_pass, 1 worker"
    auth = ""

    def start(self):
        conf = self.site.folder / f"nginx-{self.port}.conf"
        conf.write_text(NGINX.format(folder=self.site.folder, name=f"n{self.port}", port=self.port, upstream=self.azure_port(),
                                     plain=self.site.origin.plain, auth=self.auth, scheme="https" if self.upstream == "tls" else "http"))
        self.spawn([program("nginx"), "-c", conf, "-p", self.site.folder])


class NginxAuthRequest(Nginx):
    name = "nginx auth_request"
    remark = "each request asked about at a local endpoint that always says yes"
    auth = "auth_request /may;"


class Haproxy(Peer):
    name = "HAProxy"
    remark = "1 thread"

    def start(self):
        conf = self.site.folder / f"haproxy-{self.port}.cfg"
        tls = f"ssl verify required ca-file {self.site.folder}/ca.pem sni str(localhost) verifyhost localhost"
        conf.write_text(HAPROXY.format(folder=self.site.folder, port=self.port, upstream=self.azure_port(),
                                       tls=tls if self.upstream == "tls" else ""))
        self.spawn([program("haproxy"), "-db", "-f", conf])


class Armature(Peer):
    """With everything on: outside OIDC token (verified once, then cached), decision, audit, the identity's token, log as it comes."""
    name = "armature"
    remark = "armature gateway, 1 I/O thread beside the database's writer"
    settings = ()

    def start(self):
        folder = self.site.folder / f"armature-{self.port}"
        folder.mkdir()
        secret = folder / "client_secret"
        secret.touch(0o600)
        secret.write_text("not looked at by the fake authority")
        origin = self.site.origin
        scheme = "https" if self.upstream == "tls" else "http"
        config = folder / "armature.yaml"
        config.write_text(ARMATURE.format(
            folder=folder, data=folder / "data", management=f"{scheme}://localhost:{self.azure_port()}",
            authority=origin.authority, tenant=fake.TENANT, client=fake.CLIENT, subscription=fake.SUBSCRIPTION, issuer=origin.issuer,
            audience=fake.AUDIENCE, subject=fake.SUBJECT))
        self.data = folder / "data"
        self.token = origin.workload_token()
        # Its own log, so that the port is known only once it is ready.
        log = open(self.log_file(), "ab")
        self.process = subprocess.Popen([self.site.armature, "gateway", "--config", config, *(f"--set={one}" for one in self.settings)], stdout=log, stderr=log)
        ready = self.data / "server.json"
        for _ in range(400):
            if ready.exists() or self.process.poll() is not None:
                break
            time.sleep(0.05)
        if not ready.exists():
            raise RuntimeError("armature did not start: " + self.log_tail())
        found = json.loads(ready.read_text())
        self.door = Door(int(found["gateway_url"].rsplit(":", 1)[1]), pathlib.Path(found["ca_file"]))

    def forward_door(self):
        """Its forward proxy, with the credential of the workload that is on this machine."""
        found = json.loads((self.data / "server.json").read_text())
        lines = (self.data / "workloads" / "near.env").read_text()
        credential = re.search(r"HTTPS_PROXY='http://([^@']+)@", lines)[1]
        return Door(int(found["proxy"].rsplit(":", 1)[1]), pathlib.Path(found["ca_file"]), "management.azure.com:443",
                    base64.b64encode(credential.encode()).decode())


class ArmatureForward(Armature):
    name = "armature, forward proxy"
    remark = "the same through CONNECT and its own host certificate, as squid and mitmproxy do"

    def start(self):
        super().start()
        self.door, self.token = self.forward_door(), ""


class ArmatureLivez(Armature):
    name = "armature /livez"
    remark = "a stage alone: TLS and HTTP of the server; no token, decision, audit or upstream"
    target = "/livez"


class ArmatureRefused(Armature):
    name = "armature, no token"
    remark = "a stage alone: TLS, HTTP, reading the request and its refusal (401, counted and seldom kept); nothing upstream"
    expected = (401,)

    def start(self):
        super().start()
        self.token = ""


class Squid(Peer):
    name = "squid ssl-bump"
    remark = "1 worker, no cache; loaded by the generator, because wrk knows no CONNECT"

    def start(self):
        folder = self.site.folder
        if self.upstream != "tls":
            raise RuntimeError("what came by TLS leaves by TLS")
        (folder / "ca.both").write_text((folder / "ca.pem").read_text() + (folder / "ca.key").read_text())
        conf = folder / "squid.conf"
        conf.write_text(SQUID.format(folder=folder, port=self.port))
        maker = "/usr/lib/squid/security_file_certgen"
        if not pathlib.Path(maker).exists():
            raise RuntimeError(f"{maker} is not there (scripts/setup bench)")
        subprocess.run([maker, "-c", "-s", folder / "squid_certs", "-M", "4MB"], check=True, capture_output=True)
        # squid gives up root for its own user.
        subprocess.run(["chown", "-R", "proxy", folder / "squid_certs"], check=False, capture_output=True)
        folder.chmod(0o777)
        self.door = Door(self.port, folder / "ca.pem", f"localhost:{self.site.origin.tls}")
        self.spawn([program("squid"), "-N", "-f", conf])


class Mitmproxy(Peer):
    name = "mitmproxy"
    remark = "mitmdump as reverse proxy, without a script; 1 Python process"

    def start(self):
        folder = self.site.folder
        scheme = "https" if self.upstream == "tls" else "http"
        self.spawn([program("mitmdump"), "-q", "--mode", f"reverse:{scheme}://localhost:{self.azure_port()}", "--listen-host", "127.0.0.1",
                    "--listen-port", self.port, "--certs", f"*={folder}/server.both", "--set", f"confdir={folder}/mitm", "--set",
                    f"ssl_verify_upstream_trusted_ca={folder}/ca.pem", "--set", "flow_detail=0", "--set", "http2=false"])
