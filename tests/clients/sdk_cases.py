"""Runs the program of an SDK: it prints a JSON line per case, {"case", "error"}; error "" is success."""
import json
import subprocess
import time

PATIENCE = 600


def run(client, sandbox, home, results):
    environment = sandbox.environment()
    environment["ARMATURE_IMDS_URL"] = sandbox.address["sandbox"].get("imds_url", "")
    environment["ARMATURE_WORK"] = str(home)
    started = time.monotonic()
    process = subprocess.Popen(client.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env=environment)
    said = []
    for line in process.stdout:
        try:
            row = json.loads(line)
        except ValueError:
            said.append(line)
            continue
        if results.wanted(client.name, row["case"]):
            results.add(client.name, row["case"], row["error"], started)
        started = time.monotonic()
    if process.wait(PATIENCE) != 0:
        results.add(client.name, "the program", "".join(said)[-3000:] or "ended badly", started)
