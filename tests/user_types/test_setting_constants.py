"""Setting an attribute of a constant: what the class has for it is traced, and may raise."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import functools
import ipaddress
from typing import Any, NamedTuple

import pandas as pd
import pytest
import torch
from beside_torch import assert_right, outcome, registry_with

import vartrack
from vartrack import ConstantVisitor

pytestmark = pytest.mark.usefixtures("fresh")


@dataclasses.dataclass(frozen=True)
class Frozen:
    """Raises as it is set, in code that `dataclasses` has written."""

    width: int


class Closed:
    """Raises in code of the user's, with slots."""

    __slots__ = ("width",)

    def __init__(self, width: int) -> None:
        object.__setattr__(self, "width", width)

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "width" or value != self.width:
            raise AttributeError(f"{name} of a Closed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Closed) and other.width == self.width

    def __hash__(self) -> int:
        return hash(self.width)

    def __repr__(self) -> str:
        return f"Closed({self.width})"


class Passing(Closed):
    """Hands on what it gets."""

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)


class Handing(Passing):
    """Hands it on to the next class."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)


class Kept:
    """Writes into its own dict, or into a list that it has, or counts elsewhere."""

    def __init__(self, width: int) -> None:
        self.__dict__.update(width=width, log=[])

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and other.width == self.width

    def __hash__(self) -> int:
        return hash(self.width)

    def __repr__(self) -> str:
        return f"Kept({self.width}, {self.log})"


class Logged(Kept):
    """Notes what it is given."""

    def __setattr__(self, name: str, value: Any) -> None:
        self.log.append(name)


def tried(x: torch.Tensor, v: Any) -> Any:
    try:
        v.width = 7
    except AttributeError:
        return x + 1
    return x - 1


def by_function(x: torch.Tensor, v: Any) -> Any:
    try:
        setattr(v, "width", 7)  # noqa: B010
    except AttributeError as error:
        return x + 1, type(error).__name__
    return x - 1


def deleted(x: torch.Tensor, v: Any) -> Any:
    try:
        del v.width
    except AttributeError:
        return x + 1
    return x - 1


def _registry(cls: type) -> vartrack.Registry:
    registry = vartrack.stock.derive(cls.__name__)
    registry.register(type("Values", (ConstantVisitor,), {"types": (cls,)}))
    return registry


@pytest.mark.parametrize("use", [tried, by_function, deleted])
@pytest.mark.parametrize("cls", [Frozen, Closed])
def test_what_raises_is_caught(cls: type[Any], use: Any) -> None:
    assert_right(_registry(cls), use, lambda: [cls(1), cls(2), cls(3)])


@pytest.mark.parametrize("cls", [Kept, Logged])
def test_what_sets_in_another_way_is_right_or_refused(cls: type[Any]) -> None:
    def read_after(x: torch.Tensor, v: Any) -> Any:
        v.width = 7
        return x + v.width, list(v.log)

    values = lambda: [cls(1), cls(2)]  # noqa: E731
    for use in (tried, read_after):
        assert outcome(_registry(cls), use, values).status in ("right", "refused")
        assert outcome(_registry(cls), use, values, fullgraph=False).status == "right"


@pytest.mark.parametrize("cls", [Passing, Handing])
def test_what_sets_is_refused(cls: type[Any]) -> None:
    values = lambda: [cls(1), cls(2)]  # noqa: E731
    found = outcome(_registry(cls), tried, values)
    assert found.status == "refused"
    assert "would change a value that the graph takes for constant" in found.detail
    assert outcome(_registry(cls), tried, values, fullgraph=False).status == "right"


# values of C or of a package, with a dict of their own: what is noted on them is no part of them


class Pair(NamedTuple):
    """Two values, told apart in what is printed of them."""

    one: Any
    other: Any

    def __repr__(self) -> str:
        return f"{self.one} {self.other} {vars(self.one)} {vars(self.other)}"


def noted(x: torch.Tensor, v: Any) -> Any:
    v.note = x.sum()
    v.count = getattr(v, "count", 0) + 1
    return x * v.note, v.count, hasattr(v, "note"), v


def removed(x: torch.Tensor, v: Any) -> Any:
    try:
        del v.note
    except AttributeError:
        return x + 1
    return x, hasattr(v, "note")


def in_both(x: torch.Tensor, v: Any) -> Any:
    v.one.note, v.other.note = 1, 2
    return x * v.one.note


def in_its_dict(x: torch.Tensor, v: Any) -> Any:
    stored = vars(v)
    stored["note"] = x.sum()
    v.__dict__.update(count=stored.get("count", 0) + 1)
    object.__setattr__(v, "more", 3)
    super(type(v), v).__setattr__("most", 4)
    super(type(v), v).__delattr__("most")
    return x * v.note, v.count, [*stored], "more" in stored, hasattr(v, "most"), v


def out_of_its_dict(x: torch.Tensor, v: Any) -> Any:
    if "note" not in vars(v):
        return x - 1, vars(v)
    del v.__dict__["note"]
    return x + 1, hasattr(v, "note"), {**vars(v)}


class Stamp(datetime.datetime):
    """A class of the program's own."""


_MAKES: dict[str, Any] = {
    "pandas": lambda day: pd.Timestamp(2024, 1, day),
    "stdlib": lambda day: ipaddress.ip_network(f"10.{day}.0.0/16"),
    "stdlib ": lambda day: Stamp(2024, 1, day),
}


@pytest.mark.parametrize("extra", _MAKES)
def test_what_is_noted_in_the_dict_of_a_value_is_noted_on_it(extra: str) -> None:
    registry, make = registry_with(extra.strip()), _MAKES[extra]

    def values() -> Any:
        one, noted = make(1), make(2)
        noted.note = noted.count = 5
        yield from (one, one, noted)

    assert_right(registry, in_its_dict, values)
    assert_right(registry, out_of_its_dict, values)


