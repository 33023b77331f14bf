#!/usr/bin/env python3
"""One task of the fault matrix: sends its mutations through the gateway and writes down what it was answered.

  worker.py PLAN FOLDER WORKER

Its journal outlives it: started again after the gateway was killed, it sends what it has no answer for.
"""
import json
import os
import pathlib
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from control import Control
from matrix import load_plan

PATIENCE = 600  # seconds; a bound against hanging, never a measure
UNSETTLED = {"sending", "broken", "cleared"}
# What a mutation met on its way settles nothing: "laid" is a poll's path, "armed" that the task holds it where the
# killing is to meet it, "hit" that it met its cut.
NOTES = {"laid", "armed", "hit"}


class Journal:
    """Lines of {number, event, …}; the last one that is no note says where a mutation stands."""

    def __init__(self, path: pathlib.Path):
        self.lock = threading.Lock()
        self.settled, self.started = {}, set()
        if path.exists():
            for line in path.read_text().splitlines():
                if line.endswith("}"):  # the last one may be cut
                    self.take(json.loads(line))
        self.file = open(path, "a")

    def take(self, entry):
        if entry["event"] in NOTES:
            return
        if entry["event"] == "sending":
            self.started.add(entry["number"])
        if entry["event"] in UNSETTLED:
            self.settled.pop(entry["number"], None)
        else:
            self.settled[entry["number"]] = entry

    def write(self, number, event, **more):
        with self.lock:
            entry = dict(number=number, event=event, **more)
            self.file.write(json.dumps(entry) + "\n")
            self.file.flush()
            self.take(entry)

    def is_settled(self, number):
        return number in self.settled


def attempt(journal, sender, mutation):
    """One mutation until it is settled: done, refused or in doubt; else the task's next try goes on with it."""
    def note(event, **more):
        journal.write(mutation.number, event, **more)

    try:
        journal.write(mutation.number, "sending")
        journal.write(mutation.number, **sender.perform(mutation, note))
    except Exception as broken:
        journal.write(mutation.number, "broken", error=repr(broken))


def tell(path, **what):
    """Whole or not at all, for the one who kills."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(what))
    draft.rename(path)


def wait_for_token_gate(folder, place, batch, sender):
    """Nobody may still need a token when Azure stops giving them."""
    tell(place, waits=True, batch=batch)
    while not (folder / "gate").exists():
        time.sleep(0.02)
    sender.lose_token()


def main():
    plan, folder, worker = load_plan(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2]), int(sys.argv[3])
    (folder / f"pid.{worker}").write_text(str(os.getpid()))
    journal = Journal(folder / f"journal.{worker}")
    control = Control(json.loads((folder / "control.json").read_text()))
    if os.environ.get("FAULTS_SDK"):
        from sdk_sender import Sender
    else:
        from raw_sender import Sender
    sender = Sender(control)
    open_ones = [one for one in plan.of(worker) if not journal.is_settled(one.number)]
    # Whatever an earlier try has begun is sent again first, and plainly.
    begun = [one for one in open_ones if one.number in journal.started]
    fresh = [one for one in open_ones if one.number not in journal.started and one.batch < 0]
    with ThreadPoolExecutor(plan.threads) as pool:
        list(pool.map(lambda one: attempt(journal, sender.plain(), one), begun))
        list(pool.map(lambda one: attempt(journal, sender, one), fresh))
        if not all(journal.is_settled(one.number) for one in begun + fresh):
            sys.exit("some are still open: the next try goes on")
        place = folder / f"at.{worker}"
        for number, batch in plan.batches(worker):
            batch = [one for one in batch if not journal.is_settled(one.number)]
            if not batch:
                continue
            if batch[0].waits_for_token:
                wait_for_token_gate(folder, place, number, sender)
            tell(place, waits=False, batch=number)
            list(pool.map(lambda one: attempt(journal, sender, one), batch))
            time.sleep(PATIENCE)
            sys.exit("the killing did not come")
    (folder / f"done.{worker}").touch()


if __name__ == "__main__":
    main()
