"""What C code works out is worked out again at each call, and guarded where it is."""

from __future__ import annotations

import contextvars
import copy
import dataclasses
import datetime
import decimal
import functools
import io
import ipaddress
import itertools
import math
import time
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import torch
from places import PLACES, Counting, assert_alike, compare_with_eager, standing
from torch._dynamo import config

import vartrack
from vartrack import Registry
from vartrack.bases.tracing.again.trials import NOTHING, tried

pytestmark = pytest.mark.usefixtures("fresh")

DAY = datetime.date(2024, 1, 1)


@pytest.fixture
def registry() -> Registry:
    registry = vartrack.stock.derive("again")
    vartrack.extras.load("stdlib").register(registry)
    return registry


@pytest.fixture(params=[True, False], ids=["recursive", "flat"])
def tags(request: pytest.FixtureRequest) -> Iterator[None]:
    with config.patch(use_recursive_dict_tags_for_guards=request.param):
        yield


def days(*numbers: int) -> list[datetime.date]:
    return [datetime.date(2024, 1, number) for number in numbers]


def doubled(x: torch.Tensor, v: Any) -> Any:
    for _ in range(12):
        v = v + v
    return x * float(v)


def unpacked(parts: Any) -> Any:
    _, _, weekday = parts
    return weekday


def hashed(x: torch.Tensor, v: Any) -> Any:
    try:
        hash(v)
    except TypeError:
        return x - 1
    return x + 1


#: A function, values, and how many graphs are enough where a number becomes a symbol.
USES: dict[str, tuple[Callable[..., Any], list[Any], int]] = {
    "an order": (lambda x, v: x + 1 if v < datetime.date(2024, 1, 4) else x, days(1, 2, 5, 6), 2),
    "a difference": (lambda x, v: x * (v - DAY).days, days(2, 3, 4, 5), 2),
    "a difference that is returned": (lambda x, v: (x + 1, v - DAY), days(2, 3, 4, 5), 1),
    "an order of what is worked out": (
        lambda x, v: x + 1 if v + Decimal("0.5") > 3 else x,
        [Decimal(n) for n in (1, 2, 5, 6)],
        2,
    ),
    "a property in Python": (
        lambda x, v: x + 1 if v.is_private else x,
        [ipaddress.ip_address(text) for text in ("10.0.0.1", "10.0.0.2", "8.8.8.8", "9.9.9.9")],
        2,
    ),
    "a number of a property": (
        lambda x, v: x * (v + Fraction(1, 3)).numerator,
        [Fraction(n, 7) for n in (1, 2, 3, 4)],
        2,
    ),
    "a number to the left": (
        lambda x, v: x + 1 if 0 < v < 3 else x,
        [Decimal(n) for n in (1, 2, 5, 6)],
        2,
    ),
    "a sum with a number to the left": (
        lambda x, v: x * float(2 * v**2 + 1),
        [Decimal(n) for n in (1, 2, 5, 6)],
        2,
    ),
    "a power": (lambda x, v: x * float(v**2), [Fraction(n, 7) for n in (1, 2, 3, 4)], 2),
    "a function of numbers": (
        lambda x, v: x * math.sqrt(v),
        [Decimal(n) for n in (2, 3, 5, 6)],
        2,
    ),
    "the larger of two, which stays the same": (
        lambda x, v: x * float(max(v, Decimal(1))),
        [Decimal(n) for n in (2, 3, 5, 6)],
        2,
    ),
    "the larger of two, which is the other": (
        lambda x, v: x * float(max(v, Decimal(9))),
        [Decimal(n) for n in (2, 3, 5, 6)],
        1,
    ),
    "a sum of several": (
        lambda x, v: x * float(sum([v, Decimal(1), v])),
        [Decimal(n) for n in (2, 3, 5, 6)],
        2,
    ),
    "a part of a tuple": (
        lambda x, v: x * v.as_tuple().digits[1],
        [Decimal(n) for n in (22, 23, 25, 26)],
        2,
    ),
    "a calendar's parts": (
        lambda x, v: x * unpacked(v.isocalendar()),
        days(2, 3, 4, 5),
        2,
    ),
    "one of two results": (
        lambda x, v: x * int(divmod(v, Decimal(7))[1]),
        [Decimal(n) for n in (23, 24, 25, 26)],
        2,
    ),
    "a part of the year": (lambda x, v: x * v.timetuple().tm_yday, days(2, 3, 5, 6), 2),
    "what a class makes of it": (
        lambda x, v: x * datetime.datetime.combine(v, datetime.time(1)).day,
        days(2, 3, 5, 6),
        2,
    ),
    "copies": (lambda x, v: (x + 1, copy.copy(v), copy.deepcopy(v)), days(2, 3, 5, 6), 1),
    "copies of what its class copies": (
        lambda x, v: (x + 1, copy.copy(v)),
        [ipaddress.ip_network(f"10.{n}.0.0/16") for n in (2, 3, 5, 6)],
        1,
    ),
    "copies of what fills its slots": (
        lambda x, v: (x + 1, copy.copy(v), copy.deepcopy(v)),
        [uuid.UUID(int=n) for n in (2, 3, 5, 6)],
        1,
    ),
    "a hash": (lambda x, v: x * hash(v), [Decimal(n) for n in (2, 3, 5, 6)], 2),
    "a hash that is returned": (
        lambda x, v: (x + 1, hash(v)),
        [Decimal(n) for n in (2, 3, 5, 6)],
        1,
    ),
    "a hash that is not needed": (hashed, [Decimal(n) for n in (2, 3, 5, 6)], 1),
    "one of a list": (
        lambda x, v: x + 1 if v in [uuid.UUID(int=2)] else x,
        [uuid.UUID(int=n) for n in (1, 3, 2, 5, 6)],
        2,
    ),
    "what a copy has": (
        lambda x, v: x * copy.copy(v).prefixlen,
        [ipaddress.ip_network(f"10.{n}.0.0/16") for n in (2, 3, 5, 6)],
        1,
    ),
    "a part of a slice": (lambda x, v: x * v.timetuple()[1:3][1], days(2, 3, 5, 6), 2),
    "its truth": (lambda x, v: x + 1 if v else x, [Decimal(n) for n in (1, 2, 0, 0)], 2),
}


