"""`Program`: a value, uses of it in a function that is compiled, and changes between the calls."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import hypothesis.strategies as st

from random_programs.changes import draw_changes
from random_programs.uses import draw_uses
from random_programs.values import ROOT, Value, draw_value

__all__ = ["Drawn", "Program", "draw_used", "programs"]


@dataclass(frozen=True)
class Place:
    """Where the value stands.

    Attributes:
        head: the program up to the compiled function, with ``$value`` and ``$body``.
        inside: how the value is reached in the compiled function.
        outside: how it is reached by what changes it.
        call: the call.
    """

    head: str
    inside: str
    outside: str
    call: str


_PLACES = {
    "argument": Place("v = $value\ndef use(x, v):\n$body\nrun = wrap(use)", "v", "v", "run(x, v)"),
    "keyword": Place(
        "v = $value\ndef use(x, *, v):\n$body\nrun = wrap(use)", "v", "v", "run(x, v=v)"
    ),
    "global": Place("v = $value\ndef use(x):\n$body\nrun = wrap(use)", "v", "v", "run(x)"),
    "closure": Place(
        "def enclosing(v):\n    def use(x):\n$$body\n    return use\n"
        "use = enclosing($value)\nrun = wrap(use)",
        "v",
        "use.__closure__[0].cell_contents",
        "run(x)",
    ),
    "default": Place(
        "def use(x, v=$value):\n$body\nrun = wrap(use)", "v", "use.__defaults__[0]", "run(x)"
    ),
    "item": Place(
        "held = {'v': $value}\ndef use(x):\n$body\nrun = wrap(use)",
        "held['v']",
        "held['v']",
        "run(x)",
    ),
    "attribute": Place(
        "class Holder: pass\nholder = Holder()\nholder.v = $value\ndef use(x, holder):\n$body\nrun = wrap(use)",
        *("holder.v", "holder.v", "run(x, holder)"),
    ),
    "module": Place(
        "class Model(nn.Module):\n    def forward(self, x):\n$$body\nmodel = Model()\n"
        "model.v = $value\nrun = wrap(model)",
        *("self.v", "model.v", "run(x)"),
    ),
    "twice": Place(
        "v = $value\ndef use(x, v, w):\n$body\nrun = wrap(use)", "v", "v", "run(x, v, v)"
    ),
}


@dataclass(frozen=True)
class Program:
    """A program in pieces: what is run first, the call, and each change after which it is repeated.

    Attributes:
        head: what is run first.
        call: the call.
        changes: what happens before the next call.
        apart: whether the call gives a list of results of which each is looked at by itself.
    """

    head: str
    call: str
    changes: tuple[str, ...]
    apart: bool = False

    @property
    def pairs(self) -> int:
        """How many pairs of calls there are with a change between them."""
        return len(self.changes)

    def __str__(self) -> str:
        lines = [self.head, f"def once(): return {self.call}", "call(once)"]
        for change in self.changes:
            lines += [change, "call(once)"]
        return "\n".join(lines)


@dataclass(frozen=True)
class Drawn:
    """A value that was drawn, what is done with it and what happens to it, wherever it may stand.

    Attributes:
        value: the value.
        lines: what is done with it, which `ROOT` stands for.
        results: the names of what that gives.
        changes: what happens to it, each with the definitions that it needs.
    """

    value: Value
    lines: tuple[str, ...]
    results: tuple[str, ...]
    changes: tuple[tuple[str, ...], ...]

    @property
    def blocks(self) -> list[str]:
        """The definitions that come first."""
        blocks = [block for node in self.value.nodes for block in node.kind.blocks]
        blocks += [block for change in self.changes for block in change[1:]]
        return [block.strip("\n") for block in blocks]


def draw_used(draw: st.DrawFn) -> Drawn:
    """Any value with uses and changes."""
    value = draw_value(draw)
    lines, used = draw_uses(draw, value.nodes)
    results = [f"u{number}" for number in range(sum("def " not in use for use in lines) and 3)]
    results = [name for name in results if any(f"{name} = " in line for line in lines)]
    changes = draw_changes(draw, value.nodes, used)
    return Drawn(value, tuple(lines), tuple(results), tuple(changes))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Any program."""
    place = _PLACES[draw(st.sampled_from(list(_PLACES)))]
    drawn = draw_used(draw)
    lines = [*drawn.lines, f"return x + 1, {', '.join(drawn.results)},"]
    if "w" in place.call and place.call.endswith("v, v)"):
        lines[-1] += " w is " + place.inside
    body = "\n".join(lines).replace(ROOT, place.inside)
    head = place.head.replace("$value", drawn.value.text)
    head = head.replace("$$body", textwrap.indent(body, " " * 8))
    head = head.replace("$body", textwrap.indent(body, " " * 4))
    before = "\n".join((*dict.fromkeys(drawn.blocks), *drawn.value.before))
    return Program(
        f"{before}\n{head}",
        f"{place.call}, {place.outside}",
        tuple(change[0].replace(ROOT, place.outside) for change in drawn.changes),
    )
