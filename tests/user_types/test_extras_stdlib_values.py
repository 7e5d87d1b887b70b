"""The stdlib set: every type, in every place, over equal, unequal and again equal values."""

from __future__ import annotations

import array
import datetime
import ipaddress
import operator
import pathlib
import re
import struct
import typing
import uuid
import zoneinfo
from datetime import date, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import torch
from compiling import run
from places import PLACES, assert_alike, compare_with_eager
from stdlib_set import Part, stdlib_registry

import vartrack
from vartrack import ConstantVisitor, RegistrationError, Registry, compat
from vartrack.extras import stdlib

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)

#: What the texts below are evaluated with.
NAMES = {
    "date": date,
    "timedelta": timedelta,
    "timezone": timezone,
    "Decimal": Decimal,
    "Fraction": Fraction,
    "array": array,
    "at": datetime.datetime,
    "datetime": datetime,
    "ipaddress": ipaddress,
    "operator": operator,
    "pathlib": pathlib,
    "re": re,
    "struct": struct,
    "typing": typing,
    "uuid": uuid,
    "zoneinfo": zoneinfo,
}


def made(text: str) -> Any:
    """A new value, equal to every other one that is made from the same text."""
    return eval(text, NAMES)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return stdlib_registry()


def decimals(x: Any, v: Decimal) -> Any:
    y = x * float(v) if v > Decimal("1") else x + int(v)
    sums = v + 1, 2 * v, v / 3, -v, abs(v), v**2, divmod(v, 2), round(v, 1), sum([v, v])
    texts = str(v), f"{v:.2f}", repr(v), v.as_tuple(), hash(v), v.is_zero(), bool(v)
    return y, sums, texts, {v: 1}[v], v in (v, 1), max(v, Decimal(1)), v


def fractions(x: Any, v: Fraction) -> Any:
    return x * float(v), v + 1, 1 / v, v**2, v.numerator, v == 0.5, round(v), f"{v}", v


def dates(x: Any, v: date) -> Any:
    later = v + timedelta(days=30)
    return x + v.toordinal(), later, later - v, v.isoformat(), v.replace(day=1), v.year, v


def calendars(x: Any, v: date) -> Any:
    return x + v.timetuple().tm_yday, v.isocalendar()[1], v.strftime("%d"), f"{v:%m}", v


def times(x: Any, v: datetime.time) -> Any:
    return x + v.hour, v.isoformat(), v.tzinfo, v.utcoffset(), v.fold, v.replace(hour=1), v


def datetimes(x: Any, v: datetime.datetime) -> Any:
    text = v.isoformat(), str(v), v.fold, v.tzinfo, v.tzname(), v.utcoffset(), hash(v)
    return x + v.minute, text, v - timedelta(hours=1), v.date(), v.timestamp(), v - v, v


def durations(x: Any, v: timedelta) -> Any:
    return x * v.total_seconds(), v + v, v * 2, v / 2, v > timedelta(1), -v, str(v), v


def zones(x: Any, v: Any) -> Any:
    moment = datetime.datetime(2024, 7, 1, 12, tzinfo=v)
    return x + moment.utcoffset().total_seconds(), v.tzname(moment), moment.isoformat(), str(v), v


def uuids(x: Any, v: uuid.UUID) -> Any:
    return x + v.int % 7, v.hex, str(v), v.version, v.is_safe.name, v < uuid.UUID(int=9), {v}, v


def addresses(x: Any, v: Any) -> Any:
    return x + int(v) % 97, str(v), v.is_private, v + 1, v.packed, v > type(v)(1), v


def networks(x: Any, v: Any) -> Any:
    inside = v.network_address in v
    return x + v.prefixlen, inside, [str(i) for i in v.subnets()], v.num_addresses, v


def interfaces(x: Any, v: Any) -> Any:
    return x + v.network.prefixlen, v.ip, v.network, str(v), v.with_prefixlen, v


def paths(x: Any, v: Any) -> Any:
    return x + len(v.parts), v / "new", v.parent, v.name, v.suffix, str(v), v.is_absolute(), v


def matches(x: Any, v: re.Match[str]) -> Any:
    y = x + int(v.group("number"))
    return y, v.group(), v[0], v.groups(), v.groupdict(), v.span(), v.string, v.lastgroup, v.end()


def unions(x: Any, v: Any) -> Any:
    y = x + 1 if isinstance(3, v) else x - 1
    return y, issubclass(bool, v), v.__args__, repr(v), v == (int | str), hash(v) == hash(v), v


def type_variables(x: Any, v: Any) -> Any:
    return x + len(v.__name__), v.__name__, repr(v), getattr(v, "__bound__", None), v


def items(x: Any, v: Any) -> Any:
    return x + 1, v([x, x + 1, x + 2]), v


def attributes(x: Any, v: Any) -> Any:
    return x + 1, v(Part(x * 2)), v


def calls(x: Any, v: Any) -> Any:
    return v(x * 2), v(x + 1), v


def layouts(x: Any, v: struct.Struct) -> Any:
    data = v.pack(1, 2)
    return x + v.size, data, v.unpack(data), list(v.iter_unpack(data * 2)), v.format, v


