"""`check_guards` beyond its function: thrift, the protocols of the type, equal values, time."""

from __future__ import annotations

import datetime
import time
import warnings
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
import pytest
import torch

import vartrack
from vartrack import (
    ConstantVisitor,
    MappingVisitor,
    OpaqueVisitor,
    RecordVisitor,
    SnapshotVisitor,
)
from vartrack.errors import VartrackWarning, VisitorWarning
from vartrack.testing import check_guards


class Settings:
    def __init__(self, rate: int, name: str) -> None:
        self.rate = rate
        self.name = name

    def __repr__(self) -> str:
        return f"Settings({self.rate}, {self.name!r})"


class Length:
    """Equal if it is as long, whatever it was written in."""

    __slots__ = ("number", "unit")

    def __init__(self, number: int, unit: str) -> None:
        self.number = number
        self.unit = unit

    def _centimetres(self) -> int:
        return self.number * {"m": 100, "cm": 1}[self.unit]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Length) and self._centimetres() == other._centimetres()

    def __hash__(self) -> int:
        return hash(self._centimetres())

    def __repr__(self) -> str:
        return f"{self.number} {self.unit}"


def two(cls: Any, base: Any, **attributes: Any) -> Any:
    return type(f"{cls.__name__}Visitor", (base,), {"types": (cls,), **attributes})


SETTINGS = [Settings(1, "a"), Settings(1, "b"), Settings(2, "b"), Settings(1, "a")]


@pytest.mark.parametrize(
    "visitor, values",
    [
        (two(Fraction, ConstantVisitor), [Fraction(1, 2), Fraction(3, 4), Fraction(1, 2)]),
        (two(datetime.date, ConstantVisitor), [datetime.date(2020, 1, d) for d in (1, 2, 1)]),
        (two(Settings, SnapshotVisitor), SETTINGS),
        (
            two(
                Settings,
                SnapshotVisitor,
                key=staticmethod(lambda value: (value.rate, value.name)),
            ),
            SETTINGS,
        ),
        (two(Settings, RecordVisitor, fields=("rate", "name")), SETTINGS),
    ],
)
def test_the_bases_are_thrifty_and_right(visitor: Any, values: list[Any]) -> None:
    """Nothing is said of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", VartrackWarning)
        check_guards(visitor, values, places=["argument"], slowest=None)


def test_a_value_that_is_only_carried() -> None:
    """An opaque one passes although every use of it breaks the graph."""
    check_guards(
        two(Settings, OpaqueVisitor), SETTINGS, lambda x, v: v is None, graphs=1, slowest=None
    )


class Everything:
    """Guards all there is, as soon as there is a value: what the check is to find."""


def test_guards_that_come_too_early_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function may be right, and compiled as often as it must."""
    from vartrack.bases.tracing.contents.content_guard import ContentGuard

    made = ContentGuard.__init__

    def early(self: ContentGuard, *args: Any) -> None:
        made(self, *args)
        self.install()

    visitor = two(Fraction, ConstantVisitor)
    values = [Fraction(1, 2), Fraction(3, 4)]
    monkeypatch.setattr(ContentGuard, "__init__", early)
    with pytest.raises(AssertionError, match=r"`v` was compiled 2 times where 1 would do.*type"):
        check_guards(visitor, values, places=["closure"], slowest=None)
    check_guards(visitor, values, places=["closure"], slowest=None, thrift=False)


def test_a_field_that_is_guarded_with_all_others_is_found() -> None:
    class Whole(RecordVisitor):
        types = (Settings,)
        fields = ("rate", "name")
        guarded_by = ("TYPE_MATCH", "ID_MATCH")

    with pytest.raises(AssertionError, match=r"argument, `v` was compiled"):
        check_guards(Whole, SETTINGS[:3], places=["argument"], slowest=None)


class OwnGuards(ConstantVisitor):
    types = (Settings,)
    key = staticmethod(lambda value: (value.rate, value.name))

    def guards(self, ctx: Any, value: Any) -> None:
        ctx.guard("TYPE_MATCH", "ID_MATCH")


def test_a_visitor_with_steps_of_its_own_is_told_what_it_costs() -> None:
    with pytest.warns(VisitorWarning, match="VT603") as told:
        check_guards(OwnGuards, SETTINGS[:3], protocols=False, places=["argument"], slowest=None)
    text = str(told[0].message)
    assert "OwnGuards has `guards` of its own" in text
    assert "`v` 3 times instead of 1" in text


