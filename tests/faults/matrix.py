"""Which mutations there are, which of them meets what, and what each is meant to do."""
import collections
import dataclasses
import json
import random

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/faults"
PER_GROUP = 500  # Azure lets the oldest deployments of a group go when it has 800
MACHINES = GROUP + "/providers/Microsoft.Compute/virtualMachines/"
KINDS = ("PUT", "POST", "PATCH", "DELETE", "deployment")
# Where the connection is cut: between gateway and Azure by the sandbox's faults, between client and gateway by the client.
ALIVE = ("azure:before_send", "azure:after_send", "azure:after_effect", "azure:mid_response", "azure:polling",
         "client:before_send", "client:after_send", "client:mid_response", "client:polling")
# Where a request is when the gateway is killed.
KILLED = ("killed:incomplete", "killed:before_send", "killed:after_send", "killed:after_effect", "killed:mid_response",
          "killed:polling")
# A stock SDK's sockets cannot be stopped in the middle: these two need that.
SDK_KILLED = tuple(phase for phase in KILLED if not phase.endswith((":incomplete", ":mid_response")))


@dataclasses.dataclass
class Mutation:
    number: int
    kind: str
    phase: str
    worker: int
    batch: int = -1  # of those that are in flight together when the gateway is killed

    @property
    def name(self):
        return f"m{self.number:06d}"

    @property
    def cell(self):
        return f"{self.kind} {self.phase}"

    @property
    def polls(self):
        return self.phase.endswith(":polling")

    @property
    def waits_for_token(self):
        """Of all that the gateway has, nothing may go out: those like it have batches of their own."""
        return self.phase == "killed:before_send"

    @property
    def whole_group(self):
        """Only the deletion of a group takes its time."""
        return self.kind == "DELETE" and self.polls

    @property
    def group(self):
        return f"{GROUP}-deployed-{self.number // PER_GROUP}" if self.kind == "deployment" else GROUP

    @property
    def target(self):
        if self.kind == "deployment":
            return f"{self.group}/providers/Microsoft.Resources/deployments/{self.name}"
        if self.whole_group:
            return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/faults-{self.name}"
        if self.kind == "PATCH" and self.number % 2 and not self.polls:  # of a type that has an etag
            return f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/{self.name}"
        return MACHINES + self.name

    @property
    def request(self):
        """Method, path with query, body."""
        version = "2021-04-01" if self.kind == "deployment" or self.whole_group else "2023-03-01"
        if "/networkSecurityGroups/" in self.target:
            version = "2023-09-01"
        query = "?api-version=" + version
        if self.kind == "PUT":
            return "PUT", self.target + query, {"location": "westeurope", "properties": {}, "tags": {"by": self.name}}
        if self.kind == "POST":
            return "POST", self.target + "/restart" + query, None
        if self.kind == "PATCH":
            return "PATCH", self.target + query, {"tags": {"by": self.name}}
        if self.kind == "DELETE":
            return "DELETE", self.target + query, None
        resource = {"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2023-09-01",
                    "name": "of-" + self.name, "location": "westeurope", "properties": {}}
        document = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                    "contentVersion": "1.0.0.0", "resources": [resource]}
        return "PUT", self.target + query, {"properties": {"mode": "Incremental", "template": document}}

    @property
    def made_before(self):
        """What is there before the run: path with query, body."""
        if self.whole_group:
            return self.target + "?api-version=2021-04-01", {"location": "westeurope"}
        if self.kind in ("POST", "PATCH", "DELETE"):
            _, path, _ = self.request
            query = path[path.index("?"):]
            return self.target + query, {"location": "westeurope", "properties": {}, "tags": {"by": "setup"}}
        return None

    @property
    def intended(self):
        """Effects by resource id, as the sandbox counts them."""
        target = self.target.lower()
        made = 1 if self.made_before else 0
        if self.kind == "PUT":
            return {target: dict(created=1, updated=0, deleted=0)}
        if self.kind == "POST":
            return {target + "/restart": dict(created=0, updated=1, deleted=0)}
        if self.kind == "PATCH":
            return {target: dict(created=made, updated=1, deleted=0)}
        if self.kind == "DELETE":
            return {target: dict(created=made, updated=0, deleted=1)}
        resource = f"{self.group}/providers/Microsoft.Network/networkSecurityGroups/of-{self.name}".lower()
        return {target: dict(created=1, updated=0, deleted=0), resource: dict(created=1, updated=0, deleted=0)}


@dataclasses.dataclass
class Plan:
    mutations: list
    workers: int
    threads: int
    seed: int

    def of(self, worker):
        return [one for one in self.mutations if one.worker == worker]

    def batches(self, worker):
        """Those that are to be in flight when the gateway is killed, killing by killing, each with its number."""
        found = collections.defaultdict(list)
        for one in self.of(worker):
            if one.batch >= 0:
                found[one.batch].append(one)
        return sorted(found.items())

    def save(self, path):
        path.write_text(json.dumps(dataclasses.asdict(self)))


def load_plan(path):
    kept = json.loads(path.read_text())
    return Plan([Mutation(**one) for one in kept["mutations"]], kept["workers"], kept["threads"], kept["seed"])


def make_plan(count, workers, threads, seed, only, sdk):
    """Half of the mutations meet a living gateway, half a killed one; within a half all cells have as many."""
    dice = random.Random(seed)
    halves = []
    for phases in (ALIVE, SDK_KILLED if sdk else KILLED):
        cells = [(kind, phase) for kind in KINDS for phase in phases if only in f"{kind} {phase}"]
        if sdk:  # the client for resources has no actions: what is sent with it beside its methods is not polled
            cells = [cell for cell in cells if cell[0] != "POST" or not cell[1].endswith(":polling")]
        halves.append(cells)
    share = count if not all(halves) else count // 2
    alive, killed = ([cells[i % len(cells)] for i in range(share)] if cells else [] for cells in halves)
    dice.shuffle(alive)
    dice.shuffle(killed)
    mutations = [Mutation(i, kind, phase, i % workers) for i, (kind, phase) in enumerate(alive)]
    batch = 0
    for waits in (False, True):
        alike = [cell for cell in killed if Mutation(0, *cell, 0).waits_for_token == waits]
        for i, (kind, phase) in enumerate(alike):
            mutations.append(Mutation(len(mutations), kind, phase, i % workers, batch + i // (workers * threads)))
        batch += -(-len(alike) // (workers * threads))
    return Plan(mutations, workers, threads, seed)