@pytest.mark.usefixtures("tags")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("use", USES)
def test_an_answer_is_guarded_and_no_value(registry: Registry, use: str, place: str) -> None:
    function, values, most = USES[use]
    # torch fixes numbers of globals and modules: one graph for each of them there
    numbers = len({repr(function(1, value)) for value in values}) if most > 1 else most
    graphs = compare_with_eager(registry, function, values, place)
    assert graphs == most or (place not in ("argument", "closure") and graphs <= numbers)


def test_a_hash_by_identity_says_nothing_of_what_a_value_holds(registry: Registry) -> None:
    values = [io.StringIO(str(n)) for n in range(4)]
    assert compare_with_eager(registry, lambda x, v: x * (2 if hash(v) else 1), values) <= 2


@pytest.mark.usefixtures("tags")
def test_two_values_that_vary(registry: Registry) -> None:
    pairs = [(one, other) for one in days(1, 4) for other in days(2, 3, 5)]

    def function(x: torch.Tensor, pair: Any) -> Any:
        one, other = pair
        return (x + 1, one - other) if one < other else (x - 1, other)

    # anew each time, so that nothing but the answers can be what they were
    again = [(one.replace(), other.replace()) for one, other in pairs]
    assert compare_with_eager(registry, function, [*pairs, *again]) == 2


def test_another_type_comes(registry: Registry) -> None:
    values = [Decimal(1), Fraction(1), 1, 1.5, Decimal(2), Fraction(5), DAY]

    def function(x: torch.Tensor, v: Any) -> Any:
        try:
            return x + 1 if v > 2 else x
        except TypeError:
            return x - 1

    compare_with_eager(registry, function, values)


def test_it_goes_by_the_context_of_the_call(registry: Registry) -> None:
    def function(x: torch.Tensor, v: Any) -> Any:
        return x * float(v / 3)

    backend, x = Counting(), torch.ones(2)
    with vartrack.use(registry), decimal.localcontext():
        run = standing("argument", function, backend)
        for precision in (3, 8, 3):
            decimal.getcontext().prec = precision
            for number in (1, 2):
                assert_alike(run(x, Decimal(number)), function(x, Decimal(number)))


