#!/usr/bin/env python3
"""Random templates of the subset in docs/formats/dag.md, with what Jinja2 itself makes of them.

Usage: tests/jinja/make_cases.py COUNT FILE [SEED]     (make jinja CASES=10000)

Typed, so that most of them render; those that Jinja2 refuses are kept as errors. Left out is what
the documentation says is different: filters that give generators stand before `list` or a filter
that takes one, nothing stores an undefined value, letters are ASCII, numbers stay small; tojson
gives text, where Jinja2 marks it as safe for HTML, which shows when a list of it is printed.
"""

import json
import random
import sys
import warnings

import jinja2

CONTEXT = {
    "n": 3, "zero": 0, "neg": -7, "pi": 3.25, "half": 0.5, "yes": True, "no": False, "nil": None,
    "s": "Hello World", "empty": "", "quote": "it's", "csv": "b,a,,c", "num": "42", "env": "prod",
    "list": [3, 1, 2, 1], "words": ["b", "A", "c", "a"], "nothing": [], "mixed": [1, "x", None, True, 2.5],
    "d": {"b": 1, "a": 2}, "deep": {"list": [1, [2, 3]], "name": "it's", "d": {"k": "v"}},
    "rows": [{"name": "b", "size": 2, "on": True}, {"name": "a", "size": 1, "on": False},
             {"name": "C", "size": 3, "on": True}],
}


