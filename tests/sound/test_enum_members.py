"""Members of enums with special methods of the program's: what those read is guarded."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain

import vartrack
from vartrack.compat import runs_on

pytestmark = [
    pytest.mark.usefixtures("fresh"),
    pytest.mark.skipif(runs_on("<2.13"), reason="members are constants to torch up to 2.12"),
]

X = torch.ones(2)
limit = 1


class Level(enum.Enum):
    LOW = 1
    HIGH = 2

    def __bool__(self) -> bool:
        return limit > self.value

    def __str__(self) -> str:
        return f"{self.name} of {limit}"

    def __format__(self, spec: str) -> str:
        return f"<{limit}{spec}>"

    def __eq__(self, other: object) -> bool:
        return self is other or limit > 5

    def __hash__(self) -> int:
        return 4

    def __index__(self) -> int:
        return limit

    def __invert__(self) -> int:
        return -limit


class Step(enum.IntEnum):
    FIRST = 1
    SECOND = 2

    def __str__(self) -> str:
        return self.name.lower()


USES: dict[str, Callable[[Any], Any]] = {
    "truth": lambda v: (1 if v else 2, not v, bool(v), v or 5, any([v]), all([v])),
    "truth of each": lambda v: ([n for n in (1, 2) if v], list(filter(None, [v]))),
    "a text": lambda v: (f"{v}", f"{v:>3}", "{}".format(v), format(v, ""), str(v)),  # noqa: UP032
    "a text by %": lambda v: ("%s" % v, "%s-%d %%" % (v, 3), "%5s|%r" % (v, 2)),  # noqa: UP031
    "a search": lambda v: ([3, Level.LOW, v].index(v), v in (Level.LOW,), [Level.LOW].count(v)),
    "another member": lambda v: (f"{Level.LOW}", 1 if Level.LOW else 2, f"{Level(1)}"),
    "in C": lambda v: ([0, 1, 2, 3, 4, 5, 6, 7][v], hex(v), ~v, [*range(v)]),
    "nothing of its own": lambda v: (v.name, v.value, v is Level.HIGH, isinstance(v, Level), [v]),
    "a member that is made": lambda v: (Level(v.value), Level["LOW"], {v: 1}),
}


def outcomes(use: Callable[[Any], Any], registry: Any, compiled: bool = True) -> list[Any]:
    global limit
    torch._dynamo.reset()
    run: Any = lambda x, v: (x + 1, use(v))  # noqa: E731
    run = torch.compile(run, backend="eager") if compiled else run
    given = []
    with vartrack.use(registry):
        for limit in (1, 2, 7, 1):
            given.append([plain(run(X, member)) for member in Level])
    return given


@pytest.mark.parametrize("name", USES)
def test_what_the_methods_read_is_guarded(name: str) -> None:
    assert outcomes(USES[name], vartrack.sound) == outcomes(USES[name], None, compiled=False)


def test_a_number_that_is_a_member_is_an_index() -> None:
    """torch asks it for its index without end."""

    def run(x: torch.Tensor, step: Step) -> Any:
        return x * [5, 6, 7][step], f"{step.value}"

    with vartrack.use(vartrack.sound):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        for step in Step:
            assert plain(compiled(X, step)) == plain(run(X, step))


class Count(enum.IntEnum):
    ONE = 1
    FOUR = 4

    def __bool__(self) -> bool:
        return limit > self.value


TRUTHS: dict[str, Callable[[Any], Any]] = {
    "if": lambda count: 2 if count else 3,
    "and": lambda count: (count and 5) == 5,
    "not": lambda count: not count,
    "bool": bool,
    "as a number": lambda count: count + 1,
}


@pytest.mark.parametrize("name", TRUTHS)
def test_the_truth_of_a_number_that_is_a_member(name: str, monkeypatch: Any) -> None:
    compiled = torch.compile(lambda x, v: x + TRUTHS[name](v), backend="eager", fullgraph=True)
    with vartrack.use(vartrack.sound):
        for now in (2, 1, 5, 1):
            monkeypatch.setitem(globals(), "limit", now)
            for count in Count:
                assert torch.equal(compiled(X, count), X + TRUTHS[name](count))


class Weight(enum.IntEnum):
    """Numbers that are shown and sorted by what the program says."""

    LIGHT = 1
    HEAVY = 2

    def __str__(self) -> str:
        return f"{self.name} of {limit}"

    def __lt__(self, other: int) -> bool:
        return (int(self) < int(other)) == (limit < 3)


class Word(str, enum.Enum):
    """The same for texts."""

    SHORT = "a"
    LONG = "b"

    def __format__(self, spec: str) -> str:
        return f"{self.value}{limit}{spec}"

    def __repr__(self) -> str:
        return f"{self.name}/{limit}"

    def __lt__(self, other: str) -> bool:
        return (self.value < str.__str__(other)) == (limit < 3)


class Rule:
    """A constant of pytree."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and self.number == other.number

    def __hash__(self) -> int:
        return self.number

    def __len__(self) -> int:
        return max(limit - self.number, 0)

    def __str__(self) -> str:
        return f"{self.number} of {limit}"

    def __lt__(self, other: Rule) -> bool:
        return (self.number < other.number) == (limit < 3)


