"""Writes the page on what the doctor says of each known release if it is taken for unknown.

    python docs/make/unknown_releases_page.py ENVIRONMENT... > docs/project/unknown-releases.md

One environment of each release, as for `.ci/other_releases.py`. What the doctor says is held
against the two torches themselves: names are looked up in both, and branches have to stand in lines
that differ between the two builders.
"""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from vartrack.doctor import branches
from vartrack.doctor.branches import Branch
from vartrack.doctor.findings import Finding

__all__ = ["COLUMNS", "row"]

#: The columns of the table: what the doctor calls a kind of finding or, of branches, why.
COLUMNS = {
    "names": ("name",),
    "calls": ("signature",),
    "guards, hooks, tracer, face": ("guard", "hook", "protocol", "face"),
    "classes": ("class",),
    "settings": ("setting",),
    "new": ("is new",),
    "gone": ("is gone",),
    "in another function": ("was in",),
    "asks something else": ("asks something else",),
    "does something else": ("does something else",),
    "in another place": ("is asked in another place",),
}

_HEAD = """\
# Releases taken for unknown

<!-- made by docs/make/unknown_releases_page.py -->

`python -m vartrack doctor --without RELEASE` leaves out the evidence of a release, as if it was not
known. On each known release it then says what a user would have seen on the day when that release
came out: what drifted since the one before it; of 2.10, since 2.11. With their evidence the doctor
finds nothing on any of them.
"""

_BRANCHES = """\
The columns from *new* on are about branches of torch's builder. A function that is new or gone as a
whole counts once. What the doctor finds is held against the two torches themselves. *Borne out* are
names that one has and the other has not, signatures that differ, classes and settings that are
written otherwise, branches whose lines differ, and pairs of branches in another order.
"""


def row(release: str, against: str, drift: list[Finding]) -> str:
    """The line of a release in the table, without what was borne out."""
    counts = Counter(_column(one) for one in drift)
    told = (str(sum(counts[name] for name in names) or "") for names in COLUMNS.values())
    return f"| {release} | {against} | {' | '.join(told)} | {len(drift)} |"


def _column(finding: Finding) -> str:
    """What of `COLUMNS` a finding counts for."""
    if finding.kind != "branch":
        return finding.kind
    return "was in" if finding.why.startswith("was in ") else finding.why


class Torch:
    """The torch of an environment."""

    def __init__(self, environment: Path) -> None:
        self.environment = environment
        version, file = self.python(_WHICH).split()
        self.release, self.folder = version.partition("+")[0], Path(file).parent
        self.builder = self.folder / "_dynamo" / "variables" / "builder.py"

    def python(self, code: str, *args: str) -> str:
        """What a program prints there."""
        return self.run("-c", code, *args)

    def run(self, *args: str) -> str:
        """What a command of Python prints there."""
        command = [str(self.environment / "bin" / "python"), "-W", "ignore", *args]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True).stdout

    def examined(self) -> dict[str, Any]:
        """What the doctor says of it, taken for unknown."""
        options = ("--without", self.release, "--json")
        found: dict[str, Any] = json.loads(self.run("-m", "vartrack", "doctor", *options))
        return found

    def signatures(self, names: list[str]) -> dict[str, str]:
        """From each of ``module:attribute`` that it has to a signature, if it has one."""
        found: dict[str, str] = json.loads(self.python(_SIGNATURES, *names)) if names else {}
        return found


_WHICH = """\
from importlib import metadata, util
print(metadata.version("torch"), util.find_spec("torch").origin)
"""
_SIGNATURES = """\
import functools, importlib, inspect, json, sys

found = {}
for name in sys.argv[1:]:
    place, _, base = name.partition("<")
    module, _, path = place.partition(":")
    try:
        reached = functools.reduce(getattr, path.split("."), importlib.import_module(module))
        owner = getattr(importlib.import_module(module), path.split(".")[0])
    except (ImportError, AttributeError):
        continue
    if base and base not in [each.__name__ for each in owner.__mro__]:
        continue  # it is another's now
    try:
        # one that is inherited now was another's before
        found[name] = f"{getattr(reached, '__qualname__', name)}{inspect.signature(reached)}"
    except (TypeError, ValueError):
        found[name] = ""
print(json.dumps(found))
"""
_HOMES = {
    "guard": "torch._dynamo.guards:GuardBuilder.",
    "hook": "torch._dynamo.variables.base:VariableTracker.",
    "face": "torch._dynamo.variables.builder:",
}