@pytest.mark.parametrize("extra", ["pandas", "stdlib"])
def test_what_is_noted_on_a_value_is_there_when_the_graph_has_run(extra: str) -> None:
    registry, make = registry_with(extra), _MAKES[extra]

    def values() -> Any:
        one, noted = make(1), make(2)
        noted.note = noted.count = 5
        yield from (one, one, noted)

    def pairs() -> Any:
        one, noted = make(1), make(1)
        yield from (Pair(one, noted), Pair(one, one))

    assert_right(registry, noted, values)
    assert_right(registry, removed, lambda: [make(1), make(2)])
    assert outcome(registry, in_both, pairs).status == "right"
    for all_of_it in (vars, lambda v: v.__reduce_ex__(4)):

        def asked(x: torch.Tensor, v: Any, all_of_it: Any = all_of_it) -> Any:
            v.note = 1
            return x, all_of_it(v)

        found = outcome(registry, asked, lambda: [make(1)])
        assert found.status == "right" or "has set attributes of" in found.detail, found


# values of a class in Python whose methods read what is set: all that is traced sees it


class Bare:
    """Told by which object it is."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.name = "n"

    @functools.cached_property
    def double(self) -> int:
        return self.width * 2


class Wide(Bare):
    """Told by what it holds."""

    limit = 5

    @property
    def half(self) -> int:
        return self.width // 2

    def widened(self) -> Wide:
        self.width += 1
        return self

    def __len__(self) -> int:
        return self.width

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wide) and other.width == self.width

    def __hash__(self) -> int:
        return hash(self.width)

    def __repr__(self) -> str:
        return f"Wide({self.width})"


def in_dict(x: torch.Tensor, v: Any) -> Any:
    v.__dict__["width"] = 9
    vars(v).update(name="m", more=x)
    return x * v.width, v.name, v.more, len(vars(v))


def by_method(x: torch.Tensor, v: Any) -> Any:
    return x * v.widened().widened().width, v.width, hasattr(v, "half") and v.half


def cached(x: torch.Tensor, v: Any) -> Any:
    before = v.double
    v.width = 9
    return x * before, v.double, v


def compared(x: torch.Tensor, v: Any) -> Any:
    v.width = 9
    return x, v == type(v)(9), v == type(v)(1), v in [1, v], v is v, isinstance(v, Bare), v is None


def emptied(x: torch.Tensor, v: Any) -> Any:
    v.width = 0
    return x + 1 if v else x, hasattr(v, "other")


def copied(x: torch.Tensor, v: Any) -> Any:
    v.width = 9
    if hasattr(v, "name"):
        del v.name
    other = copy.deepcopy(v)
    other.width += 1
    return x, copy.copy(v).width, other.width, vars(other), hasattr(copy.copy(v), "name")


def of_class(x: torch.Tensor, v: Any) -> Any:
    before = v.limit
    v.limit = x.sum()
    return before, v.limit, x


def key(x: torch.Tensor, v: Any) -> Any:
    v.width = 9
    held = {v: x}
    return held[v], len(held)


OWN: dict[Any, list[type]] = {
    in_dict: [Bare, Wide],
    by_method: [Wide],
    cached: [Bare, Wide],
    compared: [Bare, Wide],
    emptied: [Bare, Wide],
    copied: [Bare, Wide],
    of_class: [Wide],
    key: [Bare, Wide],
}


@pytest.mark.parametrize(
    ("use", "cls"), [(use, cls) for use, classes in OWN.items() for cls in classes]
)
def test_what_a_class_knows_is_set_when_the_graph_has_run(use: Any, cls: type[Any]) -> None:
    values = lambda: [cls(1), cls(2)]  # noqa: E731
    unset = outcome(_registry(cls), lambda x, v: x + copy.deepcopy(v).width, values)
    if use is copied and unset.status == "refused":  # older releases copy nothing in one piece
        assert outcome(_registry(cls), use, values, fullgraph=False).status == "right"
        return
    assert_right(_registry(cls), use, lambda: [cls(1), cls(1), cls(2)])
    one, both = cls(1), cls(2)
    fresh = lambda: [*map(copy.copy, (one, both)), *([copy.copy(both)] * 2)]  # noqa: E731
    assert outcome(_registry(cls), use, fresh).status == "right"


@pytest.mark.parametrize("text", [str, repr, "{}".format, lambda v: f"{v}", lambda v: "%s" % v])  # noqa: UP031
def test_a_text_of_what_was_set_is_not_the_old_one(text: Any) -> None:
    def shown(x: torch.Tensor, v: Any) -> Any:
        before = text(v)
        v.width = 9
        return x, before, text(v)

    values = lambda: [Wide(1), Wide(2)]  # noqa: E731
    assert outcome(_registry(Wide), shown, values).status in ("right", "refused")
    assert outcome(_registry(Wide), shown, values, fullgraph=False).status == "right"


@pytest.mark.parametrize("cls", [Bare, Closed])
def test_whether_one_is_true_is_not_what_it_holds(cls: type[Any]) -> None:
    """The type says it: there is one graph for all of them."""

    def asked(x: torch.Tensor, v: Any) -> Any:
        one = x + 1 if v else x
        while not v:
            one = one * 2
        return one if v and v is not None else x * 3, any([v, v]), v or x

    values = lambda: [cls(1), cls(1), cls(2), cls(3)]  # noqa: E731
    assert outcome(_registry(cls), asked, values) == ("right", 1, "")
