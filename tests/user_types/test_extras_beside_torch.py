"""Programs that an extra once made worse than torch alone: wrong, refused, or compiled in vain."""

from __future__ import annotations

import decimal
import os
import pathlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pydantic
import pytest
import torch
from beside_torch import assert_right, outcome, registry_with
from google.protobuf import timestamp_pb2
from omegaconf import OmegaConf, errors

from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")


# configurations: what is asked is asked anew, and other changes compile nothing


def changing() -> Iterator[Any]:
    os.environ.pop("VARTRACK_ASKED", None)
    one = OmegaConf.create(
        {
            "n": 2,
            "sub": {"w": 3, "deep": {"z": 4}},
            "items": [1, 2],
            "env": "${oc.env:VARTRACK_ASKED,7}",
            "three": "${oc.decode:'3'}",
            "text": "n is ${n}",
            "gone": "???",
        }
    )
    yield one
    one.sub.w = 8
    yield one
    one.sub.deep.z = 9
    yield one
    one["items"].append(3)
    yield one
    one.n = 4
    yield one
    os.environ["VARTRACK_ASKED"] = "12"
    yield one
    os.environ.pop("VARTRACK_ASKED", None)
    one.gone = 1
    yield one
    one.extra = 1
    yield one
    del one["extra"]
    yield one


def missing(x: torch.Tensor, v: Any) -> Any:
    try:
        return v.gone
    except errors.MissingMandatoryValue:
        return "missing"


def kind_of_error(x: torch.Tensor, v: Any) -> Any:
    try:
        return v["sub"].absent.more
    except Exception as error:
        return type(error).__name__


#: What is asked, and how many answers there are to it.
ASKED: list[tuple[Callable[[torch.Tensor, Any], Any], int]] = [
    (lambda x, v: (v.get("absent"), v.get("absent", 3)), 1),
    (lambda x, v: x * v.get("n"), 2),
    (lambda x, v: v.env, 2),
    (lambda x, v: v.three, 1),
    (lambda x, v: v.text, 2),
    (lambda x, v: ("n" in v, "absent" in v, "gone" in v), 2),
    (lambda x, v: (len(v), bool(v)), 2),
    (lambda x, v: (list(v), list(v.keys())), 2),
    (lambda x, v: (hasattr(v, "n"), getattr(v, "absent", 3)), 1),
    (lambda x, v: OmegaConf.is_missing(v, "gone"), 2),
    (lambda x, v: (OmegaConf.is_readonly(v), OmegaConf.is_struct(v), OmegaConf.get_type(v)), 1),
    (lambda x, v: (OmegaConf.select(v, "sub.no", default=3), OmegaConf.select(v, "sub.w")), 2),
    (missing, 2),
    (kind_of_error, 1),
]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_with("omegaconf", "pandas", "protobuf", "pydantic", "stdlib")


@pytest.mark.parametrize("number", range(len(ASKED)))
def test_a_configuration_is_asked_anew(registry: Registry, number: int) -> None:
    program, answers = ASKED[number]
    found = outcome(registry, program, changing)
    assert (found.status, found.graphs) == ("right", answers), found
    assert outcome(registry, program, changing, fullgraph=False).status == "right"


def lists() -> Iterator[Any]:
    one = OmegaConf.create({"sizes": [4, 8, 16], "more": [1, {"a": 2}, [3]], "act": "relu"})
    yield one
    one.more[1].a = 5
    yield one
    one.more[2].append(4)
    yield one
    one.act = "gelu"
    yield one
    one.sizes[1] = 9
    yield one
    one.sizes.append(2)
    yield one


def keywords(x: torch.Tensor, v: Any) -> Any:
    def f(sizes: Any = None, more: Any = None, act: Any = None) -> Any:
        return sizes[0]

    return f(**v)


def added(x: torch.Tensor, v: Any) -> Any:
    for size in v.sizes:
        x = x + size
    return x


#: What is done with a list, and how many answers there are to it at most.
LISTS: list[tuple[Callable[[torch.Tensor, Any], Any], int]] = [
    (lambda x, v: (v.more[0:1], [*v.more[:2]], v.more[-2:0], v.more[::-1]), 1),
    (lambda x, v: [i for i, _ in enumerate(v.more)], 1),
    (lambda x, v: (lambda *items: len(items))(*v.more), 1),
    (lambda x, v: next(iter(reversed(v.sizes))), 2),
    (lambda x, v: (v.sizes.index(4), v.sizes.count(4), 4 in v.sizes), 1),
    (lambda x, v: [key for key, _ in v.items()], 2),
    (lambda x, v: (len(list(v.values())), dict(v)["sizes"][0]), 2),
    (lambda x, v: v.setdefault("act", 3), 2),
    (lambda x, v: list(v.sizes), 3),
    (keywords, 2),
    (added, 3),
]


@pytest.mark.parametrize("number", range(len(LISTS)))
def test_a_list_is_read_item_by_item(registry: Registry, number: int) -> None:
    program, answers = LISTS[number]
    found, alone = (outcome(one, program, lists) for one in (registry, None))
    assert found.status == "right", found
    assert found.graphs <= answers, found
    assert alone.status != "right" or found.graphs <= alone.graphs, (found, alone)
    assert outcome(registry, program, lists, "attribute", fullgraph=False).status == "right"