def arrays(x: Any, v: Any) -> Any:
    return x * v[0], len(v), list(v), v.typecode, v.tolist(), v[1:], v.count(1), sum(v), 1 in v, v


def memory(x: Any, v: memoryview) -> Any:
    content = v.tobytes(), v.tolist(), v[0], v[1:].tobytes(), len(v), list(v), v == b"ab"
    return x + v.nbytes, content, v.format, v.shape, v.readonly, v.strides, v


MOMENT = "datetime.datetime(2024, 10, 27, 2, 30"
BERLIN = "zoneinfo.ZoneInfo('Europe/Berlin')"
PATTERN = r"re.compile(r'(?P<word>[a-z]+)?-(?P<number>\d+)')"
ROWS: dict[str, tuple[Any, list[str]]] = {
    "Decimal": (
        decimals,
        ["Decimal('1.0')", "Decimal('1.00')", "Decimal('2.5')", "Decimal('-0')", "Decimal('0')"],
    ),
    "Fraction": (fractions, ["Fraction(1, 2)", "Fraction(3, 7)", "Fraction(-5)"]),
    "date": (dates, ["date(2024, 2, 29)", "date(2023, 12, 31)", "date.min"]),
    "parts of a date": (calendars, ["date(2024, 2, 29)", "date(2023, 12, 31)"]),
    "time": (
        times,
        [
            "datetime.time(1, 30)",
            "datetime.time(1, 30, fold=1)",
            "datetime.time(1, 30, tzinfo=timezone.utc)",
            "datetime.time(1, 30, tzinfo=timezone(timedelta(0), 'UTC'))",
        ],
    ),
    "datetime": (
        datetimes,
        [
            f"{MOMENT})",
            f"{MOMENT}, fold=1)",
            f"{MOMENT}, tzinfo=timezone.utc)",
            f"{MOMENT}, tzinfo=timezone(timedelta(hours=1)))",
            f"{MOMENT}, tzinfo=timezone.utc).astimezone(timezone(timedelta(hours=1)))",
            f"{MOMENT}, tzinfo={BERLIN})",
            f"{MOMENT}, tzinfo={BERLIN}, fold=1)",
        ],
    ),
    "timedelta": (durations, ["timedelta(hours=30)", "timedelta(0)", "timedelta(days=-2)"]),
    "timezone": (
        zones,
        [
            "timezone.utc",
            "timezone(timedelta(0), 'UTC')",
            "timezone(timedelta(hours=2))",
            "timezone(timedelta(hours=2), 'CEST')",
        ],
    ),
    "ZoneInfo": (zones, [BERLIN, "zoneinfo.ZoneInfo('Asia/Tokyo')"]),
    "UUID": (
        uuids,
        ["uuid.UUID(int=7)", "uuid.UUID(int=7, is_safe=uuid.SafeUUID.safe)", "uuid.UUID(int=8)"],
    ),
    "IPv4Address": (
        addresses,
        ["ipaddress.ip_address('10.0.0.1')", "ipaddress.ip_address('8.8.8.8')"],
    ),
    "IPv6Address": (
        addresses,
        ["ipaddress.IPv6Address('fe80::1')", "ipaddress.IPv6Address('fe80::1%2')"],
    ),
    "IPv4Network": (
        networks,
        ["ipaddress.IPv4Network('10.0.0.0/30')", "ipaddress.IPv4Network('10.0.0.0/29')"],
    ),
    "IPv6Network": (
        networks,
        ["ipaddress.IPv6Network('fe80::/126')", "ipaddress.IPv6Network('fe80::/127')"],
    ),
    "IPv4Interface": (
        interfaces,
        ["ipaddress.IPv4Interface('10.0.0.1/8')", "ipaddress.IPv4Interface('10.0.0.1/16')"],
    ),
    "IPv6Interface": (
        interfaces,
        ["ipaddress.IPv6Interface('fe80::1/64')", "ipaddress.IPv6Interface('fe80::1/65')"],
    ),
    "PurePath": (
        paths,
        [
            "pathlib.PurePosixPath('/a/b.txt')",
            "pathlib.PurePosixPath('a/B.txt')",
            "pathlib.PureWindowsPath('c:/a/b.txt')",
            "pathlib.PureWindowsPath('C:/a/b.txt')",
        ],
    ),
    "Path": (paths, ["pathlib.Path('/a/b.txt')", "pathlib.Path('b.txt')"]),
    "Match": (
        matches,
        [
            f"{PATTERN}.search('abc-12 d-3')",
            f"{PATTERN}.search('abc-12 d-3', 7)",
            f"{PATTERN}.search('-5')",
        ],
    ),
    "union": (
        unions,
        ["int | str", "str | int", "float | None", "typing.Union[str, int]", "list | bool"],
    ),
    "type variable": (
        type_variables,
        [
            "typing.TypeVar('T')",
            "typing.TypeVar('T', bound=int)",
            "typing.TypeVar('U', covariant=True)",
            "typing.ParamSpec('P')",
        ],
    ),
    "itemgetter": (
        items,
        [
            "operator.itemgetter(1)",
            "operator.itemgetter(slice(0, 2), -1)",
            "operator.itemgetter(True)",
        ],
    ),
    "attrgetter": (
        attributes,
        [
            "operator.attrgetter('data')",
            "operator.attrgetter('shape', 'data')",
            "operator.attrgetter('grad.shape')",
        ],
    ),
    "methodcaller": (
        calls,
        [
            "operator.methodcaller('sum')",
            "operator.methodcaller('sum', 0)",
            "operator.methodcaller('sum', dim=0, keepdim=True)",
            "operator.methodcaller('clamp', 1.0, max=2.0)",
        ],
    ),
    "Struct": (layouts, ["struct.Struct('<hi')", "struct.Struct('>hi')", "struct.Struct('<qq')"]),
    "array": (
        arrays,
        ["array.array('i', [1, 2])", "array.array('q', [1, 2])", "array.array('d', [1.0, -0.0])"],
    ),
    "memoryview": (
        memory,
        [
            "memoryview(b'ab')",
            "memoryview(bytearray(b'ab'))",
            "memoryview(b'abcd')[::2]",
            "memoryview(array.array('h', [1, 2]))",
        ],
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("row", ROWS)
def test_each_distinct_value_is_compiled_once_at_most(
    row: str, place: str, registry: Registry
) -> None:
    function, texts = ROWS[row]
    met = [*texts, *texts, texts[-1], texts[0]]
    values = [made(text) for text in met]
    # fewer, where a number that is read from it became a symbol
    assert compare_with_eager(registry, function, values, place) <= len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "Decimal('1.1') + Decimal.from_float(0.5)",
        "Fraction(1, 3) + Fraction('1/6')",
        "date.fromisoformat('2024-02-29') + timedelta(days=1)",
        "date.min, date.max.year, date(2024, 1, 1).isocalendar(), date(2024, 1, 1).timetuple()",
        "at(2024, 1, 1, tzinfo=timezone.utc).astimezone(timezone(timedelta(hours=1)))",
        "at.strptime('2024', '%Y'), at.fromtimestamp(0, timezone.utc)",
        "at.combine(date(2024, 1, 1), datetime.time(1)), datetime.time(1).isoformat()",
        "at(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).isoformat()",
        "uuid.UUID(int=7).hex, uuid.UUID('{' + '0' * 32 + '}')",
        "ipaddress.ip_address('10.0.0.1') in ipaddress.IPv4Network('10.0.0.0/8')",
        "pathlib.Path('a') / 'b', pathlib.PurePosixPath('a', 'b').name, pathlib.Path('a.b').suffix",
        "struct.Struct('<hi').pack(1, 2), struct.Struct('<h').size",
        "isinstance(3, int | str), int | None",
        "operator.itemgetter(1)([3, 4]), operator.attrgetter('real')(3)",
    ],
)
def test_values_are_made_while_tracing(text: str, registry: Registry) -> None:
    namespace = dict(NAMES)
    exec(f"def function(x):\n    return x + 1, {text}", namespace)
    assert_alike(run(registry, namespace["function"], X), namespace["function"](X))