def not_borne_out(drift: list[Finding], now: Torch, then: Torch) -> list[Finding]:
    """Findings for which nothing differs between the two."""
    attributes = [one for one in drift if one.what.startswith(".")]
    told = [one for one in drift if one.kind in _WRITTEN]
    others = [one for one in drift if one.kind != "branch" and one not in (*attributes, *told)]
    names = {one.key: _name(one) for one in others}
    here, there = (torch.signatures(list(names.values())) for torch in (now, then))
    wrong = [
        one
        for one in others
        if one.kind != "protocol"
        and not _differ(here.get(names[one.key]), there.get(names[one.key]))
    ]
    for one in others:
        if one.kind == "protocol":
            name = one.what.rpartition(".")[2]
            texts = [(t.folder / "_dynamo" / "output_graph.py").read_text() for t in (now, then)]
            wrong += [one] if name in texts[0] or name not in texts[1] else []
    wrong += [one for one in attributes if _defines(now, one) or not _defines(then, one)]
    wrong += [one for one in told if _written(now, one) == _written(then, one)]
    differing = _Differing(now.builder, then.builder)
    return wrong + [one for one in drift if one.kind == "branch" and not differing.bears_out(one)]


def _defines(torch: Torch, attribute: Finding) -> bool:
    """Whether the file where an attribute was defined defines it in ``torch``."""
    file = attribute.why.removeprefix("it was at torch.").partition(",")[0]
    defined = rf"^\s*(def |class |self\.)?{attribute.what[1:]}\b"
    return re.search(defined, (torch.folder / file).read_text(), re.MULTILINE) is not None


def _written(torch: Torch, finding: Finding) -> set[str]:
    """What `torch` has as the class or setting that a finding is about, line by line."""
    name = finding.what.rpartition(".")[2]
    pattern = re.compile(_WRITTEN[finding.kind].format(name=name), re.MULTILINE)
    folders = (torch.folder / one for one in ("_dynamo", "compiler", "fx", "utils"))
    files = [*(file for one in folders for file in one.rglob("*.py")), torch.folder / "_guards.py"]
    return {match[0] for file in files for match in pattern.finditer(file.read_text())}


def _differ(here: str | None, there: str | None) -> bool:
    return there is not None and here != there


def _name(finding: Finding) -> str:
    """What a finding is about, as ``module:attribute``.

    Behind a ``<`` stands the class whose subclass has it, if it was looked for in that.
    """
    what = finding.what.partition(" called in ")[0]
    if finding.kind in _HOMES:
        return _HOMES[finding.kind] + what.partition(" ")[0]
    if finding.why.startswith("it was at "):
        was = finding.why.removeprefix("it was at ").partition(",")[0]
        cls, _, _ = what.partition(".")
        home, _, _ = was.partition(":")[2].rpartition(".")
        of_any = what.endswith(" of trackers")
        return was if of_any or home in ("", cls) else f"{was}<{cls}"
    return what


#: How classes and settings are written: down to the first method, and to the next empty line.
_WRITTEN = {
    "class": r"^class {name}\b(?:.*\n)+?(?= *def |\n\n)",
    "setting": r"^{name}\b[^=\n]*=(?:.+\n)+",
}


class _Builder:
    """A builder of torch's: its branches, and the text of each function."""

    def __init__(self, file: Path) -> None:
        self.branches = branches.read(file)
        self.lines = file.read_text().splitlines()
        #: From each function to its first and last line.
        self.functions: dict[str, tuple[int, int]] = {}
        #: From the line of each test to the last line of what is done then.
        self.ends: dict[int, int] = {}
        tree = ast.parse(file.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.If):
                self.ends[node.test.lineno] = node.body[-1].end_lineno or 0
            elif isinstance(node, (ast.Assign, ast.Tuple)):  # of a table
                self.ends.setdefault(node.lineno, node.end_lineno or 0)
        for owner in (tree, *(one for one in tree.body if isinstance(one, ast.ClassDef))):
            start = f"{owner.name}." if isinstance(owner, ast.ClassDef) else ""
            for one in owner.body:
                if isinstance(one, ast.FunctionDef):
                    self.functions[start + one.name] = one.lineno, one.end_lineno or 0
                    self.ends[one.lineno] = one.end_lineno or 0

    def text(self, function: str) -> list[str]:
        """The lines of a function; none if there is no such function."""
        first, last = self.functions.get(function, (1, 0))
        return self.lines[first - 1 : last]

    def of(self, function: str) -> list[Branch]:
        """The branches of a function."""
        return [branch for branch in self.branches if branch.function == function]


