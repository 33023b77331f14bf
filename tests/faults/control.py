"""The sandbox's own interface, beside the gateway: faults and effects."""
import http.client
import json
import threading
import urllib.parse


class Control:
    def __init__(self, address):
        parts = urllib.parse.urlsplit(address["url"])
        self.where, self.token, self.local = (parts.hostname, parts.port), address["token"], threading.local()

    def call(self, method, path, body=None):
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = http.client.HTTPConnection(*self.where, timeout=60)
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}
        connection.request(method, "/api/v2/armature/sandbox" + path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]!r}")
        return json.loads(text) if text else None

    def fault(self, kind, method, path, **more):
        self.call("POST", "/faults", dict(kind=kind, method=method, path_contains=path, **more))

    def effects(self):
        return self.call("GET", "/effects")
