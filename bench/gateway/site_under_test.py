"""What a bench and a soak stand on: a folder, free ports, the fake Azure and the load generator."""
import itertools
import os
import resource
import socket

import measure
import origin
import peers


def free_ports():
    for port in itertools.count(21000 + os.getpid() % 97 * 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                yield port


def raise_open_files(wanted=65536):
    """For 10,000 connections and their other ends; without the right to raise it, as far as it goes."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, wanted), max(hard, wanted)))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Site:
    def __init__(self, build, folder):
        self.folder, self.armature = folder, build / "armature"
        self.ports = free_ports()
        self.origin = origin.Origin(folder, self.ports)
        self.load = measure.Load(build / "bench" / "bench_gateway_load", folder)
        self.direct = peers.Door(self.origin.tls, folder / "ca.pem")

    def plan(self, name, door, token="", target=origin.TARGET, expected=(200,)):
        kind = {"name": "read", "target": target, "bearer": token, "expected": list(expected)}
        return measure.Plan(self.folder / f"plan-{name.replace(' ', '-').replace('/', '-')}", door, [kind])

    def stop(self):
        self.origin.process.terminate()
        self.origin.process.wait()