class _Differing:
    """Where two builders differ, line by line."""

    def __init__(self, now: Path, then: Path) -> None:
        self.now, self.then = _Builder(now), _Builder(then)

    def bears_out(self, finding: Finding) -> bool:
        """Whether something differs where ``finding`` says so."""
        function = finding.what.partition(" (")[0].partition(":")[0]
        if _column(finding) == "was in":
            old, test = finding.why.removeprefix("was in "), finding.what.partition(": ")[2]
            texts = {one.text for one in self.then.of(old)} - {one.text for one in self.now.of(old)}
            return test.rpartition(" (")[0] in texts
        if function not in self.now.functions or function not in self.then.functions:
            return finding.why in ("is new", "is gone")
        if finding.why == "is gone":
            return any(self._differs(self.then, function, one.line) for one in self._lost(function))
        line = int(finding.what.rpartition("builder.py:")[2].rstrip(")"))
        branch = next(one for one in self.now.of(function) if one.line == line)
        if finding.why == "is asked in another place":
            return self._in_another_order(function, branch.test)
        # where one test stands several times, any of them may be the one that differs
        return any(
            self._differs(side, function, one.line)
            for side in (self.now, self.then)
            for one in side.of(function)
            if one.test == branch.test
        )

    def _lost(self, function: str) -> list[Branch]:
        left = [branch.key for branch in self.now.of(function)]
        return [branch for branch in self.then.of(function) if branch.key not in left]

    def _differs(self, side: _Builder, function: str, line: int) -> bool:
        """Whether one of the lines of a branch is not in the other's function."""
        texts = self.now.text(function), self.then.text(function)
        matcher = difflib.SequenceMatcher(None, *texts, autojunk=False)
        first, last = line - side.functions[function][0], side.ends.get(line, line)
        last -= side.functions[function][0]
        for what, *ends in matcher.get_opcodes():
            start, end = ends[:2] if side is self.now else ends[2:]
            if what != "equal" and start <= last and end > first:
                return True
        return False

    def _in_another_order(self, function: str, test: str) -> bool:
        orders = [[one.test for one in side.of(function)] for side in (self.now, self.then)]
        both = set(orders[0]) & set(orders[1])
        before = [set(order[: order.index(test)]) & both for order in orders]
        return before[0] != before[1]


def page(torches: list[Torch]) -> Iterator[str]:
    """The lines of the page."""
    examined = [(torch, torch.examined()) for torch in torches]
    by_release = {torch.release: torch for torch in torches}
    yield _HEAD
    yield f"| release | held against | {' | '.join(COLUMNS)} | all | borne out |"
    yield f"|---|---|{'---|' * (len(COLUMNS) + 2)}"
    lists: dict[str, list[Finding]] = {}
    for torch, found in examined:
        drift = [
            Finding(one["kind"], one["what"], one["why"], visitors=tuple(one["visitors"]))
            for one in found["drift"]
        ]
        lists[torch.release] = drift
        wrong = not_borne_out(drift, torch, by_release[found["against"]])
        yield f"{row(torch.release, found['against'], drift)} {len(drift) - len(wrong)} |"
        for one in wrong:
            print(f"not borne out on {torch.release}: {one}", file=sys.stderr)
    yield ""
    yield _BRANCHES
    yield from _listed(lists)


def _listed(lists: dict[str, list[Finding]]) -> Iterator[str]:
    """What is no branch, one by one."""
    yield "## What is missing, one by one"
    yield ""
    yield "| release | what | how | visitors |"
    yield "|---|---|---|---|"
    for release, drift in lists.items():
        for one in drift:
            if one.kind != "branch":
                visitors = ", ".join(one.visitors[:3])
                why = one.why.partition("; it takes")[0]
                yield f"| {release} | `{one.what}` | {why} | {visitors} |"


if __name__ == "__main__":
    print("\n".join(page([Torch(Path(argument)) for argument in sys.argv[1:]])))
