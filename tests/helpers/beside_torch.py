"""One program through eager Python, through torch alone and through vartrack, held side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
import torch._dynamo
from places import PLACES, Counting, standing
from torch._dynamo.exc import TorchDynamoException

import vartrack
from vartrack import Registry

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
        run = standing(place, program, backend, fullgraph)
        for call, (one, other) in enumerate(zip(values(), values(), strict=True), 1):
            wanted = _called(program, other)
            try:
                got = _called(run, one)
            except TorchDynamoException as error:
                status = "crashed" if isinstance(error, torch._dynamo.exc.InternalTorchDynamoError) else "refused"
                return Outcome(status, backend.graphs, f"call {call}: {error}")
            if got != wanted:
                status = "crashed" if got[0] == "raised" else "wrong"
                return Outcome(status, backend.graphs, f"call {call}: {got} instead of {wanted}")
            if (before := plain(one)) != (wanted := plain(other)):
                detail = f"after call {call}: {before} instead of {wanted}"
                return Outcome("wrong", backend.graphs, detail)
    return Outcome("right", backend.graphs)


def assert_no_worse(
    registry: Registry,
    program: Program,
    values: Values,
    places: Iterable[str] = PLACES,
    fullgraph: Iterable[bool] = (True, False),
) -> list[Outcome]:
    """Check that no outcome is wrong, and none worse than with torch alone, also in graphs.

    Returns:
        the outcomes with ``registry``, for each place and each of ``fullgraph``.
    """
    found = []
    for place in places:
        for whole in fullgraph:
            ours = outcome(registry, program, values, place, whole)
            alone = outcome(None, program, values, place, whole)
            where = f"as {place}, {'in one piece' if whole else 'with breaks'}"
            assert ours.status in ("right", "refused"), f"{where}: {ours}"
            assert ours.status == "right" or whole, f"{where}: {ours}"
            assert ours.rank <= alone.rank, f"{where}: {ours}, torch alone: {alone}"
            if ours.status == alone.status == "right":
                assert ours.graphs <= alone.graphs, f"{where}: {ours}, torch alone: {alone}"
            found.append(ours)
    return found
