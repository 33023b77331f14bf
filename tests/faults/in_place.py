"""Says, from outside of the tasks, when each mutation is where the killing is to meet it, and what shows it.

  before_send    the gateway's audit has the decision, which is on disk in one commit with "sent"; Azure holds the
                 request for the token without which nothing can be sent
  after_send, after_effect, polling    Azure holds the request
  incomplete, mid_response             the task says that it sent, or read, a part and no more
"""
import json
import re

NAME = re.compile(r"m(\d{6})")
PROOFS = {"armed"}
ENDED = {"done", "refused", "in doubt", "broken"}  # before the killing: nothing will show


class InPlace:
    def __init__(self, cloud):
        self.cloud = cloud
        self.offsets, self.after = {}, 0
        self.last, self.polls, self.decided = {}, {}, set()

    def read_journals(self):
        for path in self.cloud.folder.glob("journal.*"):
            with open(path) as journal:
                journal.seek(self.offsets.get(path, 0))
                text = journal.read()
            whole = text[:text.rfind("\n") + 1]
            self.offsets[path] = self.offsets.get(path, 0) + len(whole.encode())
            for line in whole.splitlines():
                entry = json.loads(line)
                if entry["event"] == "laid":
                    self.polls[entry["path"]] = entry["number"]
                else:
                    self.last[entry["number"]] = entry["event"]

    def read_audit(self):
        while True:
            page = self.cloud.api(f"/armature/audit?decision=allow&limit=10000&after={self.after}")["records"]
            for record in page:
                self.after = record["sequence"]
                found = NAME.search(record["target"])
                if found and record["method"] != "GET":
                    self.decided.add(int(found[1]))
            if len(page) < 10000:
                return

    def shown(self, mutations):
        """The numbers of those that are in place, by what shows it."""
        self.read_journals()
        held = self.cloud.control.held_paths()
        token_held = any("/token" in path for path in held)
        if token_held:
            self.read_audit()
        named = {int(found[1]) for path in held if (found := NAME.search(path))}
        held_polls = {self.polls[path] for path in held if path in self.polls}
        out = set()
        for one in mutations:
            if self.last.get(one.number) in ENDED:
                continue
            place = one.phase.split(":")[1]
            if place == "before_send":
                there = token_held and one.number in self.decided
            elif place == "polling":
                there = one.number in held_polls
            elif place in ("after_send", "after_effect"):
                there = one.number in named
            else:
                there = self.last.get(one.number) in PROOFS
            if there:
                out.add(one.number)
        return out

    def ended(self, mutations):
        return {one.number for one in mutations if self.last.get(one.number) in ENDED}
