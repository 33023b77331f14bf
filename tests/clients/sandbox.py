"""A sandbox of its own, in a folder that goes with it."""
import json
import os
import pathlib
import subprocess
import time

PATIENCE = 120  # seconds; a bound against hanging, never a measure


class Sandbox:
    def __init__(self, binary: pathlib.Path, folder: pathlib.Path):
        self.binary = binary
        self.data = folder / "data"
        self.log = folder / "sandbox.log"
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "sandbox", "start", "--port", "0", "--data-dir", self.data,
                 "--set", "sandbox.provisioning_time=100ms"],
                stdout=log, stderr=log)
        found = self.data / "server.json"
        deadline = time.monotonic() + PATIENCE
        while not found.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the sandbox did not come up:\n" + self.log.read_text()[-4000:])
            time.sleep(0.05)
        self.address = json.loads(found.read_text())
        return self

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        if self.process.returncode != 0:
            raise SystemExit("the sandbox ended badly:\n" + self.log.read_text()[-8000:])

    def cli(self, *arguments):
        done = subprocess.run([self.binary, "sandbox", *map(str, arguments), "--data-dir", self.data],
                              capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode != 0:
            raise RuntimeError(f"sandbox {arguments}: {done.stderr}")
        return done.stdout

    @property
    def subscription(self):
        return self.address["sandbox"]["subscription_id"]

    def environment(self):
        """What `eval "$(armature sandbox env)"` gives, over a bare environment."""
        clean = {key: value for key, value in os.environ.items()
                 if not key.upper().startswith(("AZURE_", "ARM_", "MSI_", "IDENTITY_")) and "PROXY" not in key.upper()}
        script = 'eval "$0" && env -0'
        done = subprocess.run(["bash", "-c", script, self.cli("env")], env=clean, capture_output=True, check=True)
        return dict(line.split("=", 1) for line in done.stdout.decode().split("\0") if "=" in line)