def broken_lists() -> Iterator[Any]:
    one = OmegaConf.create({"sizes": [4, "???", "${act}"], "act": 3})
    yield one
    one.sizes[1] = 8
    yield one
    one.act = 5
    yield one
    one.sizes = "???"
    yield one
    one.sizes = []
    yield one


def gone_through(x: torch.Tensor, v: Any) -> Any:
    try:
        return list(v.sizes), v.sizes[0:2]
    except errors.MissingMandatoryValue:
        return "missing"


def test_lists_with_items_that_are_missing_or_lead_elsewhere(registry: Registry) -> None:
    assert outcome(registry, gone_through, broken_lists).status in ("right", "refused")
    assert outcome(registry, gone_through, broken_lists, fullgraph=False).status == "right"


# models


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    n: int = 2


def opened() -> Iterator[Any]:
    one = Open(n=2, more=3)
    yield one
    yield Open(n=2, more=4)
    one.more = 8
    yield one


def set_and_read(x: torch.Tensor, v: Any) -> Any:
    v.more = 5
    return v.more


def set_anew(x: torch.Tensor, v: Any) -> Any:
    v.fresh = 3
    return v.n


@pytest.mark.parametrize("program", [set_and_read, set_anew])
def test_an_extra_attribute_that_the_graph_sets_is_not_read_as_it_was(
    registry: Registry, program: Any
) -> None:
    assert outcome(registry, program, opened).status in ("right", "refused")
    assert outcome(registry, program, opened, fullgraph=False).status == "right"


def test_which_fields_were_set_is_guarded_alone(registry: Registry) -> None:
    def values() -> Iterator[Any]:
        for n in range(6):
            yield Open(n=n)
        yield Open()
        yield Open(n=1, more=n)

    found = outcome(registry, lambda x, v: v.model_fields_set, values)
    assert (found.status, found.graphs) == ("right", 3), found


# the standard library


class Money(decimal.Decimal):
    """A Decimal with an operator of its own, which nothing in C calls."""

    def __add__(self, other: Any) -> Any:
        return Money(decimal.Decimal(self) + decimal.Decimal(other))


def amounts() -> Iterator[Any]:
    yield from (Money("2"), Money("2"), Money("3"))


def paths() -> Iterator[Any]:
    yield from map(pathlib.PurePosixPath, ("/a/b/c", "/a/b/c", "/a/d"))


def locks() -> Iterator[Any]:
    yield from (threading.Lock(), threading.Lock())


@pytest.mark.parametrize(
    ("program", "values"),
    [
        (lambda x, v: float(v), amounts),
        (lambda x, v: [str(one) for one in v.parents], paths),
        (lambda x, v: hasattr(v, "acquire"), locks),
    ],
)
def test_the_standard_library_is_no_worse(registry: Registry, program: Any, values: Any) -> None:
    assert_right(registry, program, values)


def test_a_key_with_operators_of_its_own_is_hashed(registry: Registry) -> None:
    assert outcome(registry, lambda x, v: {v: 2}[v], amounts).status == "right"


def test_a_queue_that_the_function_makes_is_made_at_each_call(registry: Registry) -> None:
    def program(x: torch.Tensor, v: Any) -> Any:
        made: Any = queue.SimpleQueue()
        made.put(v)
        return made.qsize()

    assert outcome(registry, program, lambda: [1, 1, 1], fullgraph=False).status == "right"


# others


def test_numbers_of_a_message_become_symbols(registry: Registry) -> None:
    def values() -> Iterator[Any]:
        yield from (timestamp_pb2.Timestamp(seconds=n) for n in (5, 6, 7, 8, 9))

    assert_right(registry, lambda x, v: x + v.seconds, values)


def test_constants_of_other_types_are_told_by_their_types(registry: Registry) -> None:
    def values() -> Iterator[Any]:
        yield from (pd.Timestamp(2024, 1, day) for day in (1, 2, 3))

    assert_right(registry, lambda x, v: v is pd.NaT, values)


def timestamps() -> Iterator[Any]:
    yield from (pd.Timestamp(2024, 1, day, tz="UTC") for day in (1, 2, 3))


def timedeltas() -> Iterator[Any]:
    yield from map(pd.Timedelta, ("1 days", "2 days", "3 days 01:00:00"))


def intervals() -> Iterator[Any]:
    yield from (pd.Interval(0, 1), pd.Interval(1, 2), pd.Interval(1, 2, closed="left"))


def periods() -> Iterator[Any]:
    yield from (pd.Period("2024-01", "M"), pd.Period("2024-02", "M"), pd.Period("2024", "Y"))


@pytest.mark.parametrize(
    ("program", "values"),
    [
        (lambda x, v: (hasattr(v, "year"), hasattr(v, "nothing")), timestamps),
        (lambda x, v: x + 1 if v else x, timestamps),
        (bool_of := lambda x, v: bool(v), timestamps),
        (lambda x, v: v.tz is None, timestamps),
        (lambda x, v: v.components.hours, timedeltas),
        (lambda x, v: (v.length, v.mid), intervals),
        (lambda x, v: x * v.length, intervals),
        (lambda x, v: (v.start_time, v.end_time), periods),
        (lambda x, v: x * v.start_time.month, periods),
        (bool_of, periods),
    ],
)
def test_parts_of_times_are_guarded_alone(registry: Registry, program: Any, values: Any) -> None:
    assert_right(registry, program, values)
