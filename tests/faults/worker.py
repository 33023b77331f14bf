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

PATIENCE = 120  # seconds; a bound against hanging, never a measure
UNSETTLED = {"sending", "broken", "cleared"}


class Journal:
    """Lines of {number, event, …}; the last one that settles a mutation counts."""

    def __init__(self, path: pathlib.Path):
        self.lock = threading.Lock()
        self.settled, self.started = {}, set()
        if path.exists():
            for line in path.read_text().splitlines():
                if line.endswith("}"):  # the last one may be cut
                    self.take(json.loads(line))
        self.file = open(path, "a")

    def take(self, entry):
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


def attempt(journal, sender, mutation, on_armed=None):
    """One mutation until it is settled: done, refused or in doubt; else the task's next try goes on with it."""
    try:
        journal.write(mutation.number, "sending")
        journal.write(mutation.number, **sender.perform(mutation, on_armed))
    except Exception as broken:
        journal.write(mutation.number, "broken", error=repr(broken))
    finally:
        if on_armed:
            on_armed()


class Barrier:
    """Tells the one who kills when every mutation of the batch is where it is to be."""

    def __init__(self, folder, worker, size):
        self.path, self.left, self.lock = folder / f"armed.{worker}", size, threading.Lock()

    def one(self):
        seen = threading.Event()

        def arrive():
            if seen.is_set():
                return
            seen.set()
            with self.lock:
                self.left -= 1
                if self.left == 0:
                    self.path.touch()
        return arrive


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
        for batch in plan.batches(worker):
            batch = [one for one in batch if not journal.is_settled(one.number)]
            if not batch:
                continue
            barrier = Barrier(folder, worker, len(batch))
            list(pool.map(lambda one: attempt(journal, sender, one, barrier.one()), batch))
            time.sleep(PATIENCE)
            sys.exit("the killing did not come")
    (folder / f"done.{worker}").touch()


if __name__ == "__main__":
    main()
