"""Many values in one compiled function, each with uses, checks and changes of its own.

That is quicker than a program for each, as most of the time of a compile does not depend on how much
there is in it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import hypothesis.strategies as st

from random_programs.program import Drawn, Program, draw_used
from random_programs.values import ROOT

__all__ = ["Batch", "batches"]

#: How many values are in most functions.
_MOST = 20
#: Where a value may stand, ``$n`` being its number; and what is there before.
_PLACES = {
    "argument": "v$n",
    "global": "v$n",
    "item": "held[$n]",
    "attribute": "holder.v$n",
}
_HEAD = "class Holder: pass\nholder = Holder()\nheld = {}"
_USE = re.compile(r"\buse_(\d+)\b")


@dataclass(frozen=True)
class Member:
    """One value of many.

    Attributes:
        drawn: the value, its uses and its changes.
        place: where it stands.
    """

    drawn: Drawn
    place: str

    def text(self, number: int) -> str:
        """What makes the value, and the function that uses it."""
        where = self.where(number)
        parameter = f", {where}" if self.place == "argument" else ""
        body = "\n".join((*self.drawn.lines, f"return {', '.join(self.drawn.results)},"))
        body = textwrap.indent(body.replace(ROOT, where), " " * 4)
        made = (*self.drawn.value.before, f"{where} = {self.drawn.value.text}")
        return "\n".join((*made, f"def use_{number}(x{parameter}):", body))

    def where(self, number: int) -> str:
        """An expression that leads to the value."""
        return _PLACES[self.place].replace("$n", str(number))


@dataclass(frozen=True)
class Batch:
    """Values that are used in one function.

    Attributes:
        members: the values.
    """

    members: tuple[Member, ...]

    @property
    def values(self) -> int:
        """How many there are."""
        return len(self.members)

    @cached_property
    def pairs(self) -> int:
        """How many pairs of calls there are, counted for each value that is changed between them."""
        return sum(len(member.drawn.changes) for member in self.members)

    def __str__(self) -> str:
        return str(self.program(range(self.values)))

    def program(self, numbers: Sequence[int]) -> Program:
        """The program that uses the values of ``numbers``, and no others."""
        members = {number: self.members[number] for number in numbers}
        blocks = [block for member in members.values() for block in member.drawn.blocks]
        texts = [member.text(number) for number, member in members.items()]
        places = [member.where(number) for number, member in members.items()]
        given = [
            member.where(number) for number, member in members.items() if member.place == "argument"
        ]
        parameters = ", ".join(("x", *given))
        lines = [f"def use({parameters}):"]
        for number, member in members.items():
            own = ", ".join(("x", *[member.where(number)] * (member.place == "argument")))
            lines += [
                f"    try: r{number} = use_{number}({own})",
                f"    except Exception as error: r{number} = type(error).__name__",
            ]
        lines += [f"    return x + 1, {', '.join(f'r{number}' for number in members)},"]
        head = "\n".join((_HEAD, *dict.fromkeys(blocks), *texts, *lines, "run = wrap(use)"))
        call = f"[*zip(run({parameters})[1:], ({', '.join(places)},))]"
        return Program(head, call, self._changes(members), apart=True)

    def _changes(self, members: dict[int, Member]) -> tuple[str, ...]:
        """One change of each value before each further call, as long as there are any."""
        rounds: list[list[str]] = []
        for number, member in members.items():
            for at, change in enumerate(member.drawn.changes):
                if at == len(rounds):
                    rounds.append([])
                one = textwrap.indent(change[0].replace(ROOT, member.where(number)), " " * 4)
                # one that is impossible by now is none
                rounds[at].append(f"try:\n{one}\nexcept Exception: pass")
        return tuple("\n".join(one) for one in rounds)

    def number_in(self, text: str) -> int | None:
        """The number of the value whose use ``text``, what torch says of a refusal, is about."""
        found = _USE.findall(text)
        return int(found[-1]) if found else None


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Any values."""
    count = draw(st.sampled_from([*range(1, _MOST), *[_MOST] * (5 * _MOST)]))
    places = st.sampled_from(list(_PLACES))
    members = [Member(draw_used(draw), draw(places)) for _ in range(count)]
    return Batch(tuple(members))