torch.utils._pytree.register_constant(Rule)

ASKED_ITSELF: dict[str, Callable[[Any, Any], Any]] = {
    "a text": lambda v, w: (f"{v}", f"{v!r:>9}", str(w)),
    "a text with a spec": lambda v, w: f"{v!s:<12}{w}",
    "a text by format": lambda v, w: "{}|{a!r}".format(v, a=w),  # noqa: UP032
    "a text by the function": lambda v, w: (format(v), format(w, "")),
    "a text by %": lambda v, w: ("%s" % v, "%s and %s" % (v, w)),  # noqa: UP031
    "in a text of a list": lambda v, w: (str([v]), f"{(w, 1)}"),
    "an order": lambda v, w: [each is w for each in sorted([w, v], reverse=True)],
    "an order by a key": lambda v, w: sorted([(2, w), (1, v)], key=lambda pair: pair[1])[0][0],
    "an order of tuples": lambda v, w: [n for _, n in sorted([(w, 1), (v, 2)])],
    "truth": lambda v, w: (1 if v else 2, not w, bool(v)),
}


@pytest.mark.parametrize(
    "values",
    [tuple(Weight), tuple(Word), (Rule(1), Rule(2))],
    ids=["numbers", "texts", "constants of pytree"],
)
@pytest.mark.parametrize("name", ASKED_ITSELF)
def test_what_torch_asks_itself_is_asked_again(name: str, values: Any, monkeypatch: Any) -> None:
    run: Any = lambda x, v, w: (x + 1, ASKED_ITSELF[name](v, w))  # noqa: E731
    compiled = torch.compile(run, backend="eager", fullgraph=True)
    with vartrack.use(vartrack.sound):
        for now in (1, 4, 1, 4):
            monkeypatch.setitem(globals(), "limit", now)
            assert plain(compiled(X, *values)) == plain(run(X, *values))


@pytest.mark.parametrize("name", ASKED_ITSELF)
def test_audit_tells_of_what_torch_asks_itself(name: str, monkeypatch: Any) -> None:
    use: Any = lambda x, v, w: (x + 1, ASKED_ITSELF[name](v, w))  # noqa: E731
    for values in (tuple(Weight), tuple(Word), (Rule(1), Rule(2))):
        torch._dynamo.reset()
        compiled = torch.compile(use, backend="eager", fullgraph=True)
        with vartrack.audit() as report:
            for now in (2, 2, 4):
                assert not report.stale
                monkeypatch.setitem(globals(), "limit", now)
                told = plain(compiled(X, *values))
        if told != plain(use(X, *values)):
            assert report.stale


def test_a_name_that_comes_to_be_another_members() -> None:
    class Colour(enum.Enum):
        RED = 1
        BLUE = 2

    def run(x: torch.Tensor) -> torch.Tensor:
        try:
            return x * Colour["GREY"].value
        except KeyError:
            return x + Colour["RED"].value

    compiled = torch.compile(run, backend="eager", fullgraph=True)
    members: Any = Colour._member_map_
    with vartrack.use(vartrack.sound):
        for name in ("none", "RED", "GREY"):
            members[name] = Colour.BLUE
            assert torch.equal(compiled(X), run(X))