def test_what_becomes_too_long_is_worked_out_once(registry: Registry) -> None:
    compare_with_eager(registry, doubled, [Decimal(1), Decimal(2), Decimal(1)])


def test_it_is_all_one_how_busy_the_machine_is(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other programs run for a millisecond whenever somebody looks at the clock."""
    looks = itertools.count()
    monkeypatch.setattr(time, "perf_counter_ns", lambda: next(looks) * 1_000_000)
    for use in ("copies of what its class copies", "copies of what fills its slots"):
        function, values, graphs = USES[use]
        torch._dynamo.reset()
        assert compare_with_eager(registry, function, values) == graphs


def test_what_is_long_is_not_worked_out_again() -> None:
    few, many = ([Fraction(1, n) for n in range(1, most)] for most in (4, 40))
    assert tried(functools.partial(sum, few), []) == sum(few)
    assert tried(functools.partial(sum, many), []) is NOTHING  # many calls
    assert tried(functools.partial(pow, 3, 4), []) == 81
    assert tried(functools.partial(pow, 3, 300_000), []) is NOTHING  # one, of a large number


def test_what_is_worked_out_twice_is_two_objects(registry: Registry) -> None:
    def function(x: torch.Tensor, v: Any) -> Any:
        one, other = v - DAY, v - DAY
        return x + 1, one == other, [one, other]

    compare_with_eager(registry, function, days(2, 3, 2))


def test_an_attribute_that_is_added_to_is_not_asked_again_after(registry: Registry) -> None:
    class Holder:
        total = Decimal(0)

    def function(x: torch.Tensor, holder: Any, v: Any) -> Any:
        holder.total = holder.total + v
        before = holder.total
        holder.total += 1
        return x + 1, before, holder.total

    ours, theirs = Holder(), Holder()
    with vartrack.use(registry):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for number in (1, 2, 3):
            got = run(torch.ones(1), ours, Decimal(number))
            assert_alike(got, function(torch.ones(1), theirs, Decimal(number)))
            assert ours.total == theirs.total


def test_operands_of_both_kinds(registry: Registry) -> None:
    def function(x: torch.Tensor, v: Any) -> Any:
        made = datetime.timedelta(days=1)
        return x * (DAY + made * 2 - v).days, v.replace(day=3), functools.reduce(max, [v, DAY])

    compare_with_eager(registry, function, days(2, 3, 4))


def test_the_larger_one_is_the_object_that_was_given(registry: Registry) -> None:
    with vartrack.use(registry):
        backend = Counting()
        larger = torch.compile(lambda x, a, b: (x + 1, max(a, b)), backend=backend, fullgraph=True)
        for one, other in (days(1, 2), days(3, 4), days(6, 5), [DAY, DAY]):
            assert larger(torch.ones(1), one, other)[1] is max(one, other)
    assert backend.graphs == 2  # by which of the two it is


#: A table, and what is looked up, with how many graphs are enough.
LOOKED_UP: dict[str, tuple[Callable[..., Any], list[Any], int]] = {
    "one that is there": (
        lambda x, v: x * {Decimal(1): 2.0, Decimal(2): 3.0}[v],
        [Decimal("1"), Decimal("1.0"), Decimal("2"), Decimal("2.00")],
        2,
    ),
    "one that is missing": (
        lambda x, v: x * {Decimal(1): 2.0}.get(v, 5.0),
        [Decimal(n) for n in (3, 4, 5, 1)],
        2,
    ),
    "among numbers": (
        lambda x, v: x * {1: 2.0, "a": 3.0}.get(v, 5.0),
        [Decimal(n) for n in (3, 4, 1, 1)],
        2,
    ),
    "whether it is there": (
        lambda x, v: x + 1 if v in {DAY: 1, datetime.date(2024, 1, 6): 2} else x,
        days(1, 2, 6, 7),
        2,
    ),
    "in a set": (
        lambda x, v: x + 1 if v in {DAY, datetime.date(2024, 1, 6)} else x,
        days(1, 2, 6, 7),
        2,
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("use", LOOKED_UP)
def test_looking_up_is_guarded_and_no_value(registry: Registry, use: str, place: str) -> None:
    function, values, graphs = LOOKED_UP[use]
    assert compare_with_eager(registry, function, values, place) == graphs


@pytest.mark.usefixtures("tags")
def test_the_table_changes(registry: Registry) -> None:
    """The keys, their order, what stands under them, and a set that gets another item."""
    table: dict[Any, float] = {Decimal(1): 2.0, Decimal(2): 3.0}
    some = {Decimal(1)}

    def function(x: torch.Tensor, v: Decimal) -> Any:
        return x * table.get(v, 5.0), v in table, v in some

    compiled = torch.compile(function, backend="eager", fullgraph=True)
    x = torch.ones(1)
    with vartrack.use(registry), config.patch(recompile_limit=64):

        def check() -> None:
            for number in (1, 2, 3):
                assert_alike(compiled(x, Decimal(number)), function(x, Decimal(number)))

        check()
        table[Decimal(1)] = 7.0
        check()
        table[Decimal(3)] = 8.0
        check()
        del table[Decimal(1)]
        table[Decimal(1)] = 9.0
        check()
        some.add(Decimal(3))
        check()
        some.remove(Decimal(1))
        check()


def test_what_a_context_variable_gives_may_vary(registry: Registry) -> None:
    number: contextvars.ContextVar[Any] = contextvars.ContextVar("number")
    backend = Counting()
    with vartrack.use(registry):

        def scaled(x: torch.Tensor) -> torch.Tensor:
            return x * float(number.get())

        compiled = torch.compile(scaled, backend=backend, fullgraph=True)
        for value in (Decimal(2), Decimal(3), Decimal(4), Decimal(5)):
            number.set(value)
            assert_alike(compiled(torch.ones(1)), scaled(torch.ones(1)))
    assert backend.graphs == 2


def test_a_dataclass_of_constants_as_a_dict(registry: Registry) -> None:
    @dataclasses.dataclass
    class Settings:
        rate: Decimal
        start: datetime.date

    backend = Counting()
    with vartrack.use(registry):
        compiled = torch.compile(
            lambda x, s: (x + 1, dataclasses.asdict(s)), backend=backend, fullgraph=True
        )
        for number in (1, 2, 3):
            settings = Settings(Decimal(number), datetime.date(2024, 1, number))
            got = compiled(torch.ones(1), settings)[1]
            assert got == dataclasses.asdict(settings)
    assert backend.graphs == 1


@pytest.mark.parametrize("text", ["v in {w: 1}", "{w: 1}.get(v)", "v in {w}", "v in {1: 2, w: 3}"])
def test_keys_that_vary_too(registry: Registry, text: str) -> None:
    """A dict or set that is made of what varies holds something else each time."""
    looked_up = eval(f"lambda x, v, w: (x + 1, {text})")
    pairs = [(1, 1), (1, 2), (2, 2), (3, 4), (4, 4), (1, 1)]
    with vartrack.use(registry), config.patch(recompile_limit=64):
        compiled = torch.compile(looked_up, backend="eager", fullgraph=True)
        for pair in pairs + pairs:
            args = (torch.ones(1), *map(Decimal, pair))
            assert_alike(compiled(*args), looked_up(*args))


def test_a_set_of_numbers_changes(registry: Registry) -> None:
    some = {1, 2}
    compiled = torch.compile(lambda x, v: (x + 1, v in some), backend="eager", fullgraph=True)
    with vartrack.use(registry):
        assert compiled(torch.ones(1), Decimal(3))[1] is False
        some.remove(1)
        some.add(3)
        assert compiled(torch.ones(1), Decimal(3))[1] is True
        assert compiled(torch.ones(1), Decimal(1))[1] is False


def test_a_copy_of_what_is_worked_out_again(registry: Registry) -> None:
    """`copy.deepcopy` asks which object it is, and a sum is a new one at each call."""

    def program(x: torch.Tensor, v: Decimal, w: Decimal) -> Any:
        return x + 1, copy.deepcopy([v + w, {"a": v * w}])

    with vartrack.use(registry):
        compiled = torch.compile(program, backend="eager", fullgraph=True)
        for number in (1, 2, 3):
            args = (torch.ones(1), Decimal(number), Decimal("2.5"))
            assert_alike(compiled(*args), program(*args))
