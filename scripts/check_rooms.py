#!/usr/bin/env python3
"""The house's own lint: a room includes only what its CMake line lists, and some calls have one home.

Prints one line per finding and ends with 1 when there is any. Reads the same armature_module() line
that the build uses, so the two cannot disagree.
"""
import pathlib
import re
import sys

MODULE = re.compile(r"armature_module\((\w+) LAYER (\d+)(?: DEPS ([\w ]+?))?(?: LIBS [^)]*)?\)")
HOMES = [  # pattern, what to do instead, files that may hold it
    (r"\b(?:system|steady)_clock::now\(", "take a Clock&", {"base/clock.cc"}),
    (r"\bstd::(?:random_device|mt19937|minstd_rand)\b", "take a Random&", {"base/testing.h"}),
    (r"\bgetenv\(", "read it in app/main.cc and pass it down", {"app/main.cc"}),
    (r"co_await\b[^;]*?(?:\w\{|\[[&=\w, ]+\]\s*[({])", "name the temporary first: GCC 12 frees it twice", set()),
    (r"\busing namespace\b(?! std::(?:\w+::)?\w*literals)", "name what you use", set()),
]
SOFT_LIMIT, HARD_LIMIT = 400, 600


def rooms_of(source: pathlib.Path):
    rooms, layers = {}, {}
    for path in source.glob("*/CMakeLists.txt"):
        match = MODULE.search(path.read_text())
        if not match:
            sys.exit(f"{path}: no armature_module() line")
        name, layer, deps = match.groups()
        rooms[name] = set((deps or "").split()) | {name, "base"}
        layers[name] = int(layer)
    return rooms, layers


def findings(source: pathlib.Path):
    rooms, layers = rooms_of(source)
    for room, deps in sorted(rooms.items()):
        for dep in sorted(deps - {room, "base"}):
            if layers.get(dep, 99) >= layers[room]:
                yield f"{room}/CMakeLists.txt: layer {layers[room]} may not use {dep} (layer {layers.get(dep, '?')})"
    for file in sorted(p for p in source.rglob("*") if p.suffix in (".h", ".cc")):
        where = file.relative_to(source).as_posix()
        text = file.read_text()
        code = re.sub(r"//[^\n]*", "", text)
        room = where.split("/")[0]
        is_test = where.endswith("_test.cc") or where.endswith("testing.h")
        for include in re.findall(r'#include "([\w/]+\.\w+)"', code):
            target = include.split("/")[0]
            if target not in rooms:
                yield f"{where}: include \"{include}\" from src/: no room is called {target}"
            elif target not in rooms[room]:
                yield f"{where}: {room} (layer {layers[room]}) may not include {include}: its CMake line does not list {target}"
            if include.endswith("testing.h") and not is_test:
                yield f"{where}: {include} is for tests only"
        for pattern, todo, homes in HOMES:
            if where in homes or (is_test and ("clock" in pattern or "getenv" in pattern)):
                continue
            if found := re.search(pattern, code):
                yield f"{where}: '{found.group(0)[:40]}': {todo}"
        lines = text.count("\n")
        if lines > HARD_LIMIT or (lines > SOFT_LIMIT and not is_test):
            yield f"{where}: {lines} lines, the limit is {SOFT_LIMIT}: split it by meaning"
        if file.suffix == ".h" and "#pragma once" not in text:
            yield f"{where}: no #pragma once"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    found = list(findings(root / "src"))
    print("\n".join(found) if found else "rooms: layers hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
