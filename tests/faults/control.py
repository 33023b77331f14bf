"""The sandbox's own interface, beside the gateway: faults and effects."""
import http.client
import json
import threading
import urllib.parse

HELD = "5m"  # the longest that a fault holds; whoever lays it lets go long before
TOKEN_PATH = "/oauth2/v2.0/token"


class Control:
    def __init__(self, address):
        parts = urllib.parse.urlsplit(address["url"])
        self.where, self.token, self.local = (parts.hostname, parts.port), address["token"], threading.local()

    def call(self, method, path, body=None):
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = http.client.HTTPConnection(*self.where, timeout=120)
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}
        connection.request(method, "/api/v2/armature/sandbox" + path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]!r}")
        return json.loads(text) if text else None

    def fault(self, kind, method, path, **more):
        self.call("POST", "/faults", dict(kind=kind, method=method, path_contains=path, **more))

    def hold(self, kind, method, path, **more):
        """Azure holds what matches, before (latency) or after (late) it acts, until let_go()."""
        self.fault(kind, method, path, duration=HELD, **more)

    def faults(self):
        return self.call("GET", "/faults")

    def was_met(self, kind, path):
        """Of a fault that is to be met once."""
        return not any(fault["kind"] == kind and fault["path_contains"] == path for fault in self.faults())

    def held_paths(self):
        return {fault["path_contains"] for fault in self.faults() if fault["holds"]}

    def let_go(self):
        """Forgets all faults; what they held is acted upon now."""
        self.call("DELETE", "/faults")

    def effects(self):
        return self.call("GET", "/effects")
