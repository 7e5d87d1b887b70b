"""A text with a constant in it that is only carried is made when the graph has run."""

from __future__ import annotations

import datetime
import decimal
import fractions
import ipaddress
import pathlib
import string
import uuid
from typing import Any

import numpy as np
import pandas as pd
import pydantic
import pytest
import torch
from beside_torch import Program, outcome, registry_with
from places import PLACES, Counting
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import extras

pytestmark = pytest.mark.usefixtures("fresh")

NAMES = ("numpy", "pandas", "stdlib")
STOCK = registry_with(*NAMES)
SOUND = vartrack.sound.derive("sound and thrift with constants")
for name in (*NAMES, "thrift"):
    extras.load(name).register(SOUND)

#: Values of types that torch puts into a text when the graph has run.
VALUES: dict[str, list[Any]] = {
    "Decimal": [decimal.Decimal(n) / 3 for n in range(4)],
    "date": [datetime.date(2020, 1, n) for n in range(1, 5)],
    "datetime": [datetime.datetime(2020, 1, n, 3) for n in range(1, 5)],
    "timedelta": [datetime.timedelta(seconds=n) for n in range(4)],
    "UUID": [uuid.UUID(int=n) for n in range(4)],
    "Fraction": [fractions.Fraction(n, 7) for n in range(4)],
    "path": [pathlib.PurePosixPath(f"/a/{n}") for n in range(4)],
    "address": [ipaddress.ip_address(f"10.0.0.{n}") for n in range(4)],
    "Timestamp": [pd.Timestamp(2020, 1, n) for n in range(1, 5)],
    "datetime64": [np.datetime64(n, "s") for n in range(4)],
}


def stored(x: torch.Tensor, v: Any) -> Any:
    log: dict[str, Any] = {}
    log["at"] = f"<{v}>"
    return log


def not_raised(x: torch.Tensor, v: Any) -> Any:
    if x.shape[0] > 9:
        raise ValueError(f"too many for {v}")
    return x


CARRIED: dict[str, Program] = {
    "alone": lambda x, v: f"{v}",
    "in a text": lambda x, v: f"at {v}",
    "twice": lambda x, v: f"{v} and {v}, {x.shape[0]} each",
    "format": lambda x, v: "{} it is".format(v),  # noqa: UP032
    "stored": stored,
    "not raised": not_raised,
}
#: What needs the text while tracing.
NEEDED: dict[str, Program] = {
    "method": lambda x, v: f"<{v}>".upper(),
    "length": lambda x, v: x * len(f"<{v}>"),
    "compared": lambda x, v: x + 1 if f"{v}" == "1" else x - 1,
    "part": lambda x, v: "1" in f"{v}",
    "joined": lambda x, v: "/".join([f"{v}", "a"]),
}