def test_nothing_is_said_of_steps_of_its_own_that_cost_nothing() -> None:
    class Thrifty(ConstantVisitor):
        types = (Settings,)
        key = staticmethod(lambda value: (value.rate, value.name))

        def guards(self, ctx: Any, value: Any) -> None:
            super().guards(ctx, value)

    with warnings.catch_warnings():
        warnings.simplefilter("error", VisitorWarning)
        check_guards(Thrifty, SETTINGS[:3], protocols=False, places=["argument"], slowest=None)


def test_steps_of_its_own_are_no_excuse_for_what_is_not_right() -> None:
    class Refuses(ConstantVisitor):
        types = (Settings,)
        key = staticmethod(lambda value: (value.rate, value.name))

        def tracker(self, ctx: Any, value: Any, children: Any, **options: Any) -> Any:
            ctx.unsupported("none of these", context="", explanation="It is refused.", hints=[])

    with pytest.raises(AssertionError, match="`v`: graph break"):
        check_thrift_alone(Refuses)


def check_thrift_alone(visitor: Any) -> None:
    """What `check_guards` tries besides its function."""
    quick: Any = {"protocols": False, "slowest": None, "places": ["argument"], "fullgraph": False}
    check_guards(visitor, SETTINGS[:3], lambda x, value: x + 1, graphs=1, **quick)


