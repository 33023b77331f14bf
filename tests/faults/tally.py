"""What was answered beside what happened."""
import collections
import json

from worker import NOTES


def journals(cloud):
    """The last word on each mutation, and all that was written of it."""
    last, history = {}, collections.defaultdict(list)
    for path in sorted(cloud.folder.glob("journal.*")):
        for line in path.read_text().splitlines():
            if not line.endswith("}"):
                continue
            entry = json.loads(line)
            history[entry["number"]].append(entry)
            if entry["event"] not in NOTES:
                last[entry["number"]] = entry
    return last, history


def happened(effects, mutation):
    """"once" as it was meant, "not" at all, or what else there is."""
    nothing = dict(created=0, updated=0, deleted=0)
    found = {id: effects.get(id, nothing) for id in mutation.intended}
    if found == mutation.intended:
        return "once"
    before = dict(nothing, created=1 if mutation.made_before and mutation.kind != "POST" else 0)
    return "not" if all(effect == before for effect in found.values()) else json.dumps(found)


def look(cloud, plan):
    """A person looks at what is in doubt; the numbers of what is to be done again."""
    last, _ = journals(cloud)
    effects = cloud.control.effects()
    again = set()
    for mutation in plan.mutations:
        entry = last.get(mutation.number)
        if entry is None or entry["event"] != "in doubt":
            continue
        seen = happened(effects, mutation)
        event = "cleared" if seen == "not" else "looked"
        with open(cloud.folder / f"journal.{mutation.worker}", "a") as journal:
            journal.write(json.dumps(dict(number=mutation.number, event=event, seen=seen)) + "\n")
        if seen == "not":
            again.add(mutation.number)
    return again


def verdict(cloud, plan):
    """What is not as it was meant, a line each."""
    last, history = journals(cloud)
    effects = cloud.control.effects()
    wrong, hits = [], collections.Counter()
    for mutation in plan.mutations:
        entry = last.get(mutation.number, dict(event="never sent"))
        seen = happened(effects, mutation)
        hits[mutation.cell] += is_hit(history[mutation.number])
        if entry["event"] not in ("done", "looked") or seen != "once":
            wrong.append(f"{mutation.cell} {mutation.name}: answered {json.dumps(entry)}, happened: {seen}")
    return wrong + [f"{cell}: none met its cut" for cell, met in sorted(hits.items()) if met == 0]


def is_hit(entries):
    return any(entry["event"] == "hit" for entry in entries)


def table(cloud, plan):
    """A line each cell: how many, how many met their cut, how often they were sent and looked at."""
    last, history = journals(cloud)
    effects = cloud.control.effects()
    cells = collections.defaultdict(collections.Counter)
    for mutation in plan.mutations:
        cell = cells[mutation.cell]
        entries = history[mutation.number]
        cell["mutations"] += 1
        cell["hits"] += is_hit(entries)
        cell["once"] += happened(effects, mutation) == "once"
        cell["answered"] += last.get(mutation.number, {}).get("event") == "done"
        cell["tries"] += sum(entry["event"] == "sending" for entry in entries)
        cell["sends"] += sum(entry.get("sends", 0) for entry in entries)
        cell["looks"] += sum(entry["event"] in ("looked", "cleared") for entry in entries)
        cell["replayed"] += any(entry.get("replayed") for entry in entries)
    words = ["mutations", "hits", "once", "answered", "tries", "replayed", "looks"]
    lines = ["| mutation and cut | " + " | ".join(words) + " |", "|---|" + "---|" * len(words)]
    for name in sorted(cells):
        lines.append(f"| {name} | " + " | ".join(str(cells[name][word]) for word in words) + " |")
    total = {word: sum(cell[word] for cell in cells.values()) for word in words}
    return "\n".join([*lines, "| all | " + " | ".join(str(total[word]) for word in words) + " |"])