@pytest.mark.parametrize("registry", [STOCK, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("use", CARRIED)
@pytest.mark.parametrize("kind", VALUES)
def test_a_text_that_is_carried_takes_one_graph(
    kind: str, use: str, registry: vartrack.Registry
) -> None:
    for place in PLACES if kind == "Decimal" else ("argument",):
        found = outcome(registry, CARRIED[use], lambda: VALUES[kind], place)
        assert found == ("right", 1, ""), place


@pytest.mark.parametrize("registry", [STOCK, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("use", NEEDED)
@pytest.mark.parametrize("kind", VALUES)
def test_a_text_that_is_needed_guards_the_value(
    kind: str, use: str, registry: vartrack.Registry
) -> None:
    assert outcome(registry, NEEDED[use], lambda: VALUES[kind]).status == "right"
    loose = outcome(registry, NEEDED[use], lambda: VALUES[kind], fullgraph=False)
    assert loose.status == "right"


def test_what_may_fail_is_tried_where_the_program_catches_it() -> None:
    def tried(x: torch.Tensor, v: Any) -> Any:
        try:
            return f"{v:%Y}"
        except (TypeError, ValueError):
            return "none"

    dates = VALUES["date"]
    assert outcome(STOCK, tried, lambda: [dates[0], decimal.Decimal(1), dates[1]]).status == "right"
    assert outcome(STOCK, lambda x, v: f"{v:%Y-%d}", lambda: dates) == ("right", 1, "")


class Odd:
    """A value whose text the user wrote."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Odd) and other.number == self.number

    def __hash__(self) -> int:
        return hash(self.number)

    def __str__(self) -> str:
        return f"number {self.number}"


def test_a_text_that_the_user_wrote_is_traced() -> None:
    class Odds(vartrack.ConstantVisitor):
        types = (Odd,)

    registry = vartrack.stock.derive("odd")
    registry.register(Odds)
    values = [Odd(1), Odd(2), Odd(1)]
    for use in CARRIED.values():
        assert outcome(registry, use, lambda: values).status == "right"


def test_the_text_of_an_object_that_shows_where_it_is_is_that_of_the_object() -> None:
    templates = [string.Template("a $b"), string.Template("c $d")]
    held = templates * 2

    def texts(x: torch.Tensor, v: Any) -> Any:
        return str(v), str(v) == repr(v), f"{v}", len(str(v))

    found = outcome(STOCK, lambda x, v: texts(x, held[0]), lambda: [0, 0])
    assert found == ("right", 1, "")

    torch._dynamo.reset()
    with vartrack.use(STOCK):
        compiled = torch.compile(texts, backend="eager", fullgraph=True)
        for template in held:
            assert compiled(torch.ones(1), template) == texts(torch.ones(1), template)


class Settings(pydantic.BaseModel):
    """A model, which is a snapshot."""

    rate: float = 0.5
    sizes: list[int] = []


def test_a_text_of_a_snapshot_waits_as_well() -> None:
    backend = Counting()
    with vartrack.use(registry_with("pydantic")):

        def told(x: torch.Tensor, v: Any) -> Any:
            text = f"with {v}"
            v.rate = v.rate + 1
            return x + 1, text

        compiled = torch.compile(told, backend=backend, fullgraph=True)
        for sizes in ([], [1], [2, 3]):
            value, same = Settings(sizes=sizes), Settings(sizes=sizes)
            assert compiled(torch.ones(1), value) == told(torch.ones(1), same)
            assert value == same
    assert backend.graphs == 1


def test_a_text_of_a_snapshot_that_was_changed_is_refused() -> None:
    with vartrack.use(registry_with("pydantic")):

        def told(x: torch.Tensor, v: Any) -> Any:
            v.rate = 2.5
            return x + 1, f"with {v}"

        compiled = torch.compile(told, backend="eager", fullgraph=True)
        with pytest.raises(Unsupported, match="has changed before"):
            compiled(torch.ones(1), Settings())
        torch._dynamo.reset()
        value = Settings()
        assert (
            torch.compile(told, backend="eager")(torch.ones(1), value)[1]
            == "with rate=2.5 sizes=[]"
        )


class Told:
    """A value of which the user wrote all texts."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Told) and other.number == self.number

    def __hash__(self) -> int:
        return hash(self.number)

    def __repr__(self) -> str:
        return f"Told({self.number})"

    def __str__(self) -> str:
        if self.number == FORBIDDEN:
            raise ValueError(self.number)
        return f"{PREFIX} {self.number}"


PREFIX, FORBIDDEN = "number", 99


class Counted(Told):
    """One that counts how often it was asked."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.asked = 0

    def __repr__(self) -> str:
        return f"Counted({self.number}, {self.asked})"

    def __str__(self) -> str:
        self.asked += 1
        return super().__str__()


def after_a_change(x: torch.Tensor, v: Any) -> Any:
    global PREFIX
    PREFIX = "no"
    text = f"<{v}>"
    PREFIX = "number"
    return text


def needed_after_a_change(x: torch.Tensor, v: Any) -> Any:
    global PREFIX
    text = f"<{v}>"
    PREFIX = "no"
    x = x + len(text)
    PREFIX = "number"
    return x


def after_another(x: torch.Tensor, v: Any) -> Any:
    global FORBIDDEN
    FORBIDDEN = 99
    return f"<{v}>"


def in_a_block(x: torch.Tensor, v: Any) -> Any:
    try:
        return f"<{v}>"
    except ValueError:
        return "none"


@pytest.mark.parametrize("base", [vartrack.ConstantVisitor, vartrack.SnapshotVisitor])
@pytest.mark.parametrize("cls", [Told, Counted])
def test_a_text_in_code_of_the_users_waits_while_nothing_has_changed(
    cls: type[Any], base: type[Any]
) -> None:
    registry = vartrack.stock.derive("told")
    options = {"key": staticmethod(lambda value: value.number)}
    registry.register(type("Values", (base,), {"types": (cls,), **options}))
    values = lambda: [cls(1), cls(2), cls(3)]  # noqa: E731
    if cls is Told:
        for place in PLACES:
            assert outcome(registry, CARRIED["in a text"], values, place) == ("right", 1, "")
        for name in ("stored", "not raised"):
            assert outcome(registry, CARRIED[name], values) == ("right", 1, "")
    failing = lambda: [cls(1), cls(99), cls(2)]  # noqa: E731
    # what counts cannot be traced, and is evaluated as it would be before the change
    others = (after_a_change, needed_after_a_change, in_a_block) if cls is Told else ()
    for use in (*others, after_another):
        for given in (values, failing) if use is in_a_block else (values,):
            assert outcome(registry, use, given).status in ("right", "refused"), use
            assert outcome(registry, use, given, fullgraph=False).status == "right", use
    counted = outcome(registry, lambda x, v: (f"{v}", v.number), values, fullgraph=False)
    assert counted.status == "right"
