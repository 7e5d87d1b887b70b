"""The stdlib set where a result depends on more than its operands: the context of decimals, the
local time zone, the clock, the file system."""

from __future__ import annotations

import datetime
import decimal
import pathlib
import time
import uuid
import zoneinfo
from datetime import date, timezone
from decimal import Decimal
from typing import Any

import pytest
import torch
from compiling import refusal, run
from places import Counting, assert_alike
from stdlib_set import stdlib_registry

import vartrack
from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return stdlib_registry()


# decimals


def test_decimals_are_calculated_in_the_context_of_the_call(registry: Registry) -> None:
    def function(x: Any, v: Decimal) -> Any:
        return x + 1, v / 3, Decimal(1) / Decimal(7), str(v * Decimal("1e30"))

    contexts: list[dict[str, Any]] = [
        {},
        {"prec": 5},
        {"prec": 5, "rounding": decimal.ROUND_UP},
        {"capitals": 0},
        {"prec": 5},
        {},
    ]
    backend = Counting()
    with vartrack.use(registry):
        compiled = torch.compile(function, backend=backend, fullgraph=True)
        for options in contexts:
            with decimal.localcontext() as context:
                for name, option in options.items():
                    setattr(context, name, option)
                assert_alike(compiled(X, Decimal(2)), function(X, Decimal(2)))
    assert backend.graphs == 4


def test_decimals_made_while_tracing_are_guarded_by_the_context(registry: Registry) -> None:
    def function(x: Any) -> Any:
        try:
            return x + 1, Decimal(1) / Decimal(0)
        except decimal.DivisionByZero:
            return x + 1, "trapped"

    with vartrack.use(registry):
        compiled = torch.compile(function, backend="eager", fullgraph=True)
        for trapped in (True, False, True):
            with decimal.localcontext() as context:
                context.traps[decimal.DivisionByZero] = trapped
                assert_alike(compiled(X), function(X))


def test_decimals_that_are_carried_through_do_not_depend_on_the_context(
    registry: Registry,
) -> None:
    backend = Counting()
    with vartrack.use(registry):
        compiled = torch.compile(lambda x, v: (x + 1, v), backend=backend, fullgraph=True)
        for precision in (5, 28, 7):
            with decimal.localcontext() as context:
                context.prec = precision
                compiled(X, Decimal(1))
    assert backend.graphs == 1


@pytest.mark.filterwarnings("ignore:Dynamo does not know")
def test_a_context_that_is_set_inside_breaks_the_graph(registry: Registry) -> None:
    def function(x: Any) -> Any:
        with decimal.localcontext() as context:
            context.prec = 3
            return x + 1, Decimal(1) / Decimal(3)

    with vartrack.use(registry):
        compiled = torch.compile(function, backend="eager")
        for _ in range(2):
            assert_alike(compiled(X), function(X))
    assert "localcontext" in refusal(registry, function, X)


# dates


def test_naive_times_are_local_to_the_zone_of_the_call(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def function(x: Any, v: datetime.datetime) -> Any:
        return x + 1, v.timestamp(), v.astimezone(timezone.utc), v.astimezone().utcoffset()

    moment = datetime.datetime(2024, 7, 1, 12)
    with vartrack.use(registry):
        compiled = torch.compile(function, backend="eager", fullgraph=True)
        for zone in ("UTC", "Europe/Berlin", "Asia/Tokyo", "UTC"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert_alike(compiled(X, moment), function(X, moment))
    monkeypatch.undo()
    time.tzset()


def test_datetimes_know_whether_they_share_a_zone_object(registry: Registry) -> None:
    def function(x: Any, v: Any, w: Any) -> Any:
        return x + 1, v - w, v == w, v.tzinfo is w.tzinfo

    def at(hour: int, zone: Any, fold: int = 0) -> Any:
        return datetime.datetime(2024, 10, 27, hour, 30, tzinfo=zone, fold=fold)

    shared, other = zoneinfo.ZoneInfo("Europe/Berlin"), zoneinfo.ZoneInfo.no_cache("Europe/Berlin")
    backend = Counting()
    with vartrack.use(registry):
        compiled = torch.compile(function, backend=backend)
        for one, another in [(shared, shared), (shared, other), (shared, shared)]:
            args = X, at(3, one), at(2, another)
            assert_alike(compiled(*args), function(*args))
    assert backend.graphs == 2
    utc = at(1, timezone.utc)
    assert_alike(run(registry, function, X, utc, utc), function(X, utc, utc))


# the clock, the machine, the file system


NOW = datetime.datetime.now


@pytest.mark.parametrize(
    "function",
    [
        lambda x, v: (x + 1, datetime.datetime.now()),
        lambda x, v: (x + 1, datetime.datetime.now(timezone.utc)),
        lambda x, v: (x + 1, datetime.datetime.utcnow()),
        lambda x, v: (x + 1, datetime.datetime.today()),
        lambda x, v: (x + 1, date.today()),
        lambda x, v: (x + 1, v.now()),
        lambda x, v: (x + 1, type(v).now()),
        lambda x, v: (x + 1, NOW()),
        lambda x, v: (x + 1, (lambda now: now())(datetime.datetime.now)),
        lambda x, v: (x + 1, getattr(datetime.datetime, "now")()),  # noqa: B009
        lambda x, v: (x + 1, uuid.uuid4()),
        lambda x, v: (x + 1, uuid.uuid1()),
        lambda x, v: (x + 1, pathlib.Path.cwd()),
        lambda x, v: (x + 1, pathlib.Path("x").exists()),
        lambda x, v: (x + 1, pathlib.Path("x").absolute()),
    ],
)
@pytest.mark.filterwarnings("ignore:Dynamo does not know")
def test_what_depends_on_more_breaks_the_graph(function: Any, registry: Registry) -> None:
    refusal(registry, function, X, datetime.datetime(2024, 1, 1))


def test_the_time_is_read_at_every_call(registry: Registry) -> None:
    with vartrack.use(registry):
        compiled = torch.compile(lambda x: (x + 1, datetime.datetime.now()), backend="eager")
        first, then = compiled(X)[1], compiled(X)[1]
    assert first < then


def test_a_path_says_what_it_refuses(registry: Registry) -> None:
    message = refusal(registry, lambda x, v: (x + 1, v.exists()), X, pathlib.Path("a"))
    assert "PosixPath.exists depends on more than its operands" in message
