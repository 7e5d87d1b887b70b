"""No text shows where in memory something is: it is elsewhere the next time."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, SnapshotVisitor, Visitor, plugins
from vartrack.bases.tracing.evaluating import folding
from vartrack.core.texts.articles import with_article
from vartrack.core.texts.wording import briefly, told, without_addresses, worded
from vartrack.dispatch.order import Order
from vartrack.testing import check_guards, check_halves_agree

pytestmark = pytest.mark.usefixtures("as_before")

ADDRESS = re.compile(r"0x[0-9a-f]{4,}", re.IGNORECASE)


class Thing:
    """Its ``repr`` is that of `object`, and shows an address."""

    def __init__(self, number: int = 0) -> None:
        self.number = number

    def __len__(self) -> int:
        return self.number


class Wicked:
    def __repr__(self) -> str:
        raise OSError("no text")


def test_words_for_values() -> None:
    """Short, and whatever ``repr`` does."""
    thing = Thing()
    assert ADDRESS.search(repr(thing))
    assert worded(thing) == "<test_wording.Thing object>"
    assert worded([thing, print, thing.__init__]) == (
        "[<test_wording.Thing object>, <built-in function print>, "
        "<bound method Thing.__init__ of <test_wording.Thing object>>]"
    )
    assert worded(Wicked()) == "<Wicked, whose repr raised OSError>"
    assert len(worded("x" * 1000)) == 200 and worded("x" * 1000).endswith("...")
    assert briefly((thing, thing)) == "(<test_wording.Thing object>, <test_wording.Thing object>)"
    assert told(ValueError(f"{thing} it is")) == "ValueError: <test_wording.Thing object> it is"


@pytest.mark.parametrize("text", ["at 0x10 it is", "0xdeadbeef is a number", "mask=0xff", "a 0x"])
def test_numbers_of_the_program_stay(text: str) -> None:
    """Only what Python itself writes of an object goes."""
    assert without_addresses(text) == text


NAMES = (
    *("an int", "a str", "an OrderedDict", "an ndarray", "a UUID", "a Unit", "a uint8", "a User"),
    *("an Undefined", "an Until", "an Uninitialized", "an HTTPError", "an LRUCache", "a UTCDate"),
    *(
        "an IPv4Address",
        "a JSONDecoder",
        "a FIFO",
        "a OneOf",
        "an Oneiric",
        "a European",
        "an Hour",
        "an F",
        "a T",
    ),
)


@pytest.mark.parametrize("text", NAMES)
def test_a_type_has_the_article_that_it_is_spoken_with(text: str) -> None:
    name = text.partition(" ")[2]
    assert with_article(name) == text
    assert with_article(type(name, (), {"__qualname__": f"_{name}"})) == text.replace(" ", " _")
    assert with_article(name, begins=True) == f"A{text[1:]}"


def test_no_text_has_an_article_of_its_own_before_a_type() -> None:
    """It would be wrong for every second type."""
    files = [*Path(vartrack.__file__).parent.rglob("*.py")]
    assert len(files) > 100
    found = [
        f"{file.name}: {line.strip()}"
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"\b[aA]n? \{(?!half\})", line)
    ]
    assert not found


# the errors, each brought about with an object that has an address in its text

THING: Any = Thing()


def made(base: Any, **attributes: Any) -> type[Visitor]:
    return type("Things", (base,), {"types": (Thing,), **attributes})


def register(visitor: Any, **options: Any) -> None:
    vartrack.stock.derive("mine").register(visitor, **options)


ERRORS: dict[str, Callable[[], Any]] = {
    "VT102": lambda: made(ConstantVisitor, types=(THING,)),
    "VT105": lambda: made(ConstantVisitor, guarded_by=(THING,)),
    "VT107": lambda: made(ConstantVisitor, priority=THING),
    "VT107, tracked": lambda: made(RecordVisitor, tracked=THING),
    "VT107, step": lambda: made(ConstantVisitor, step=(THING,)),
    "VT108": lambda: made(ConstantVisitor, on_torch=THING),
    "VT109": lambda: made(RecordVisitor, fields=THING),
    "VT110": lambda: made(ConstantVisitor, key=THING),
    "VT110, state": lambda: made(SnapshotVisitor, state=THING),
    "VT110, impure": lambda: made(SnapshotVisitor, impure=(THING,)),
    "VT203": lambda: register(THING),
    "VT206": lambda: vartrack.stock.derive().dispatcher.add((Thing,), THING),
    "VT206, types": lambda: vartrack.stock.derive().dispatcher.add((THING, 1), THING),
    "VT209": lambda: Order().move(made(ConstantVisitor), before=THING),
    "VT307": lambda: vartrack.install(THING),
    "VT502": lambda: plugins._register_of(THING, plugins.Plugin("a", "a:b", "c", "1")),
}


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_shows_no_address(code: str) -> None:
    with pytest.raises(vartrack.VartrackError) as caught:
        ERRORS[code]()
    assert not ADDRESS.search(str(caught.value)), caught.value
    assert caught.value.code == code[:5]


def test_compare_names_what_it_cannot_call() -> None:
    with pytest.raises(TypeError, match=r"<test_wording.Thing object> cannot be called"):
        vartrack.compare(THING)


# graph breaks


def failing(error: Callable[[Any], Exception]) -> Callable[[Any], Any]:
    def fails(value: Any) -> Any:
        raise error(value)

    return fails


BREAKS: dict[str, tuple[Any, dict[str, Any]]] = {
    "a key that raises": (
        ConstantVisitor,
        {"key": staticmethod(failing(lambda value: ValueError(f"{value} is bad")))},
    ),
    "a state that raises": (
        ConstantVisitor,
        {
            "key": staticmethod(lambda value: value.number),
            "state": staticmethod(lambda: failing(lambda _: ValueError(THING))(1)),
        },
    ),
    "a guard of no kind": (
        ConstantVisitor,
        {"guards": lambda self, ctx, value: ctx.guard(value)},
    ),
    "no names": (RecordVisitor, {"fields": staticmethod(lambda value: [value])}),
    "a tracker that is none": (
        ConstantVisitor,
        {"tracker": lambda self, ctx, value, children, **options: value},
    ),
    "a visitor that raises": (
        ConstantVisitor,
        {"guards": lambda self, ctx, value: failing(lambda v: ValueError(f"{v}"))(value)},
    ),
}


def explained(base: Any, attributes: dict[str, Any]) -> Any:
    registry = vartrack.stock.derive("mine")
    registry.register(made(base, **attributes))
    with vartrack.use(registry):
        return vartrack.explain(lambda x, v: x + len(v.__dir__()), torch.ones(1), Thing(1))


@pytest.mark.parametrize("name", BREAKS)
def test_a_graph_break_shows_no_address(name: str) -> None:
    found = explained(*BREAKS[name])
    ours = [each.reason for each in found.breaks if "vartrack" in each.reason]
    assert ours, found
    for text in ours:
        assert not ADDRESS.search(text), text


KEYS: tuple[tuple[Any, Any], ...] = (
    (ConstantVisitor, staticmethod(lambda value: (value.number, THING))),
    (SnapshotVisitor, staticmethod(lambda value: (value.number, frozenset([THING])))),
    (SnapshotVisitor, vartrack.content_key),
)


@pytest.mark.parametrize("base, key", KEYS)
def test_explain_and_its_guards_show_no_address(base: Any, key: Any) -> None:
    """Nor does the reason of a recompile, which has the text of the guard."""
    found = explained(base, {"key": key})
    assert found.ran and "KEY_MATCH" in found.text(200, "guards")
    assert not any(ADDRESS.search(found.text(200, form)) for form in ("summary", "full", "guards"))
    assert not ADDRESS.search(found.to_json())
    registry = vartrack.stock.derive("mine")
    registry.register(made(base, key=key))
    with vartrack.use(registry), torch._dynamo.config.patch(error_on_recompile=True):
        run = torch.compile(lambda x, v: x + len(v.__dir__()), backend="eager", fullgraph=True)
        run(torch.ones(1), Thing(1))
        with pytest.raises(torch._dynamo.exc.RecompileError) as caught:
            run(torch.ones(1), Thing(2))
    (text,) = [line for line in str(caught.value).splitlines() if "==" in line][:1]
    assert "Thing" in text and not ADDRESS.search(text), text


def test_the_checks_show_no_address() -> None:
    coarse = made(ConstantVisitor, key=staticmethod(lambda value: 1))
    with pytest.raises(AssertionError) as caught:
        check_guards(coarse, [Thing(1), Thing(2)], lambda x, v: x + len(v.__dir__()), graphs=2)
    assert not ADDRESS.search(str(caught.value))
    with pytest.raises(AssertionError) as caught:
        check_guards(coarse, [Wrong()])
    assert not ADDRESS.search(str(caught.value))
    with pytest.raises(AssertionError) as caught:
        check_halves_agree(made(RecordVisitor, fields=("number",)), Thing())
    assert not ADDRESS.search(str(caught.value))


class Wrong:
    """Taken by nobody."""


def test_suggest_shows_no_address() -> None:
    found = vartrack.suggest(Thing(1))
    assert not ADDRESS.search(str(found)) and not ADDRESS.search(found.to_json())


# the extra for numpy


@pytest.mark.parametrize(
    "result", [np.float64(1), np.arange(2), [1, (np.float32(2),)], {"a": np.float32(2)}]
)
def test_what_numpy_gives_names_the_extra(result: Any) -> None:
    """Also where it is inside of something."""
    with pytest.raises(Unsupported) as caught:
        folding._no_form("thing.part", result, unsupported())
    assert "vartrack.install(extras=['numpy'])" in str(caught.value)
    assert "types = (" not in str(caught.value)


def test_what_others_give_names_their_type() -> None:
    """And not the list that it is in."""
    with pytest.raises(Unsupported) as caught:
        folding._no_form("thing.part", [1, Thing()], unsupported())
    assert "types = (Thing,)" in str(caught.value) and "numpy" not in str(caught.value)


def unsupported() -> Unsupported:
    """A graph break of torch's."""
    with pytest.raises(Unsupported) as caught:
        folding.refuse("thing", "has no form")
    return caught.value
