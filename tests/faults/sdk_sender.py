"""Sends mutations with the stock Python SDK for Azure, which repeats by its own rules."""
import os
import threading
import time
import urllib.parse

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest
from azure.mgmt.resource.resources import ResourceManagementClient

from cutting_proxy import CuttingProxy
from matrix import SUBSCRIPTION

HELD = "4s"  # how long Azure holds a request that a killing is to meet
ARMED_AFTER = 0.4  # seconds: by then it is held there
PATIENCE = 120  # seconds; a bound against hanging, never a measure
AZURE_FAULTS = {"after_send": "drop_before", "after_effect": "drop_after", "mid_response": "drop_during"}
IN_DOUBT = {"AzureAnswerLost"}


class AttemptToken:
    """The token of the task, as a credential."""

    def get_token(self, *scopes, **options):
        return AccessToken(os.environ["ARMATURE_TOKEN"], int(time.time()) + 3600)


class Sender:
    def __init__(self, control, cuts=True):
        self.control, self.cuts = control, cuts
        gateway = urllib.parse.urlsplit(os.environ["ARMATURE_GATEWAY_URL"])
        port = CuttingProxy(gateway.port).port if cuts else gateway.port
        url = f"https://{gateway.hostname}:{port}"
        self.client = ResourceManagementClient(
            AttemptToken(), SUBSCRIPTION, base_url=url, credential_scopes=[url + "/.default"],
            connection_verify=os.environ["ARMATURE_CA_FILE"], retry_backoff_factor=0.1, polling_interval=1)

    def plain(self):
        return Sender(self.control, cuts=False)

    def prepare(self, mutation, method, path):
        side, place = mutation.phase.split(":")
        at = path[:path.index("?")]
        if side == "azure" and place == "before_send":
            self.control.fault("drop_idle", "GET", at)
            self.client.send_request(HttpRequest("GET", path))
        elif side == "azure" and place in AZURE_FAULTS:
            self.control.fault(AZURE_FAULTS[place], method, at)
        elif side == "killed" and place in ("after_send", "after_effect"):
            self.control.fault("latency" if place == "after_send" else "late", method, at, duration=HELD)
        elif side == "azure" and place == "polling":
            self.control.fault("drop_after", "GET", "/operation")

    def begin(self, mutation, method, path, body):
        resources = self.client.resources
        target, version = path.split("?api-version=")
        waits = {} if mutation.polls else {"polling": False}
        if mutation.kind == "POST":
            answer = self.client.send_request(HttpRequest("POST", path))
            answer.raise_for_status()
            return answer.status_code
        if mutation.whole_group:
            return self.client.resource_groups.begin_delete(mutation.target.rsplit("/", 1)[1], **waits)
        if method == "DELETE":
            return resources.begin_delete_by_id(target, api_version=version, **waits)
        if method == "PATCH":
            return resources.begin_update_by_id(target, body, api_version=version, **waits)
        return resources.begin_create_or_update_by_id(target, body, api_version=version, **waits)

    def perform(self, mutation, on_armed):
        method, path, body = mutation.request
        if self.cuts:
            self.prepare(mutation, method, path)
        if on_armed:
            self.arm_later(on_armed, mutation)
        try:
            begun = self.begin(mutation, method, path, body)
            if mutation.polls and hasattr(begun, "result"):
                if on_armed:
                    on_armed()
                    time.sleep(PATIENCE)
                begun.result()
            return dict(event="done", sends=1)
        except HttpResponseError as refused:
            code = refused.error.code if refused.error else ""
            code = code or next((known for known in IN_DOUBT if known in str(refused)), "")
            if code in IN_DOUBT:
                return dict(event="in doubt", status=refused.status_code, code=code, sends=1)
            if refused.status_code in (401, None):
                raise ConnectionError("the token is of a try that has ended") from refused
            return dict(event="refused", status=refused.status_code, code=code, sends=1, text=str(refused)[:600])
        except (ServiceRequestError, ServiceResponseError) as broken:
            raise ConnectionError(str(broken)) from broken

    def arm_later(self, on_armed, mutation):
        """What is not polled is in place when Azure holds it."""
        if not mutation.polls:
            threading.Timer(ARMED_AFTER, on_armed).start()
