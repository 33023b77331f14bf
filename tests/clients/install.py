"""Installs the clients below build/clients, once: virtual environments, npm and Go modules."""
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = ["azure-identity==1.27.0", "azure-mgmt-resource==26.0.0", "azure-mgmt-resource-deployments==2.0.0",
          "azure-mgmt-authorization==4.0.0", "azure-keyvault-secrets==4.12.0"]
AZ = ["azure-cli==2.91.0"]
OLDEST_GO = (1, 25)


@dataclasses.dataclass
class Client:
    name: str
    kind: str  # az, python, js, go
    command: list  # what runs it, with the arguments before the case's own


def venv(home: pathlib.Path, packages):
    mark = home / "installed.txt"
    if not mark.exists() or mark.read_text() != "\n".join(packages):
        print(f"installing {' '.join(packages)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin" / "pip", "install", "-q", *packages], check=True)
        mark.write_text("\n".join(packages))
    return home / "bin"


def az_of_debian():
    """Debian's own az, where it is installed: scripts/setup clients does that."""
    owner = subprocess.run(["dpkg-query", "-W", "-f=${Version}", "azure-cli"], capture_output=True, text=True)
    return ["/usr/bin/az"] if owner.returncode == 0 and owner.stdout else None


def js(home: pathlib.Path):
    if not shutil.which("npm"):
        return None
    home.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "cases.mjs", "task.mjs"):
        shutil.copy(HERE / "js" / name, home / name)
    if not (home / "node_modules").exists() or (home / "installed.json").read_text() != (home / "package.json").read_text():
        print("installing the packages of tests/clients/js", flush=True)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=home, check=True)
        shutil.copy(home / "package.json", home / "installed.json")
    return ["node", str(home / "cases.mjs")]


def go(home: pathlib.Path):
    """The Go program, built; nothing where Go is missing or too old (Debian 12 has 1.19)."""
    found = shutil.which("go")
    said = subprocess.run([found, "version"], capture_output=True, text=True).stdout if found else ""
    version = re.search(r"go(\d+)\.(\d+)", said)
    if not version or (int(version[1]), int(version[2])) < OLDEST_GO:
        return None
    home.mkdir(parents=True, exist_ok=True)
    binary = home / "cases"
    environment = {**os.environ, "GOPATH": str(home / "gopath"), "GOCACHE": str(home / "gocache"), "GOFLAGS": "-mod=mod -modcacherw"}
    print("building tests/clients/go", flush=True)
    for target, package in ((binary, "."), (home / "task", "./task")):
        subprocess.run(["go", "build", "-o", target, package], cwd=HERE / "go", env=environment, check=True)
    return [str(binary)]


def all_clients(home: pathlib.Path):
    home.mkdir(parents=True, exist_ok=True)
    python = venv(home / "python", PYTHON)
    made = [
        Client("az 2.91", "az", [str(venv(home / "az", AZ) / "az")]),
        Client("az 2.45 (Debian)", "az", az_of_debian()),
        Client("Python", "python", [str(python / "python"), str(HERE / "python_cases.py")]),
        Client("JavaScript", "js", js(home / "js")),
        Client("Go", "go", go(home / "go")),
    ]
    for client in made:
        if not client.command:
            print(f"== {client.name}: not installed here, left out", flush=True)
    return [client for client in made if client.command]
