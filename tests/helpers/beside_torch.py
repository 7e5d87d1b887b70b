"""One program through eager Python, through torch alone and through vartrack, held side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
import torch._dynamo
from places import PLACES, Counting, standing
from torch._dynamo.exc import InternalTorchDynamoError, TorchDynamoException

import vartrack
from vartrack import Registry, extras

#: From best to worst. What cannot be compiled in one piece is told from what gives a wrong answer.
RANKS = ("right", "refused", "crashed", "wrong")

Program = Callable[[torch.Tensor, Any], Any]
Values = Callable[[], Iterable[Any]]


class Outcome(NamedTuple):
    """What came of compiling a program and calling it with one value after the other."""

    status: str
    graphs: int
    detail: str = ""

    @property
    def rank(self) -> int:
        """How bad it is; 0 is best."""
        return RANKS.index(self.status)


def plain(value: Any) -> Any:
    """What a result looks like: type and content all the way down, without addresses."""
    if isinstance(value, torch.Tensor):
        return type(value), value.dtype, tuple(value.shape), repr(value.detach().tolist())
    if isinstance(value, (list, tuple)):
        return type(value), [plain(item) for item in value]
    if isinstance(value, dict):
        return type(value), [(plain(key), plain(item)) for key, item in value.items()]
    if isinstance(value, (set, frozenset)):
        return type(value), sorted(repr(plain(item)) for item in value)
    return type(value), repr(value).partition(" at 0x")[0]


def _called(run: Program, value: Any) -> Any:
    try:
        return plain(run(torch.arange(4.0), value))
    except TorchDynamoException:
        raise
    except Exception as error:
        return "raised", type(error)


def outcome(
    registry: Registry | None,
    program: Program,
    values: Values,
    place: str = "argument",
    fullgraph: bool = True,
) -> Outcome:
    """Compile ``program`` and call it with each of ``values``, put in ``place``.

    Args:
        registry: what to build with; None for torch's own builder.
        program: takes a tensor and the value.
        values: gives the values anew, so that what a call does to one is seen by its like alone.
        place: one of `PLACES`.
        fullgraph: whether a graph break counts as a refusal.
    """
    torch._dynamo.reset()
    backend = Counting()
    with vartrack.use(registry):
        # what is compiled adds 1 to the tensor, so that there is always a graph to be counted
        run = standing(place, lambda x, value: (x + 1, program(x, value)), backend, fullgraph)
        for call, (one, other) in enumerate(zip(values(), values(), strict=True), 1):
            wanted = _called(lambda x, value: (x + 1, program(x, value)), other)
            try:
                got = _called(run, one)
            except TorchDynamoException as error:
                inside = isinstance(error, InternalTorchDynamoError)
                status = "crashed" if inside else "refused"
                return Outcome(status, backend.graphs, f"call {call}: {error}")
            if got != wanted:
                status = "crashed" if got[0] == "raised" else "wrong"
                return Outcome(status, backend.graphs, f"call {call}: {got} instead of {wanted}")
            if (before := plain(one)) != (wanted := plain(other)):
                detail = f"after call {call}: {before} instead of {wanted}"
                return Outcome("wrong", backend.graphs, detail)
    return Outcome("right", backend.graphs)


def assert_right(registry: Registry, program: Program, values: Values) -> None:
    """Check that ``program`` is right in every place and with breaks, and costs no more graphs.

    Where torch alone is right as well, it takes at least as many graphs.
    """
    for place in PLACES:
        ours = outcome(registry, program, values, place)
        assert ours.status == "right", f"as {place}: {ours}"
    assert outcome(registry, program, values, fullgraph=False).status == "right"
    ours, alone = outcome(registry, program, values), outcome(None, program, values)
    assert alone.status != "right" or ours.graphs <= alone.graphs, (ours, alone)


def assert_refused(registry: Registry, program: Program, values: Values, text: str) -> None:
    """Check that ``program`` is refused with ``text``, torch alone cannot do it, and breaks do."""
    ours = outcome(registry, program, values)
    assert ours.status == "refused", ours
    assert text in ours.detail, ours.detail
    assert outcome(None, program, values).status != "right"
    for place in PLACES:
        broken = outcome(registry, program, values, place, fullgraph=False)
        assert broken.status == "right", f"as {place}: {broken}"


def registry_with(*names: str) -> Registry:
    """A registry with the extras called ``names``."""
    registry = vartrack.stock.derive("beside torch")
    for name in names:
        extras.load(name).register(registry)
    return registry
