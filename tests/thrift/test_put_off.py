"""What operators give for values that change waits until the graph has run, and is then right."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from beside_torch import Program, outcome, plain
from places import PLACES, Counting
from thrift_values import SOUND, THRIFT
from torch._dynamo import config

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

NUMBERS = (3, 7, 0, -2, 10**30)
FLOATS = (2.5, float("nan"), -0.0, float("inf"), 1e300)
TEXTS = ("a", "b", "", "abc")


def chain(x: torch.Tensor, v: Any) -> Any:
    for _ in range(5):
        v = v + v
    return v


#: What is only returned or stored, with the values that it is tried on.
WAITING: dict[str, tuple[Program, tuple[Any, ...]]] = {
    "sums": (lambda x, v: (v + 1, 1 - v, v * 2, v * 2.5, v + v), NUMBERS[:4]),
    "signs": (lambda x, v: (-v, +v, abs(v)), NUMBERS),
    "bits": (lambda x, v: (v & 6, 1 | v, v ^ 3), NUMBERS),
    "order": (lambda x, v: (v < 3, v == 7, v != 5, v <= 3), NUMBERS),
    "least": (lambda x, v: (min(v, 4), max(2, v)), NUMBERS),
    "truth": (lambda x, v: (bool(v), not v), NUMBERS),
    "flags": (lambda x, v: (v + 1, not v, v & True, v == 1), (True, False)),
    "floats": (lambda x, v: (v + 1.5, -v, v * 0.0, v == v, v < 1.0, bool(v), v + 1), FLOATS),
    "complex": (
        lambda x, v: (v + 1, 2 - v, -v, v * v, v / 2, abs(v), v == 2j),
        (1j, 2j, 0j, 3 + 1j),
    ),
    "ranges": (lambda x, v: (range(v), range(1, v, 2), {"a": range(v, v + 3)}), NUMBERS[:4]),
    "texts": (lambda x, v: (v + "x", v * 3, len(v), v == "b", v < "b", not v), TEXTS),
    "stored": (lambda x, v: [v + 1, {"a": v > 2, "b": (v * 2,)}], NUMBERS[:4]),
    "chain": (chain, NUMBERS[:4]),
    "told": (lambda x, v: (f"{v + 1} {v}", str(v * 2), repr(-v), f"{v - 1:04d}"), NUMBERS[:4]),
    "in place": (lambda x, v: _in_place(v), NUMBERS[:4]),
    "percent": (
        lambda x, v: (
            _filled("%s-%d", "a", v),
            _filled("%5d|%-5d|%05d|%+d|% i", v, v, v, v, v),
            _filled("%d%%", v),
        ),
        NUMBERS,
    ),
    "percent of flags": (lambda x, v: _filled("%d {%s} %r", v, not v, v), (True, False)),
    "percent of texts": (lambda x, v: _filled("%s|%d of %s", str(v), 3, f"{v}!"), NUMBERS),
    "digits": (lambda x, v: f"{v:.2f} {v:e} {v:>8.1f} {v:%}", FLOATS),
    "percent of digits": (lambda x, v: _filled("%.3f %g %-8.1e| %+06.1f", v, v, v, v), FLOATS),
}
#: Places to fill in whose texts a format gives otherwise, or not for all numbers.
TAKEN = ("%x", "%.3d", "%5s", "%f", "%c", "%o", "%.1s", "%#d")


def _filled(template: str, *values: Any) -> str:
    return template % values


def _in_place(v: Any) -> Any:
    v += 2
    v *= 3
    v -= 1
    return v


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("use", WAITING)
def test_what_is_only_returned_takes_one_graph(use: str, registry: vartrack.Registry) -> None:
    program, values = WAITING[use]
    for place in PLACES if use in ("sums", "texts") else ("attribute",):
        assert outcome(registry, program, lambda: values, place) == ("right", 1, ""), place


@pytest.mark.parametrize("values", [(3, 65, 12), (2.5, 3.5, 2.5), (True, False)], ids=str)
@pytest.mark.parametrize("place", TAKEN)
def test_what_has_a_text_of_its_own_is_as_on_torch(place: str, values: Any) -> None:
    def told(x: torch.Tensor, v: Any) -> Any:
        return _told(place, v)

    assert outcome(THRIFT, told, lambda: values).rank <= outcome(None, told, lambda: values).rank
    assert outcome(SOUND, told, lambda: values).status == "right"


def _told(template: str, v: Any) -> str:
    try:
        return template % v
    except TypeError:
        return "refused"


def _tried(v: Any, other: Any) -> Any:
    try:
        return v + other
    except TypeError:
        return "refused"


def _stepped(v: Any) -> Any:
    try:
        return range(0, 9, v), len(range(9, 0, v))
    except ValueError as error:
        return str(error)


def _long(v: Any) -> Any:
    for _ in range(200):
        v = v + 1
    return v


#: What the trace depends on: the answer is guarded, or the number, as on torch.
USED: dict[str, tuple[Program, tuple[Any, ...]]] = {
    "branch": (lambda x, v: x + 1 if v + 1 > 4 else x - 1, (1, 2, 5, 6)),
    "branch on text": (lambda x, v: x + 1 if len(v + "x") > 2 else x, TEXTS),
    "both": (lambda x, v: (v > 2 and v < 9, v == 3 or v), (1, 3, 5, 10)),
    "in the graph": (lambda x, v: (x * (v + 1), v + 1, str(v + 1)), (2, 3, 4, 5)),
    "complex in the graph": (lambda x, v: (x * (v * 2j).real, x * abs(v), v * 2), (1j, 2j, 3j)),
    "how many in a range": (lambda x, v: (x * len(range(1, v)), len(range(v))), (2, 3, 4, 5)),
    "a step": (lambda x, v: _stepped(v), (2, 3, 0, -4)),
    "index": (lambda x, v: [1, 2, 3, 4, 5][v + 1], (1, 2, 3)),
    "range": (lambda x, v: [x + n for n in range(v + 1)], (1, 2, 3)),
    "key": (lambda x, v: {2: "two", 3: "three"}.get(v + 1, v), (1, 2, 3)),
    "slice": (lambda x, v: x[: v + 1], (0, 1, 2)),
    "tensor": (lambda x, v: torch.full((2,), v * 2.0), (1.5, 2.5, 3.5)),
    "size": (lambda x, v: x.new_zeros(v + 1), (1, 2, 3)),
    "other types": (lambda x, v: _tried(v, 1), (1, 2.5, "a", True, None)),
    "long": (lambda x, v: _long(v), (1, 2, 3)),
    "is": (lambda x, v: (v == 1) is True, (1, 2, 1)),
    "type": (lambda x, v: (type(v + 1), isinstance(v > 1, bool)), (1, 2, 3)),
    "item": (lambda x, v: x[v - 1], (1, 2, 3)),
    "sorted": (lambda x, v: sorted([v + 1, 2, v]), (1, 2, 3)),
    "text needed": (lambda x, v: {"2": 5}.get(str(v + 1), "none"), (1, 2, 3)),
}


@pytest.mark.parametrize("use", USED)
def test_what_the_trace_depends_on_is_as_on_torch_or_better(use: str) -> None:
    program, values = USED[use]
    with config.patch(recompile_limit=20):
        alone = outcome(None, program, lambda: values)
        for registry in (THRIFT, SOUND):
            found = outcome(registry, program, lambda: values)
            assert found.rank <= alone.rank, found
            assert found.rank < alone.rank or found.graphs <= alone.graphs, found


class Counted(torch.nn.Module):
    """A module that counts, in more than one way."""

    def __init__(self) -> None:
        super().__init__()
        self.step, self.last, self.message = 0, -1, ""
        self.counts = {"step": 0}


def only_counts(m: Counted, x: torch.Tensor) -> Any:
    m.step += 1
    m.counts["step"] += 2
    m.message = f"step {m.step} of {m.counts['step']!s}"
    return x + 1


def used_afterwards(m: Counted, x: torch.Tensor) -> Any:
    m.step += 1
    return x * m.step


def used_before(m: Counted, x: torch.Tensor) -> Any:
    y = x * m.step
    m.step += 1
    return y


def old_one_used_afterwards(m: Counted, x: torch.Tensor) -> Any:
    before = m.step
    m.step = before + 1
    return x * before, m.step


def crossed(m: Counted, x: torch.Tensor) -> Any:
    m.step, m.last = m.last + 2, m.step
    return x + 1, m.step, m.last, m.step > m.last


def after_a_break(m: Counted, x: torch.Tensor) -> Any:
    later = m.step + 1
    torch._dynamo.graph_break()
    m.step = later
    return x + 1, later


#: Modules that change their numbers, with how many graphs are enough.
COUNTING = {
    only_counts: 1,
    used_afterwards: 1,
    used_before: 1,
    old_one_used_afterwards: 1,
    crossed: 1,
    after_a_break: 2,  # a number that goes into the rest of the frame is built, as on torch
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("program", COUNTING, ids=lambda program: program.__name__)
def test_a_counter_is_kept(program: Any, registry: vartrack.Registry) -> None:
    backend, got, wanted = Counting(), Counted(), Counted()
    with vartrack.use(registry):
        run = torch.compile(program, backend=backend)
        for _ in range(5):
            x = torch.ones(2)
            assert plain(run(got, x)) == plain(program(wanted, x))
            for name in ("step", "last", "message", "counts"):
                assert getattr(got, name) == getattr(wanted, name), name
    assert backend.graphs == COUNTING[program]
