#!/usr/bin/env python3
"""The REST face and its description agree: each route of src/api is in openapi.yaml, and none more."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
routes = set()
for source in (root / "src" / "api").glob("*.cc"):
    text = re.sub(r"\s+", " ", source.read_text())
    routes |= set(re.findall(r'router\.add\( ?"([A-Z]+)", ?"([^"]+)"', text))

described, path = set(), None
for line in (root / "src" / "api" / "openapi.yaml").read_text().splitlines():
    if found := re.match(r"  (/\S+):$", line):
        path = found.group(1)
    elif found := re.match(r"    (get|post|patch|put|delete):", line):
        described.add((found.group(1).upper(), path))

findings = [f"{method} {path}: in src/api, not in openapi.yaml" for method, path in sorted(routes - described)]
findings += [f"{method} {path}: in openapi.yaml, not in src/api" for method, path in sorted(described - routes)]
if not routes:
    findings.append("no route found in src/api: the check itself is broken")
print("\n".join(findings) if findings else f"openapi: {len(routes)} routes described")
sys.exit(1 if findings else 0)
