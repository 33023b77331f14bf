"""Sends mutations over plain sockets, so that a connection can be cut where it is wanted."""
import http.client
import json
import os
import socket
import ssl
import threading
import time
import urllib.parse
import uuid

from control import TOKEN_PATH
from matrix import MACHINES

PATIENCE = 600  # seconds; a bound against hanging, never a measure
AZURE_FAULTS = {"after_send": "drop_before", "after_effect": "drop_after", "mid_response": "drop_during"}
HOLDS = {"after_send": "latency", "after_effect": "late"}
PART = 16  # bytes of an answer that a client reads before it goes
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

    def send(self, method, path, body, request_id, cut="", stay=None):
        """One exchange; Cut when this end cut it, ConnectionError when the other did.

        Where it would cut, it calls `stay` when there is one: that does not return.
        """
        payload = self.bytes_of(method, path, body, request_id)

        def cut_here():
            if stay:
                stay()
            raise Cut

        with self.connect() as connection:
            if cut in ("before_send", "incomplete"):
                connection.sendall(payload[:len(payload) // 2])
                cut_here()
            connection.sendall(payload)
            if cut == "after_send":
                cut_here()
            if cut == "mid_response":
                if not connection.recv(PART):
                    raise ConnectionError("no answer")
                cut_here()
            answer = http.client.HTTPResponse(connection, method=method)
            answer.begin()
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text.strip() else {}

    def get(self, path):
        return self.send("GET", path, None, str(uuid.uuid4()))

    def lose_token(self):
        """From here on the gateway has no token for Azure, and Azure holds whoever asks for one."""
        self.control.hold("latency", "POST", TOKEN_PATH, times=0)
        path = MACHINES + "lose-token"
        self.control.fault("expired_token", "GET", path)
        threading.Thread(target=self.get_in_vain, args=(path + "?api-version=2023-03-01",), daemon=True).start()
        while TOKEN_PATH not in self.control.held_paths():
            time.sleep(0.02)

    def get_in_vain(self, path):
        try:
            self.get(path)
        except (OSError, http.client.HTTPException):
            pass  # the gateway is killed before it can answer

    def perform(self, mutation, note):
        side, place = mutation.phase.split(":")
        method, path, body = mutation.request
        request_id, cut, stay = str(uuid.uuid4()), "", None
        if self.cuts:
            cut = self.prepare(side, place, method, path, note)
        if self.cuts and side == "killed":
            stay = self.staying(note)
        for sends in range(1, 30):
            try:
                status, headers, answer = self.send(method, path, body, request_id, cut, stay)
            except Cut:
                note("hit")
                cut = ""
                continue
            except (OSError, http.client.HTTPException):
                if stay or sends == 29:
                    raise
                continue
            cut = ""
            code = (answer.get("error") or {}).get("code", "") if isinstance(answer, dict) else ""
            if self.cuts and side == "azure" and place in AZURE_FAULTS:
                self.note_if_met(AZURE_FAULTS[place], path[:path.index("?")], note)
            if status < 400:
                return self.succeeded(mutation, status, headers, sends, stay, note)
            if code in IN_DOUBT:
                return dict(event="in doubt", status=status, code=code, sends=sends)
            if status not in (429, 503) and code != "RequestInProgress":
                return dict(event="refused", status=status, code=code, sends=sends, text=json.dumps(answer)[:600])
            time.sleep(0.2)
        raise RuntimeError(f"{mutation}: no end of it")

    def staying(self, note):
        """Tells that this one is in place, and stays there until this process is killed."""
        def stay():
            note("armed")
            time.sleep(PATIENCE)
        return stay

    def note_if_met(self, kind, path, note):
        if self.control.was_met(kind, path):
            note("hit")

    def prepare(self, side, place, method, path, note):
        """Lays the fault; what is left is the cut that this client makes."""
        at = path[:path.index("?")]
        if side == "azure" and place == "before_send":
            # A read takes the pooled connection, which closes unannounced: the mutation finds it gone.
            self.control.fault("drop_idle", "GET", at)
            self.get(path)
            self.note_if_met("drop_idle", at, note)
        elif side == "azure" and place in AZURE_FAULTS:
            self.control.fault(AZURE_FAULTS[place], method, at)
        elif side == "killed" and place in HOLDS:
            self.control.hold(HOLDS[place], method, at)
        elif place in ("incomplete", "mid_response") or (side == "client" and place != "polling"):
            return place
        return ""

    def succeeded(self, mutation, status, headers, sends, stay, note):
        outcome = dict(event="done", status=status, sends=sends, replayed=headers.get("x-armature-replayed") == "true")
        link = headers.get("Azure-AsyncOperation") or (headers.get("Location") if status == 202 else None)
        if mutation.polls and link:
            outcome["polls"] = self.poll(mutation, link, stay, note)
        return outcome

    def poll(self, mutation, link, stay, note):
        side = mutation.phase.split(":")[0]
        target = urllib.parse.urlsplit(link)
        path, cut = f"{target.path}?{target.query}", ""
        if self.cuts and side == "azure":
            self.control.fault("drop_after", "GET", target.path)
        elif self.cuts and side == "killed":
            self.control.hold("latency", "GET", target.path)
            note("laid", path=target.path)
        elif self.cuts:
            cut = "mid_response"
        for polls in range(1, 200):
            try:
                status, _, answer = self.send("GET", path, None, str(uuid.uuid4()), cut)
            except Cut:
                note("hit")
                cut = ""
                continue
            except (OSError, http.client.HTTPException):
                if stay:
                    raise
                continue
            if status >= 400:
                raise RuntimeError(f"poll of {mutation}: {status} {answer}")
            if self.cuts and side == "azure" and polls == 1:
                self.note_if_met("drop_after", target.path, note)
            if status != 202 and answer.get("status", "Succeeded") not in ("InProgress", "Running", "Accepted"):
                return polls
            time.sleep(0.2)
        raise RuntimeError(f"{mutation}: polling has no end")