# registration


def test_registering_twice_is_an_error_and_changes_nothing() -> None:
    registry = vartrack.stock.derive("twice")
    stdlib.register(registry)
    before = list(registry)
    with pytest.raises(RegistrationError, match=r"VT202.*Decimals is in the registry 'twice'"):
        stdlib.register(registry)
    assert list(registry) == before


def test_a_type_that_is_taken_is_an_error_and_changes_nothing() -> None:
    registry = vartrack.stock.derive("taken")

    @registry.register
    class Mine(ConstantVisitor):
        types = (uuid.UUID,)

    before = list(registry)
    with pytest.raises(RegistrationError, match=r"VT204.*UUID is taken by Mine"):
        stdlib.register(registry)
    assert list(registry) == before
    assert getattr(registry.resolve(Decimal(1)), "name", "") != "Decimals"


def test_every_visitor_is_listed_and_registered(registry: Registry) -> None:
    missing = [visitor for visitor in stdlib.VISITORS if visitor not in registry]
    elsewhere = [one for one in stdlib.VISITORS if not compat.runs_on(one.on_torch)]
    assert missing == elsewhere
    named = {
        visitor
        for module in vars(stdlib).values()
        if getattr(module, "__package__", "") == "vartrack.extras.stdlib"
        for visitor in vars(module).values()
        if isinstance(visitor, type)
        and issubclass(visitor, vartrack.Visitor)
        and visitor.__module__ == module.__name__
        and not visitor.abstract
    }
    assert named == set(stdlib.VISITORS)


class Money(Decimal):
    pass


class Stamp(datetime.datetime):
    """Like those of pandas: it holds more than a datetime does."""


@pytest.mark.parametrize("value", [Money(1), Stamp(2024, 1, 1)], ids=repr)
def test_subclasses_are_not_taken_for_what_they_inherit(value: Any, registry: Registry) -> None:
    taker = registry.resolve(value)
    assert type(taker) not in stdlib.VISITORS or taker.name == "Subclasses"
