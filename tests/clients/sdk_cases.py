"""Runs the program of an SDK: it prints a JSON line per case, {"case", "error"}; error "" is success."""
import json
import subprocess
import time

import robot

PATIENCE = 600


def run(client, sandbox, home, results):
    environment = sandbox.environment()
    issuer = robot.Issuer(home)
    try:
        certificate, pem = robot.make_certificate(home)
        token = home / "robot.jwt"
        token.write_text(issuer.token("robot"))
        environment |= {"ARMATURE_ROBOT_ID": robot.Directory(environment).make_robot(certificate, issuer),
                        "ARMATURE_ROBOT_PEM": str(pem), "AZURE_FEDERATED_TOKEN_FILE": str(token)}
        run_program(client, environment, results)
    finally:
        issuer.stop()


def run_program(client, environment, results):
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