class Odd:
    """An int for Python in one way, and another one in the other."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number

    def __len__(self) -> int:
        return self.number

    def __repr__(self) -> str:
        return f"Odd({self.number})"


def test_a_protocol_that_the_function_does_not_use_is_tried() -> None:
    """The function is right with this key, and ``hash(v)``, which is written in C, is not."""

    class ByParity(ConstantVisitor):
        types = (Decimal,)
        key = staticmethod(lambda value: value % 2)

    def parity(x: torch.Tensor, value: Decimal) -> Any:
        return x + 1 if value % 2 else x

    values = [Decimal(1), Decimal(3)]
    with pytest.raises(
        AssertionError, match=r"` of Decimal\('3'\), which the type offers, is stale"
    ):
        check_guards(ByParity, values, parity, graphs=None, places=[], slowest=None)
    check_guards(
        ByParity, values, parity, graphs=1, places=["argument"], protocols=False, slowest=None
    )


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, RecordVisitor, OpaqueVisitor])
def test_every_protocol_is_python_s_or_refused(base: Any) -> None:
    """Under each base, whatever it is for."""
    values = [Odd(1), Odd(3), Odd(1)]
    key = {"key": staticmethod(lambda value: value.number)} if base is ConstantVisitor else {}
    check_guards(two(Odd, base, **key), values, places=[], slowest=None)


def test_equal_values_that_print_differently_are_pointed_out() -> None:
    """Once, with both, and what to do; not if there is a key that tells them apart."""
    values = [Length(3, "m"), Length(300, "cm"), Length(1, "m")]

    def length(x: torch.Tensor, v: Length) -> Any:
        return x * hash(v)

    with pytest.warns(VartrackWarning) as told:
        check_guards(two(Length, ConstantVisitor), values, length, places=[], slowest=None)
    assert len(told) == 1
    text = str(told[0].message)
    assert "LengthVisitor takes 3 m and 300 cm for the same" in text and "`key`" in text
    with warnings.catch_warnings():
        warnings.simplefilter("error", VartrackWarning)
        check_guards(two(Length, ConstantVisitor, key=str), values, places=[], slowest=None)


def test_the_key_that_is_proposed_for_them_passes() -> None:
    """It compiles once for each of them, as it was told to."""
    lengths = [Length(3, "m"), Length(300, "cm"), Length(4, "m"), Length(3, "m")]

    few: dict[str, Any] = {"slowest": None, "protocols": False, "thrift": False}
    check_guards(two(Length, ConstantVisitor, key=str), lengths, lambda x, v: x + hash(v), **few)


@attrs.frozen(cache_hash=True)
class Made:
    """Methods that attrs makes have globals that are of no module."""

    number: int


def test_methods_that_a_package_has_made_are_right() -> None:
    check_guards(two(Made, ConstantVisitor), [Made(1), Made(2)], places=["argument"], slowest=None)


class Slow(datetime.date):
    def content(self) -> tuple[int, ...]:
        time.sleep(0.002)
        return (self.year, self.month, self.day)


def test_a_call_that_takes_too_long_is_found() -> None:
    """With both times and the limit; and not if it is switched off or the limit is higher."""
    # the hash of a constant would be worked out at each call, without its key
    visitor = two(Slow, SnapshotVisitor, key=staticmethod(Slow.content))
    values = [Slow(2020, 1, 1), Slow(2020, 1, 2)]

    def asked_as_a_whole(x: torch.Tensor, v: Slow) -> Any:
        return x * (hash(v) * 0 + 1)

    quick: Any = {"places": [], "protocols": False, "thrift": False}
    with pytest.raises(AssertionError) as caught:
        check_guards(visitor, values, asked_as_a_whole, **quick)
    text = str(caught.value)
    assert "SlowVisitor: a call of the function that the value is checked with takes" in text
    assert "times as long as with torch alone" in text and "5 are allowed" in text
    check_guards(visitor, values, asked_as_a_whole, **quick, slowest=1e6)
    check_guards(visitor, values, asked_as_a_whole, **quick, slowest=None)


def test_what_torch_alone_does_not_compile_is_not_timed() -> None:
    """There is nothing to compare it with."""
    visitor = two(Fraction, ConstantVisitor)
    check_guards(visitor, [Fraction(1, 2)], places=[], protocols=False, thrift=False, slowest=100.0)


def test_values_that_run_out() -> None:
    """No values, nothing to find."""

    def none() -> Iterator[Any]:
        return iter(())

    check_guards(vartrack.stock, none, graphs=0)


# what is compiled if nothing is given


class Unshown:
    """Without a text of its own, which would show where it is."""

    def __init__(self, number: int) -> None:
        self.number = number


def changing() -> Iterator[Unshown]:
    value = Unshown(1)
    yield value
    value.number = 2
    yield value


@pytest.mark.parametrize("base", [SnapshotVisitor, OpaqueVisitor, ConstantVisitor])
def test_values_without_a_text_of_their_own_are_carried(base: Any) -> None:
    """There is nothing wrong with the visitor, so nothing is said to be."""
    check_guards(two(Unshown, base), changing, slowest=None, places=["argument", "global"])


def test_what_is_opaque_is_carried() -> None:
    check_guards(two(Settings, OpaqueVisitor), SETTINGS, slowest=None, places=["argument"])


# names


class Headers(Mapping[str, int]):
    def __init__(self, **items: int) -> None:
        self._items = items

    def __getitem__(self, key: str) -> int:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


@pytest.mark.parametrize(
    "cls, base, values, given",
    [
        (Headers, MappingVisitor, [Headers(a=1), Headers(a=2)], {"stored": ("items_",)}),
        (Length, ConstantVisitor, [Length(1, "m"), Length(2, "m")], {"impure": ("metres",)}),
    ],
)
def test_a_name_that_no_value_has_is_pointed_out(
    cls: Any, base: Any, values: list[Any], given: dict[str, Any]
) -> None:
    """A visitor with such a name is as one without, and nobody would notice."""
    ((attribute, (name,)),) = given.items()
    with pytest.warns(VisitorWarning, match=f"lists '{name}' in `{attribute}`") as told:
        check_guards(two(cls, base, **given), values, slowest=None, places=["argument"])
    assert [each.message.code for each in told].count("VT605") == 1


def test_names_that_some_values_have_are_not() -> None:
    class Either:
        def __init__(self, name: str) -> None:
            setattr(self, name, 1)

    visitor = two(Either, ConstantVisitor, impure=("one", "other"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_guards(
            visitor,
            [Either("one"), Either("other")],
            slowest=None,
            places=["argument"],
            thrift=False,
        )


def test_what_is_wrong_the_first_time_is_no_matter_of_guards() -> None:
    class Tenfold(dict[str, int]):
        def __getitem__(self, key: str) -> int:
            return dict.__getitem__(self, key) * 10

    with pytest.raises(AssertionError, match=r"no guard is at fault.*`like_dict`") as told:
        check_guards(
            two(Tenfold, MappingVisitor, like_dict=("__getitem__",)),
            [Tenfold(a=1)],
            lambda x, v: x * v["a"],
            places=["argument"],
        )
    assert "key that tells it apart" not in str(told.value)
