#!/usr/bin/env python3
"""What `armature standalone` costs, and its gateway beside nginx in front of the same sandbox endpoint.

    bench/standalone.py ARMATURE_BINARY

Prints cold start to ready, idle memory and CPU, and requests per second of the gateway as a ratio to nginx
proxy_pass (TLS in, TLS out, keep-alive on both sides). Rounds are interleaved, so that a busy machine
hurts both alike; the gateway's figure contains what nginx does not do: the token, the decision, the audit.
"""
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

BINARY = os.path.realpath(sys.argv[1])
ROUNDS, SECONDS, CONNECTIONS = 3, 4, 16
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
PATH = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-bench?api-version=2021-04-01"

DAG = f"""
dag_id: bench
schedule: null
access:
  azure:
    identity: provisioner
    roles:
      - {{role: Contributor, scope: "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-bench", tasks: [group, hold]}}
tasks:
  - {{task_id: group, operator: azure.resource_group, subscription_id: {SUBSCRIPTION}, name: rg-bench, location: westeurope}}
  - task_id: hold
    operator: bash
    dependencies: [group]
    env: {{TOKEN_FILE: "TOKENFILE"}}
    bash_command: umask 077; printf %s "$ARMATURE_TOKEN" > "$TOKEN_FILE"; sleep 600
"""

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.err warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream azure {{ server 127.0.0.1:{port}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{listen} ssl; ssl_certificate {folder}/n.pem; ssl_certificate_key {folder}/n.key; ssl_protocols TLSv1.3;
    location / {{ proxy_pass https://azure; proxy_ssl_protocols TLSv1.3; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host localhost; }}
  }}
}}
"""


def start(folder):
    data = folder / "data"
    (folder / "dags").mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with open(folder / "log", "ab") as log:
        server = subprocess.Popen(
            [BINARY, "standalone", "--data-dir", data, "--dags-folder", folder / "dags", "--set", "server.port=0",
             "--set", "gateway.port=0", "--set", "sandbox.port=0", "--set", "log.level=warning"], stdout=log, stderr=log)
    while not (data / "server.json").exists():
        if server.poll() is not None:
            sys.exit((folder / "log").read_text())
        time.sleep(0.002)
    return server, json.loads((data / "server.json").read_text()), time.monotonic() - began


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def load(url, token, folder):
    script = folder / "auth.lua"
    script.touch(0o600)
    script.write_text(f'wrk.headers["Authorization"] = "Bearer {token}"\n')
    out = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script, url], capture_output=True, text=True)
    script.unlink()
    if "Non-2xx" in out.stdout or out.returncode:
        sys.exit("load: " + out.stdout + out.stderr)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out.stdout)[1])


def wait_for(condition, what):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    sys.exit(f"waited in vain for {what}")


def azure_token(found, data):
    """The sandbox's own token of the gateway's identity, for nginx, which brings none."""
    import ssl
    import sqlite3
    import urllib.parse
    import urllib.request
    with sqlite3.connect(f"file:{data}/sandbox.db?mode=ro", uri=True) as database:
        dump = "\n".join(database.iterdump())
    client_id = None
    context = ssl.create_default_context(cafile=found["ca_file"])
    secret = (data / "secrets" / "provisioner").read_text().strip()
    tenant = "22222222-2222-4222-8222-222222222222"
    for candidate in dict.fromkeys(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", dump)):
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": candidate, "client_secret": secret,
                                       "scope": "https://management.azure.com/.default"}).encode()
        try:
            with urllib.request.urlopen(f"{found['sandbox_url']}/{tenant}/oauth2/v2.0/token", form, context=context) as answer:
                return json.load(answer)["access_token"]
        except urllib.error.HTTPError:
            continue
    sys.exit("no application of the sandbox takes the secret")


def main():
    starts = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as name:
            server, _, took = start(pathlib.Path(name))
            starts.append(took * 1000)
            server.terminate()
            server.wait()
    print("== standalone")
    print(f"cold start to ready      median {statistics.median(starts):7.1f} ms of {len(starts)} (min {min(starts):.1f})")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server, found, _ = start(folder)
        nginx = None
        try:
            time.sleep(2)
            before, at = cpu_seconds(server.pid), time.monotonic()
            time.sleep(10)
            share = (cpu_seconds(server.pid) - before) / (time.monotonic() - at) * 100
            print(f"idle                     {rss_mib(server.pid):7.1f} MiB resident, {share:.2f} % of one CPU over 10 s")
            token_file = folder / "token"
            (folder / "dags" / "bench.yaml").write_text(DAG.replace("TOKENFILE", str(token_file)))
            environment = {**os.environ, "ARMATURE__DATA_DIR": str(folder / "data")}
            wait_for(lambda: subprocess.run([BINARY, "dags", "trigger", "bench", "--run-id", "b"], capture_output=True,
                                            env=environment).returncode == 0, "the DAG")
            wait_for(lambda: token_file.exists() and token_file.stat().st_size > 0, "the task's token")
            listen = 18443
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                            "-subj", "/CN=localhost", "-keyout", folder / "n.key", "-out", folder / "n.pem"], check=True, capture_output=True)
            (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=found["sandbox_url"].rsplit(":", 1)[1], listen=listen))
            nginx = subprocess.Popen(["/usr/sbin/nginx", "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
            time.sleep(0.5)
            ours, theirs, direct = [], [], []
            attempt_token, real_token = token_file.read_text(), azure_token(found, folder / "data")
            for _ in range(ROUNDS):
                ours.append(load(found["gateway_url"] + PATH, attempt_token, folder))
                theirs.append(load(f"https://localhost:{listen}" + PATH, real_token, folder))
                direct.append(load(found["sandbox_url"] + PATH, real_token, folder))
            print(f"gateway GET              {statistics.median(ours):7.0f} requests/s")
            print(f"nginx proxy_pass         {statistics.median(theirs):7.0f} requests/s, same endpoint")
            print(f"sandbox without a proxy  {statistics.median(direct):7.0f} requests/s: the limit of both")
            print(f"ratio gateway / nginx    {statistics.median(a / b for a, b in zip(ours, theirs)):7.2f}  (median of {ROUNDS} interleaved rounds)")
        finally:
            for process in (nginx, server):
                if process:
                    process.send_signal(signal.SIGTERM)
                    process.wait()


main()
