"""A hash, or a text, that is only carried or tested for its type takes no graph for each value."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import torch
from beside_torch import outcome

import vartrack

#: Those of dates are larger than torch's numbers, as a rule.
VALUES: dict[str, list[Any]] = {
    "date": [datetime.date(2024, 1, day) for day in range(1, 5)],
    "decimal": [Decimal(text) for text in ("1.5", "2.5", "-3", "1.50")],
    "fraction": [Fraction(1, 2), Fraction(3, 4), Fraction(5), Fraction(-1, 7)],
    "timedelta": [datetime.timedelta(days) for days in range(4)],
}
Use = Callable[[torch.Tensor, Any], Any]


def _stored(x: torch.Tensor, v: Any) -> Any:
    held = {"hash": hash(v), "k": 1}
    return held["k"], held["hash"]


def _caught(x: torch.Tensor, v: Any) -> Any:
    try:
        hash(v)
    except TypeError:
        return 0
    return 1


ONCE: dict[str, Use] = {
    "is not None": lambda x, v: 1 if hash(v) is not None else 0,
    "is None": lambda x, v: (hash(v) is None, None is hash(v)),
    "isinstance": lambda x, v: isinstance(hash(v), int),
    "its type": lambda x, v: type(hash(v)) is int,
    "callable": lambda x, v: callable(hash(v)),
    "returned": lambda x, v: (hash(v), v.__hash__()),
    "of a tuple": lambda x, v: (hash((v, 1)), hash(((v,), "a")) is None),
    "a tuple as a key": lambda x, v: {(v, 1): 2}[(v, 1)],
    "with itself": lambda x, v: hash(v) == hash(v),
    "stored": _stored,
    "caught": _caught,
    "a text is None": lambda x, v: 1 if f"{v}" is not None else 0,
    "a text's type": lambda x, v: (isinstance(f"{v}", str), f"{v}" is None, type(f"{v}") is str),
}
#: A graph for each answer.
ANSWERED: dict[str, Use] = {
    "compared": lambda x, v: hash(v) == hash(datetime.date(2024, 1, 2)),
    "of two": lambda x, v: hash(v) != hash((v, 1)),
    "truth": lambda x, v: 1 if hash(v) else 2,
}


def registries() -> list[vartrack.Registry]:
    found = []
    for start in (vartrack.stock, vartrack.sound):
        registry = start.derive("hashes")
        vartrack.extras.load("stdlib").register(registry)
        found.append(registry)
    return found


@pytest.mark.parametrize("kind", VALUES)
def test_one_graph_where_torch_takes_one(kind: str) -> None:
    for registry in registries():
        for name, use in ONCE.items():
            ours = outcome(registry, use, lambda: VALUES[kind])
            assert (ours.status, ours.graphs) == ("right", 1), (name, ours)


def test_an_answer_is_guarded() -> None:
    for registry in registries():
        ours = outcome(registry, ANSWERED["compared"], lambda: VALUES["date"])
        assert (ours.status, ours.graphs) == ("right", 2), ours
        ours = outcome(registry, ANSWERED["truth"], lambda: VALUES["timedelta"])
        assert (ours.status, ours.graphs) == ("right", 1 + (hash(VALUES["timedelta"][0]) == 0))


@pytest.mark.parametrize("kind", VALUES)
def test_a_number_that_is_needed_is_this_one(kind: str) -> None:
    uses: list[Use] = [
        lambda x, v: hash(v) % 16,
        lambda x, v: x + hash(v) % 7,
        lambda x, v: [10, 20, 30][hash(v) % 3],
        lambda x, v: {hash(v): 1}.get(hash(VALUES[kind][0])),
        ANSWERED["of two"],
    ]
    for registry in registries():
        for use in uses:
            assert outcome(registry, use, lambda: VALUES[kind]).status == "right"


def test_what_has_no_hash_raises_while_others_have_one() -> None:
    for registry in registries():
        ours = outcome(registry, ONCE["caught"], lambda: [Decimal(1), Decimal("sNaN"), Decimal(2)])
        assert ours.rank <= 1, ours
        ours = outcome(
            registry, ONCE["returned"], lambda: [Decimal(1), Decimal("sNaN")], fullgraph=False
        )
        assert ours.status == "right", ours


def test_what_was_set_before_is_seen() -> None:
    class Day(datetime.date):
        def __hash__(self) -> int:
            return self.number  # type: ignore[attr-defined, no-any-return]

    def use(x: torch.Tensor, v: Any) -> Any:
        number = hash(v)
        v.number = 9
        return number, hash(v)

    def days() -> list[Any]:
        found = [Day(2024, 1, 1), Day(2024, 1, 2)]
        for number, day in enumerate(found):
            day.number = number
        return found

    for registry in registries():
        assert outcome(registry, use, days).rank <= 1
