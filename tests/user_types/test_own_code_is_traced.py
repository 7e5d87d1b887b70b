"""What a method or property that the user wrote reads is guarded, as in any function."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import ConstantVisitor, Registry, SnapshotVisitor

factor = 2


def helper() -> int:
    return 3


class Model:
    scale = 5

    def __init__(self) -> None:
        self.rate = 1

    def by_global(self) -> int:
        return self.rate * factor

    def by_class(self) -> int:
        return self.rate * self.scale

    def by_function(self) -> int:
        return self.rate * helper()

    @staticmethod
    def of_nobody() -> int:
        return 1 + factor

    @classmethod
    def of_all(cls) -> int:
        return cls.scale

    @property
    def computed(self) -> int:
        return self.rate * factor

    def replaced(self) -> int:
        return self.rate


@pytest.fixture
def registry(fresh: None) -> Registry:
    registry = vartrack.stock.derive("models")
    registry.register(type("Models", (SnapshotVisitor,), {"types": (Model,)}))
    return registry


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Callable[[], None]]]:
    """What is changed between two calls."""
    yield {
        "global": lambda: monkeypatch.setitem(globals(), "factor", 7),
        "class attribute": lambda: monkeypatch.setattr(Model, "scale", 7),
        "function": lambda: monkeypatch.setitem(globals(), "helper", lambda: 7),
    }


@pytest.mark.parametrize(
    ("function", "change"),
    [
        (lambda x, v: x * v.by_global(), "global"),
        (lambda x, v: x * v.computed, "global"),
        (lambda x, v: x * v.by_class(), "class attribute"),
        (lambda x, v: x * v.by_function(), "function"),
        (lambda x, v: x * v.of_nobody(), "global"),
        (lambda x, v: x * v.of_all(), "class attribute"),
        (lambda x, v: x * (lambda method: method())(v.of_nobody), "global"),
    ],
)
def test_what_it_reads_is_guarded(
    registry: Registry,
    changed: dict[str, Callable[[], None]],
    function: Callable[..., Any],
    change: str,
) -> None:
    x, model = torch.ones(2), Model()
    with vartrack.use(registry):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for _ in range(2):
            assert torch.equal(run(x, model), function(x, model))
        changed[change]()
        assert torch.equal(run(x, model), function(x, model))
        model.rate = 4
        assert torch.equal(run(x, model), function(x, model))


def test_it_may_deal_with_tensors_and_change_what_is_its_own(registry: Registry) -> None:
    """As in any function that is traced."""

    def fills(x: torch.Tensor, v: Any) -> Any:
        items = [v.by_class()]
        items.append(v.computed)
        return x * sum(items), items

    x, model = torch.ones(2), Model()
    with vartrack.use(registry):
        run = torch.compile(fills, backend="eager", fullgraph=True)
        for rate in (1, 2, 1):
            model.rate = rate
            found, expected = run(x, model), fills(x, model)
            assert torch.equal(found[0], expected[0]) and found[1] == expected[1]


class Zone(datetime.tzinfo):
    """A time zone of the program's own, which can change."""

    hours = 1

    def utcoffset(self, moment: datetime.datetime | None) -> datetime.timedelta:
        return datetime.timedelta(hours=self.hours)

    def dst(self, moment: datetime.datetime | None) -> None:
        return None


def test_a_time_zone_of_the_program_is_not_believed_twice(fresh: None) -> None:
    """What depends on it breaks the graph; a moment that is carried, or whose year is read, not."""
    moment, x = datetime.datetime(2020, 1, 2, tzinfo=Zone()), torch.ones(2)
    registry = vartrack.stock.derive("dates")
    vartrack.extras.stdlib.register(registry)
    with vartrack.use(registry):
        run = torch.compile(lambda x, v: (x + v.year, v), backend="eager", fullgraph=True)
        assert run(x, moment)[1] is moment
        strict = torch.compile(lambda x, v: (x, v.timestamp()), backend="eager", fullgraph=True)
        with pytest.raises(Unsupported):
            strict(x, moment)
        loose = torch.compile(lambda x, v: (x, v.timestamp()), backend="eager")
        for hours in (1, 9):
            moment.tzinfo.hours = hours
            assert loose(x, moment)[1] == moment.timestamp()


class Outside:
    """Methods that do something at every call, and that torch cannot trace."""

    def __init__(self, number: int) -> None:
        self.number = number

    def age(self) -> int:
        return time.perf_counter_ns() + self.number

    def said(self) -> int:
        print("said", self.number)
        return self.number

    @property
    def now(self) -> int:
        return time.time_ns()

    def told(self) -> str:
        return json.dumps({"number": self.number})  # looks at nothing else


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, ConstantVisitor])
def test_what_it_does_outside_happens_at_every_call(
    fresh: None, base: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """In whatever order bases have met the code before."""
    registry = vartrack.stock.derive("outside")
    registry.register(type("Outsides", (base,), {"types": (Outside,)}))
    value, x = Outside(3), torch.ones(2)
    with vartrack.use(registry):
        for read in (lambda v: v.age(), lambda v: v.now):
            run = torch.compile(lambda x, v, read=read: (x + 1, read(v)), backend="eager")
            assert len({run(x, value)[1] for _ in range(4)}) == 4
        run = torch.compile(lambda x, v: (x + 1, v.said()), backend="eager")
        assert [run(x, value)[1] for _ in range(4)] == [3] * 4
        assert capsys.readouterr().out == "said 3\n" * 4
        run = torch.compile(lambda x, v: (x + 1, v.told()), backend="eager")
        assert run(x, value)[1] == '{"number": 3}'