class Grammar:
    def __init__(self, seed):
        self.luck = random.Random(seed)
        self.names = []  # of loops and sets that are open: (name, type)

    def pick(self, *choices):
        return self.luck.choice(choices)

    def known(self, kind):
        return [name for name, of in self.names if of == kind]

    def expression(self, kind, depth):
        if depth <= 0 or self.luck.random() < 0.15:
            return self.pick(*self.leaves(kind), *self.known(kind))
        make = self.pick(getattr(self, kind), getattr(self, kind), self.conditional)
        return make(kind, depth - 1)

    @staticmethod
    def leaves(kind):
        return {
            "integer": ["1", "2", "7", "0", "n", "neg", "zero", "d.a", "list[0]", "deep.list[1][0]"],
            "number": ["1.5", "pi", "half", "2.0", "1e3", "n"],
            "text": ["'a'", "\"x y\"", "s", "empty", "quote", "csv", "num", "env", "deep.d.k", "rows[0].name"],
            "truth": ["true", "false", "yes", "no", "(nil is none)", "(missing is defined)"],
            "sequence": ["list", "[1, 2]", "nothing", "[]", "deep.list[1]", "[n, 0, -1]"],
            "texts": ["words", "['x', 'y']", "['']", "csv.split(',')"],
            "mapping": ["d", "{'k': 1}", "deep.d", "dict(x=1, y='z')", "rows[1]"],
        }[kind]

    def conditional(self, kind, depth):
        return (f"({self.expression(kind, depth)} if {self.expression('truth', depth)}"
                f" else {self.expression(kind, depth)})")

    def integer(self, _, depth):
        e = lambda kind: self.expression(kind, depth)
        return self.pick(
            lambda: f"({e('integer')} {self.pick('+', '-', '*', '//', '%')} {e('integer')})",
            lambda: f"(-{e('integer')})",
            lambda: f"{self.pick('2', '3', '(-2)')} ** {self.pick('0', '1', '2', '3')}",
            lambda: f"({e('text')} | length)", lambda: f"({e('sequence')} | count)",
            lambda: f"({e('sequence')} | sum)",
            lambda: f"(({e('sequence')} + [2]) | {self.pick('max', 'min', 'first', 'last')})",
            lambda: f"({e('text')} | int({self.pick('', '5', '-1')}))",
            lambda: f"({e('number')} | int)", lambda: f"({e('integer')} | abs)",
            lambda: f"({e('sequence')} + [5, 6])[{self.pick('0', '-1', '1')}]",
            lambda: f"({e('mapping')}.get('{self.pick('a', 'k', 'q')}', {e('integer')}))",
            lambda: f"(rows | {self.pick('map', 'map')}(attribute='size') | sum)")()

    def number(self, _, depth):
        e = lambda kind: self.expression(kind, depth)
        return self.pick(
            lambda: f"({e('number')} {self.pick('+', '-', '*', '/')} {e('number')})",
            lambda: f"({e('integer')} / {e('integer')})",
            lambda: f"({e('number')} | round({self.pick('', '1', '2')}))",
            lambda: f"({e('number')} | round(1, '{self.pick('floor', 'ceil', 'common')}'))",
            lambda: f"({e('text')} | float({self.pick('', '0.5')}))", lambda: f"({e('number')} | abs)")()

    def text(self, _, depth):
        e = lambda kind: self.expression(kind, depth)
        return self.pick(
            lambda: f"({e('text')} {self.pick('+', '~')} {e('text')})",
            lambda: f"({e('integer')} ~ {e('sequence')})", lambda: f"({e('text')} * {self.pick('0', '2')})",
            lambda: f"({e('text')} | {self.pick('upper', 'lower', 'title', 'trim', 'string', 'urlencode')})",
            lambda: f"({e('text')} | replace({self.pick(chr(39) + 'l' + chr(39), 's')}, {e('text')}))",
            lambda: f"({e('texts')} | join({self.pick('', chr(39) + '-' + chr(39))}))",
            lambda: f"({e('sequence')} | join(', '))", lambda: f"({e('mapping')} | tojson)",
            lambda: f"({e('sequence')} | tojson)", lambda: f"({e('text')} | tojson)",
            lambda: f"(({e('texts')} + ['m']) | {self.pick('first', 'last', 'min', 'max')})",
            lambda: f"({e('text')} ~ 'q')[{self.pick('0', '-1', '1:', ':2', '::-1', '1:3')}]",
            lambda: f"({e('text')}.{self.pick('upper()', 'lower()', 'strip()', chr(114) + 'eplace(' + repr('o') + ', ' + repr('0') + ')')})",
            lambda: f"({self.pick('missing', 'd.q', 'nil', 'empty')} | default({e('text')}{self.pick('', ', true')}))",
            lambda: f"({e('text')} | indent({self.pick('2', '4, true')}))",
            lambda: f"({e(self.pick('integer', 'number', 'truth', 'mapping'))} | string)")()

    def truth(self, _, depth):
        e = lambda kind: self.expression(kind, depth)
        test = self.pick("none", "string", "number", "integer", "float", "boolean", "sequence", "iterable",
                         "mapping", "true", "false")
        return self.pick(
            lambda: f"({e('truth')} {self.pick('and', 'or')} {e('truth')})", lambda: f"(not {e('truth')})",
            lambda: f"({e('integer')} {self.pick('<', '<=', '>', '>=', '==', '!=')} {e('number')})",
            lambda: f"({e('text')} {self.pick('<', '==', '!=', '>')} {e('text')})",
            lambda: f"({e('text')} {self.pick('in', 'not in')} {e('text')})",
            lambda: f"({e('integer')} {self.pick('in', 'not in')} {e('sequence')})",
            lambda: f"('{self.pick('a', 'k')}' in {e('mapping')})",
            lambda: f"({e(self.pick('integer', 'number', 'text', 'truth', 'sequence', 'mapping'))} is {self.pick('', 'not ')}{test})",
            lambda: f"({e('integer')} is {self.pick('even', 'odd', 'divisibleby 3', 'eq 2', 'lt 3', 'ge 1')})",
            lambda: f"({e('text')}.{self.pick('startswith', 'endswith')}({e('text')}))",
            lambda: f"({e('sequence')} {self.pick('==', '!=')} {e('sequence')})",
            lambda: f"(1 < {e('integer')} <= 7)")()

    def sequence(self, _, depth):
        e = lambda kind: self.expression(kind, depth)
        return self.pick(
            lambda: f"[{e('integer')}, {e('integer')}]", lambda: f"({e('sequence')} + {e('sequence')})",
            lambda: f"({e('sequence')} | {self.pick('sort', 'sort(reverse=true)', 'unique | list', 'list')})",
            lambda: f"({e('sequence')} | {self.pick('select', 'reject')}('{self.pick('odd', 'even')}') | list)",
            lambda: f"({e('sequence')} | map('{self.pick('abs', 'int')}') | list)",
            lambda: f"{e('sequence')}[{self.pick('1:', ':-1', '::2', '::-1')}]",
            lambda: f"(range({self.pick('3', '1, 4', '6, 0, -2')}) | list)",
            lambda: f"(rows | {self.pick('selectattr', 'rejectattr')}('on') | map(attribute='size') | list)",
            lambda: f"(rows | selectattr('size', 'gt', {e('integer')}) | map(attribute='size') | list)")()

    def texts(self, _, depth):
        e = lambda kind: self.expression(kind, depth)
        return self.pick(
            lambda: f"[{e('text')}, {e('text')}]", lambda: f"({e('text')}.split({self.pick('', repr(','), repr('l'))}))",
            lambda: f"({e('texts')} | map('{self.pick('upper', 'lower', 'trim', 'length')}') | map('string') | list)",
            lambda: f"({e('texts')} | {self.pick('sort', 'sort(case_sensitive=true)', 'unique | list')})",
            lambda: f"({e('mapping')}.keys() | list)", lambda: f"(rows | sort(attribute='name') | map(attribute='name') | list)")()

    def mapping(self, _, depth):
        e = lambda kind: self.expression(kind, depth)
        return self.pick(lambda: f"{{'k': {e('integer')}, 'l': {e('text')}}}", lambda: f"{{'q': {e('sequence')}}}",
                         lambda: f"dict(x={e('integer')}, y={e('text')})")()

    KINDS = ["integer", "number", "text", "truth", "sequence", "texts", "mapping"]

    def template(self, depth):
        return "".join(self.piece(depth) for _ in range(self.luck.randint(1, 3)))

    def piece(self, depth):
        e = lambda kind: self.expression(kind, depth)
        out = lambda: "{{ " + e(self.pick(*self.KINDS)) + " }}"
        dash = lambda: self.pick("", "", "-")
        roll = self.luck.random()
        if roll < 0.5 or depth < 2:
            return self.pick("", "a ", "\n", " b\n") + out()
        if roll < 0.65:
            return (f"{{%{dash()} if {e('truth')} {dash()}%}} {out()} {{%{dash()} elif {e('truth')} %}}"
                    f"{out()}{{% else {dash()}%}}\n{out()}{{% endif %}}")
        if roll < 0.85:
            kind, item = self.pick(("sequence", "integer"), ("texts", "text"))
            name = f"v{len(self.names)}"
            source = e(kind)
            self.names.append((name, item))
            body = self.pick("{{ loop.index }}:", "{{ loop.first }}", "{{ loop.length - loop.index0 }} ", "") + out()
            keep = f" if {self.expression('truth', depth - 1)}" if self.luck.random() < 0.3 else ""
            self.names.pop()
            return f"{{% for {name} in {source}{keep} {dash()}%}} {body} {{% else %}}none{{%{dash()} endfor %}}"
        kind = self.pick("integer", "text", "sequence")
        name = f"w{self.luck.randint(0, 9)}"
        value = e(kind)
        self.names.append((name, kind))
        after = out()
        self.names.pop()
        return self.pick(f"{{% set {name} = {value} %}}{after}{{{{ {name} }}}}",
                         f"{{# {kind} #}}{{% raw %}}{{{{ {kind} }}}}{{% endraw %}}")


def main():
    count, target = int(sys.argv[1]), sys.argv[2]
    grammar = Grammar(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.filters["tojson"] = lambda value: str(
        jinja2.utils.htmlsafe_json_dumps(value, sort_keys=True))
    rows, seen = [], set()
    warnings.simplefilter("ignore", SyntaxWarning)
    while len(rows) < count:
        text = grammar.template(grammar.luck.randint(1, 3))
        if text in seen or len(text) > 600:
            continue
        seen.add(text)
        try:
            rows.append({"template": text, "text": environment.from_string(text).render(CONTEXT)})
        except Exception:  # of whatever kind: what counts is that it is one
            rows.append({"template": text, "error": True})
    lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
    with open(target, "w", encoding="utf-8") as out:
        out.write('{"context": ' + json.dumps(CONTEXT) + ',\n "rows": [\n' + lines + "\n ]}\n")
    errors = sum("error" in row for row in rows)
    print(f"{target}: {count} templates, {errors} of them errors, by Jinja {jinja2.__version__}")


if __name__ == "__main__":
    main()
