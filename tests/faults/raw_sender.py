"""Sends mutations over plain sockets, so that a connection can be cut where it is wanted."""
import http.client
import json
import os
import socket
import ssl
import time
import urllib.parse
import uuid

HELD = "4s"  # how long Azure holds a request that a killing is to meet
ARMED_AFTER = 0.4  # seconds: by then it is held there
PATIENCE = 60  # seconds; a bound against hanging, never a measure
AZURE_FAULTS = {"after_send": "drop_before", "after_effect": "drop_after", "mid_response": "drop_during"}
# What a task does not repeat: a person looks first.
IN_DOUBT = {"AzureAnswerLost"}


class Cut(Exception):
    """The client itself cut the connection."""


class Sender:
    def __init__(self, control, cuts=True):
        self.control, self.cuts = control, cuts
        gateway = urllib.parse.urlsplit(os.environ["ARMATURE_GATEWAY_URL"])
        self.where = (gateway.hostname, gateway.port)
        self.trust = ssl.create_default_context(cafile=os.environ["ARMATURE_CA_FILE"])
        self.token = os.environ["ARMATURE_TOKEN"]

    def plain(self):
        """The same without any cut."""
        return Sender(self.control, cuts=False)

    def connect(self):
        return self.trust.wrap_socket(socket.create_connection(self.where, PATIENCE), server_hostname=self.where[0])

    def bytes_of(self, method, path, body, request_id):
        text = b"" if body is None else json.dumps(body).encode()
        head = (f"{method} {path} HTTP/1.1\r\nHost: {self.where[0]}\r\nAuthorization: Bearer {self.token}\r\n"
                f"x-ms-client-request-id: {request_id}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n")
        return head.encode() + text

    def send(self, method, path, body, request_id, cut="", on_armed=None):
        """One exchange; Cut when this end cut it, ConnectionError when the other did."""
        payload = self.bytes_of(method, path, body, request_id)
        with self.connect() as connection:
            if cut == "before_send":
                connection.sendall(payload[:len(payload) // 2])
                self.arm(on_armed)
                raise Cut
            connection.sendall(payload)
            if cut == "after_send":
                raise Cut
            if on_armed and cut == "held":
                self.hold(connection, on_armed)
            if cut == "mid_response":
                connection.recv(16)
                self.arm(on_armed)
                raise Cut
            answer = http.client.HTTPResponse(connection, method=method)
            answer.begin()
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text.strip() else {}

    def hold(self, connection, on_armed):
        """Waits until the request is surely held by Azure, then for the killing."""
        connection.settimeout(ARMED_AFTER)
        try:
            connection.recv(1)
        except (socket.timeout, ssl.SSLError):
            pass
        else:
            raise ConnectionError("answered before the killing")
        on_armed()
        connection.settimeout(PATIENCE)

    def arm(self, on_armed):
        """Tells that this one is in place, and stays there until this process is killed."""
        if on_armed:
            on_armed()
            time.sleep(PATIENCE)

    def perform(self, mutation, on_armed):
        side, place = mutation.phase.split(":")
        method, path, body = mutation.request
        request_id, cut = str(uuid.uuid4()), ""
        if self.cuts:
            cut = self.prepare(side, place, mutation, method, path)
        for sends in range(1, 30):
            try:
                status, headers, answer = self.send(method, path, body, request_id, cut, on_armed)
            except Cut:
                cut = ""
                continue
            except (OSError, http.client.HTTPException):
                if on_armed or sends == 29:
                    raise
                continue
            cut = ""
            code = (answer.get("error") or {}).get("code", "") if isinstance(answer, dict) else ""
            if status < 400:
                return self.succeeded(mutation, status, headers, request_id, sends, on_armed)
            if code in IN_DOUBT:
                return dict(event="in doubt", status=status, code=code, sends=sends)
            if status not in (429, 503) and code != "RequestInProgress":
                return dict(event="refused", status=status, code=code, sends=sends, text=json.dumps(answer)[:600])
            time.sleep(0.2)
        raise RuntimeError(f"{mutation}: no end of it")

    def prepare(self, side, place, mutation, method, path):
        """Lays the fault; what is left is the cut that this client makes."""
        at = path[:path.index("?")]
        if side == "azure" and place == "before_send":
            # A read takes the pooled connection, which closes unannounced: the mutation finds it gone.
            self.control.fault("drop_idle", "GET", at)
            self.send("GET", path, None, str(uuid.uuid4()))
        elif side == "azure" and place in AZURE_FAULTS:
            self.control.fault(AZURE_FAULTS[place], method, at)
        elif side == "killed" and place in ("after_send", "after_effect"):
            self.control.fault("latency" if place == "after_send" else "late", method, at, duration=HELD)
            return "held"
        elif side == "client" or place in ("before_send", "mid_response"):
            return place if place != "polling" else ""
        return ""

    def succeeded(self, mutation, status, headers, request_id, sends, on_armed):
        outcome = dict(event="done", status=status, sends=sends, replayed=headers.get("x-armature-replayed") == "true")
        link = headers.get("Azure-AsyncOperation") or (headers.get("Location") if status == 202 else None)
        if mutation.polls and link:
            outcome["polls"] = self.poll(mutation, link, on_armed)
        return outcome

    def poll(self, mutation, link, on_armed):
        side = mutation.phase.split(":")[0]
        target = urllib.parse.urlsplit(link)
        path = f"{target.path}?{target.query}"
        cut = ""
        if self.cuts:
            if side == "azure":
                self.control.fault("drop_after", "GET", target.path)
            else:
                cut = "mid_response"
        for polls in range(1, 200):
            try:
                status, _, answer = self.send("GET", path, None, str(uuid.uuid4()), cut, on_armed if cut else None)
            except Cut:
                cut = ""
                continue
            except (OSError, http.client.HTTPException):
                if on_armed:
                    raise
                continue
            if status >= 400:
                raise RuntimeError(f"poll of {mutation}: {status} {answer}")
            if status != 202 and answer.get("status", "Succeeded") not in ("InProgress", "Running", "Accepted"):
                return polls
            time.sleep(0.2)
        raise RuntimeError(f"{mutation}: polling has no end")
