"""Rows: one case of one client, what came of it, and what was expected."""
import dataclasses
import json
import pathlib
import time

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Row:
    client: str
    command: str
    ok: bool
    detail: str = ""
    seconds: float = 0.0


class Results:
    """Collects rows; a row that fails is listed in expected.json with its reason, or the run fails."""

    def __init__(self, only=""):
        self.rows = []
        self.only = only
        self.expected = json.loads((HERE / "expected.json").read_text())

    def wanted(self, client, command):
        return self.only in f"{client}: {command}"

    def add(self, client, command, error, started):
        row = Row(client, command, not error, (error or "").strip(), time.monotonic() - started)
        self.rows.append(row)
        mark = "ok  " if row.ok else "FAIL"
        print(f"{mark} {client}: {command} ({row.seconds:.1f} s)", flush=True)
        if error:
            print("     " + row.detail[-1500:].replace("\n", "\n     "), flush=True)
        return row.ok

    def reason(self, row):
        return self.expected.get(f"{row.client}: {row.command}")

    def surprises(self):
        """Failures that nobody expected, and expectations that no longer hold."""
        for row in self.rows:
            if not row.ok and not self.reason(row):
                yield f"{row.client}: {row.command}: {row.detail.splitlines()[-1] if row.detail else 'failed'}"
            if row.ok and self.reason(row):
                yield f"{row.client}: {row.command}: works, but expected.json says it does not"

    def table(self):
        """Rows in the order of the cases: client, command, result. The same run, the same text."""
        lines = ["| client | command | result |", "|---|---|---|"]
        for row in self.rows:
            result = "works" if row.ok else f"fails: {self.reason(row) or 'unexpected'}"
            lines.append(f"| {row.client} | `{row.command}` | {result} |")
        works = sum(row.ok for row in self.rows)
        return "\n".join([*lines, "", f"clients {works}/{len(self.rows)}"])


def write_section(page: pathlib.Path, name: str, text: str):
    """Replaces the part of a page between its marks, or adds it at the end."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    old = page.read_text() if page.exists() else "# Coverage\n"
    block = f"{begin}\n{text}\n{end}\n"
    if begin in old and end in old:
        head, rest = old.split(begin, 1)
        page.write_text(head + block + rest.split(end, 1)[1].lstrip("\n"))
    else:
        page.write_text(old.rstrip("\n") + "\n\n" + block)
