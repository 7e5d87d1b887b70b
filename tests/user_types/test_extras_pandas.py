"""The pandas set: timestamps, timedeltas, periods and intervals beside torch alone."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
import torch
from beside_torch import assert_refused, assert_right, outcome, registry_with
from pandas import Interval, Period, Timedelta, Timestamp
from places import compare_with_eager

from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")

JUNE = Timestamp("2024-06-01")
DAY = Timedelta("1D")
Program = tuple[Callable[..., Any], Callable[[], Any]]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_with("pandas")


def times() -> list[Timestamp]:
    first = Timestamp("2024-01-02 03:04:05")
    return [first, first.tz_localize("UTC"), Timestamp("2025-02-03"), first, first.as_unit("s")]


def durations() -> list[Timedelta]:
    hours = Timedelta("36h")
    return [DAY, hours, DAY, Timedelta("24h").as_unit("s")]


def intervals() -> list[Interval]:
    return [Interval(0, 1), Interval(0, 1, closed="left"), Interval(0.0, 1.0), Interval(0, 2)]


def periods() -> list[Period]:
    return [Period("2024-01"), Period("2024-02"), Period("2024-01-01", freq="D"), Period("2024-01")]


def days() -> list[Timestamp]:
    return [Timestamp(2024, 1, day) for day in range(1, 8)]


def parts_asked_for() -> Iterator[Timedelta]:
    """A timedelta keeps its parts once they were asked for."""
    value = Timedelta("36h")
    yield value
    assert value.components.hours == 12
    yield value


def with_attributes() -> Iterator[Timestamp]:
    value = Timestamp("2024-01-02")
    yield value
    value.note = 1
    yield value
    value.note = 2
    yield value


def zones() -> Iterator[float]:
    before = os.environ.get("TZ")
    for zone in ("UTC", "Asia/Tokyo", "UTC"):
        os.environ["TZ"] = zone
        time.tzset()
        yield 1e9
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


RIGHT: dict[str, Program] = {
    "timestamps carried": (lambda x, v: (x, v), lambda: [Timestamp(2000 + n) for n in range(12)]),
    "timedeltas carried": (lambda x, v: (x, v), lambda: [n * DAY for n in range(12)]),
    "intervals carried": (lambda x, v: (x, v), lambda: [Interval(0, n) for n in range(12)]),
    "periods carried": (lambda x, v: (x, v), lambda: [JUNE.to_period("D") + n for n in range(12)]),
    "isinstance": (
        lambda x, v: isinstance(v, Timestamp) and isinstance(v, datetime.datetime),
        lambda: [JUNE + n * DAY for n in range(12)],
    ),
    "day": (lambda x, v: x * v.day, days),
    "fields": (lambda x, v: (x * v.month, v.hour, v.nanosecond, v.quarter, v.unit, v.value), times),
    "timestamp": (lambda x, v: x * v.timestamp(), times),
    "compared": (lambda x, v: x if v > JUNE else -x, days),
    "equal, also across zones": (lambda x, v: (v == JUNE, v != JUNE, v == 3, v == DAY), times),
    "texts": (lambda x, v: (v.isoformat(), str(v), repr(v), f"{v:%Y-%m}"), times),
    "calculated": (lambda x, v: (v + DAY, v + Timedelta(hours=1), v.floor("h")), times),
    "subtracted": (lambda x, v: x * (v - JUNE).days, days),
    "names": (lambda x, v: (v.month_name(), v.day_name(), v.strftime("%B")), times),
    "key of a dict": (lambda x, v: {JUNE: 1, DAY: 2}.get(v), lambda: [JUNE, DAY, DAY * 2, JUNE]),
    "made of a text": (lambda x, v: Timestamp(v) + Timedelta("1h"), lambda: ["2024-01", "2025"]),
    "made of a number": (lambda x, v: Timestamp(v, unit="s"), lambda: [1e9, 2e9]),
    "local time": (lambda x, v: Timestamp.fromtimestamp(v), zones),
    "missing": (lambda x, v: v is pd.NaT, lambda: [pd.NaT, JUNE, pd.NaT]),
    "with attributes": (lambda x, v: (v.year, getattr(v, "note", None)), with_attributes),
    "duration": (lambda x, v: (x * v.total_seconds(), v.components.hours, v.unit), durations),
    "days": (lambda x, v: x * v.days, lambda: [n * DAY for n in range(7)]),
    "durations divided": (lambda x, v: (x * (v / DAY), v // DAY, v * 2, -v, abs(v)), durations),
    "durations compared": (lambda x, v: (v > DAY, v == DAY), durations),
    "a cache is filled": (lambda x, v: (v.total_seconds(), str(v)), parts_asked_for),
    "interval": (lambda x, v: (x * v.left, v.closed, v.length, v.mid, 1 in v, 0.5 in v), intervals),
    "interval's text": (lambda x, v: (str(v), v.overlaps(Interval(1, 2))), intervals),
    "ends": (lambda x, v: x * v.left, lambda: [Interval(n, 50) for n in range(7)]),
    "interval of times": (
        lambda x, v: (JUNE in v, v.left),
        lambda: [Interval(JUNE - DAY, JUNE), Interval(JUNE, JUNE + DAY)],
    ),
    "period": (
        lambda x, v: (x * v.year, v.ordinal, v.freqstr, str(v), v + 1, v.start_time),
        periods,
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_and_no_dearer_than_with_torch_alone(registry: Registry, name: str) -> None:
    assert_right(registry, *RIGHT[name])


def test_a_cache_is_no_change(registry: Registry) -> None:
    assert outcome(registry, *RIGHT["a cache is filled"]) == ("right", 1, "")


@pytest.mark.parametrize(
    "program",
    [
        lambda x, v: x if Timestamp.now() > v else -x,
        lambda x, v: x if v.now() > v else -x,
        lambda x, v: x if Timestamp("now") > v else -x,
        lambda x, v: x if Timestamp(" Today") > v else -x,
        lambda x, v: x if Period("now", freq="D").start_time > v else -x,
    ],
)
def test_the_clock_breaks_the_graph(registry: Registry, program: Callable[..., Any]) -> None:
    assert_refused(registry, program, lambda: [JUNE], "depends on")


class Shifted(datetime.tzinfo):
    """A time zone of the program's, which may change its mind."""

    hours = 0

    def utcoffset(self, when: Any) -> datetime.timedelta:
        return datetime.timedelta(hours=Shifted.hours)

    def dst(self, when: Any) -> None:
        return None

    def tzname(self, when: Any) -> str:
        return "shifted"


def test_a_zone_of_the_program_is_asked_outside(registry: Registry) -> None:
    def values() -> Iterator[Timestamp]:
        for Shifted.hours in (1, 2):
            yield JUNE.tz_localize(Shifted())

    assert_refused(registry, lambda x, v: v.utcoffset(), values, "depends on more")
    assert_right(registry, lambda x, v: (x, v), values)


def test_with_the_stdlib_set_dates_come_out_as_dates() -> None:
    both = registry_with("pandas", "stdlib")

    def program(x: torch.Tensor, v: Timestamp) -> Any:
        return v.date(), v.to_pydatetime(), v - datetime.datetime(2024, 1, 1), v.tz

    assert_right(both, program, lambda: [JUNE, JUNE + DAY, JUNE])


def test_a_number_of_a_method_by_cython_varies() -> None:
    spans = [pd.Timedelta(seconds=n) for n in (2, 3, 4, 5)]
    registry = registry_with("pandas")
    assert compare_with_eager(registry, lambda x, v: x * v.total_seconds(), spans) == 2
