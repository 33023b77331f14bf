"""Sends mutations with the stock Python SDK for Azure, which repeats by its own rules."""
import os
import threading
import time
import urllib.parse

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest
from azure.mgmt.resource.resources import ResourceManagementClient

from control import TOKEN_PATH
from cutting_proxy import CuttingProxy
from matrix import GROUP, MACHINES, SUBSCRIPTION

AZURE_FAULTS = {"after_send": "drop_before", "after_effect": "drop_after", "mid_response": "drop_during"}
HOLDS = {"after_send": "latency", "after_effect": "late"}
IN_DOUBT = {"AzureAnswerLost"}


class AttemptToken:
    """The token of the task, as a credential."""

    def get_token(self, *scopes, **options):
        return AccessToken(os.environ["ARMATURE_TOKEN"], int(time.time()) + 3600)


class Sender:
    def __init__(self, control, cuts=True):
        self.control, self.cuts = control, cuts
        self.gateway = urllib.parse.urlsplit(os.environ["ARMATURE_GATEWAY_URL"])
        self.client = self.make_client(self.gateway.port)
        self.local = threading.local()

    def make_client(self, port):
        url = f"https://{self.gateway.hostname}:{port}"
        return ResourceManagementClient(
            AttemptToken(), SUBSCRIPTION, base_url=url, credential_scopes=[url + "/.default"],
            connection_verify=os.environ["ARMATURE_CA_FILE"], retry_backoff_factor=0.1, polling_interval=1)

    def plain(self):
        return Sender(self.control, cuts=False)

    def client_of(self, mutation):
        """The client to send with, and the proxy of this thread when that is to cut."""
        if not self.cuts or not mutation.phase.startswith("client:"):
            return self.client, None
        if not hasattr(self.local, "proxy"):
            self.local.proxy = CuttingProxy(self.gateway.port)
            self.local.client = self.make_client(self.local.proxy.port)
        return self.local.client, self.local.proxy

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
            self.client.send_request(HttpRequest("GET", path))
        except AzureError:
            pass  # the gateway is killed before it can answer

    def note_if_met(self, kind, path, note):
        if self.control.was_met(kind, path):
            note("hit")

    def prepare(self, mutation, method, path, client, proxy, note):
        side, place = mutation.phase.split(":")
        at = path[:path.index("?")]
        if side == "azure" and place == "before_send":
            self.control.fault("drop_idle", "GET", at)
            client.send_request(HttpRequest("GET", path))
            self.note_if_met("drop_idle", at, note)
        elif side == "azure" and place in AZURE_FAULTS:
            self.control.fault(AZURE_FAULTS[place], method, at)
        elif side == "killed" and place in HOLDS:
            self.control.hold(HOLDS[place], method, at)
        elif side == "client":
            self.warm(client)  # the next exchange is the mutation
            if place != "polling":
                proxy.cut_next(place, lambda: note("hit"))

    def warm(self, client):
        """Leaves a connection in the pool whose handshake is over."""
        client.send_request(HttpRequest("GET", GROUP + "?api-version=2021-04-01"))

    def before_first_poll(self, mutation, client, proxy, note):
        """What the SDK is to call with each answer: lays the fault of the polling with the mutation's own."""
        laid = []

        def hook(answer):
            headers = answer.http_response.headers
            name = next((one for one in ("Azure-AsyncOperation", "Location") if one in headers), None)
            if laid or not name or answer.http_response.status_code >= 400:
                return
            link = headers[name]
            laid.append(urllib.parse.urlsplit(link).path)
            side = mutation.phase.split(":")[0]
            if side == "azure":
                self.control.fault("drop_after", "GET", laid[0])
            elif side == "killed":
                self.control.hold("latency", "GET", laid[0])
                note("laid", path=laid[0])
            else:
                # The link names the gateway itself: the poll is to come by the proxy.
                headers[name] = link.replace(f":{self.gateway.port}/", f":{proxy.port}/", 1)
                self.warm(client)  # the connection of an answer without a body is not used again
                proxy.cut_next("mid_response", lambda: note("hit"))
        return laid, hook

    def begin(self, client, mutation, method, path, body, **options):
        resources = client.resources
        target, version = path.split("?api-version=")
        if not mutation.polls:
            options["polling"] = False
        if mutation.kind == "POST":
            answer = client.send_request(HttpRequest("POST", path))
            answer.raise_for_status()
            return None
        if mutation.whole_group:
            return client.resource_groups.begin_delete(mutation.target.rsplit("/", 1)[1], **options)
        if method == "DELETE":
            return resources.begin_delete_by_id(target, api_version=version, **options)
        if method == "PATCH":
            return resources.begin_update_by_id(target, body, api_version=version, **options)
        return resources.begin_create_or_update_by_id(target, body, api_version=version, **options)

    def perform(self, mutation, note):
        side, place = mutation.phase.split(":")
        method, path, body = mutation.request
        client, proxy = self.client_of(mutation)
        options, laid = {}, []
        if self.cuts:
            self.prepare(mutation, method, path, client, proxy, note)
            if mutation.polls:
                laid, options["raw_response_hook"] = self.before_first_poll(mutation, client, proxy, note)
        try:
            begun = self.begin(client, mutation, method, path, body, **options)
            if begun is not None and mutation.polls:
                begun.result()
            return dict(event="done", sends=1)
        except HttpResponseError as refused:
            return self.refused(refused)
        except (ServiceRequestError, ServiceResponseError) as broken:
            raise ConnectionError(str(broken)) from broken
        finally:
            if proxy:
                proxy.cut_nothing()
            if self.cuts and side == "azure" and place in AZURE_FAULTS:
                self.note_if_met(AZURE_FAULTS[place], path[:path.index("?")], note)
            elif laid and side == "azure":
                self.note_if_met("drop_after", laid[0], note)

    def refused(self, refused):
        code = refused.error.code if refused.error else ""
        code = code or next((known for known in IN_DOUBT if known in str(refused)), "")
        if code in IN_DOUBT:
            return dict(event="in doubt", status=refused.status_code, code=code, sends=1)
        if refused.status_code in (401, None):
            raise ConnectionError("the token is of a try that has ended") from refused
        return dict(event="refused", status=refused.status_code, code=code, sends=1, text=str(refused)[:600])
