"""Grants and requests that every engine gets alike: Azure's own roles at scopes of Azure's form.

All texts are lower case, since not every engine compares without regard to case. A star between two
slashes may stand for no segment in Azure; for engines whose star may not, the pattern is written twice.
"""
import json
import pathlib
import random

ROOT = pathlib.Path(__file__).resolve().parents[2]
REQUESTS = 4000


def roles():
    """The roles that people use: no data actions alone, no condition."""
    out = []
    for role in json.loads((ROOT / "data" / "builtin_roles.json").read_text()):
        first = role["permissions"][0] if role["permissions"] else {}
        if role.get("common") and first.get("actions") and role["name"] not in ("Owner", "Contributor", "Reader"):
            if len(role["permissions"]) == 1 and not first.get("condition"):
                out.append(role)
    return out


def patterns(texts):
    out = []
    for text in (text.lower() for text in texts):
        out += [text, text.replace("/*/", "/")] if "/*/" in text else [text]
    return sorted(set(out))


def subscription(number):
    return f"/subscriptions/00000000-0000-4000-8000-{number:012x}"


def scope_of(dice, groups):
    """Nine in ten at a resource group, the rest above or below."""
    group = dice.randrange(groups)
    base = subscription(group // 500)
    if dice.random() < 0.03:
        return base
    base += f"/resourcegroups/rg-{group}"
    if dice.random() < 0.07:
        base += f"/providers/microsoft.storage/storageaccounts/account{dice.randrange(20)}"
    return base


def make(count):
    dice = random.Random(count)
    known = roles()
    groups = max(4, count // 3)
    grants, seen = [], set()
    while len(grants) < count:
        grant = (dice.choice(known)["name"], scope_of(dice, groups))
        if grant not in seen:
            seen.add(grant)
            grants.append(grant)
    by_name = {role["name"]: role["permissions"][0] for role in known}
    actions = sorted({a.lower().replace("*", "x") for p in by_name.values() for a in p["actions"] + p.get("notActions", [])})
    requests = []
    for _ in range(REQUESTS):
        role, scope = dice.choice(grants)
        own = [text.lower().replace("*", "x") for text in by_name[role]["actions"]]
        action = dice.choice(own) if dice.random() < 0.55 else dice.choice(actions)
        if dice.random() < 0.1:
            scope = scope_of(dice, groups * 2)
        below = "" if "storageaccounts" in scope else f"/providers/microsoft.web/sites/site{dice.randrange(50)}"
        requests.append((action, scope + below))
    return {
        "roles": [{"name": name, "actions": patterns(p["actions"]), "not_actions": patterns(p.get("notActions", []))}
                  for name, p in by_name.items()],
        "grants": [{"role": role, "scope": scope} for role, scope in grants],
        "requests": [{"action": action, "scope": scope} for action, scope in requests],
    }
