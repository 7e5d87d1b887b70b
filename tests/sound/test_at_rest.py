"""What is asked again only where something on the way to it changed: objects, cells, classes."""

from __future__ import annotations

import dataclasses
import gc
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from facts import both_runs, outcomes
from torch import nn

import vartrack
from vartrack.soundness.memory import dict_tags
from vartrack.soundness.own_dicts import own_dicts
from vartrack.soundness.own_dicts.at_rest import AtRest

ONE = torch.ones(2)

pytestmark = [
    pytest.mark.skipif(not dict_tags.AVAILABLE, reason="dicts have no tags here"),
    pytest.mark.usefixtures("always"),
]


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few facts there are, they are asked where something changed."""
    for name in ("_FROM", "_FROM_ONE"):
        monkeypatch.setattr(own_dicts, name, 1)


class Tool:
    """A plain object, which holds others."""

    def __init__(self, held: Any = None) -> None:
        self.held = held
        self.table = {"held": held, "number": 1}


class Other(Tool):
    pass


def closing_over(held: Any) -> Any:
    return lambda: held


class Holder(nn.Module):
    """A module with a plain object, a function and a thing that both lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.thing = Tool()
        self.tool = Tool(self.thing)
        self.deep = Tool(Tool(self.thing))
        self.closing = closing_over(self.thing)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.tool_has_it(1) + self.deep_has_it(10) + self.table_has_it(100)

    def tool_has_it(self, n: int) -> int:
        return n if self.tool.held is self.thing else 0

    def deep_has_it(self, n: int) -> int:
        return n if self.deep.held.held is self.thing else 0

    def table_has_it(self, n: int) -> int:
        return n if self.tool.table["held"] is self.thing else 0


def _new_dict(m: Holder) -> None:
    m.tool.__dict__ = {"held": None, "table": m.tool.table}


def _many(m: Holder) -> None:
    for _ in range(40):
        m.tool = Tool(m.thing)
        m.tool.table["held"] = Tool()


CHANGES: dict[str, Callable[[Holder], Any]] = {
    "nothing": lambda m: None,
    "the thing": lambda m: setattr(m, "thing", Tool()),
    "what the object holds": lambda m: setattr(m.tool, "held", Tool()),
    "what is in its dict": lambda m: m.tool.__dict__.update(held=Tool()),
    "its dict": _new_dict,
    "the object": lambda m: setattr(m, "tool", Tool()),
    "the object, by one that holds the same": lambda m: setattr(m, "tool", Tool(m.thing)),
    "its class": lambda m: setattr(m.tool, "__class__", Other),
    "something else of it": lambda m: setattr(m.tool, "more", 3),
    "what is deep inside": lambda m: setattr(m.deep.held, "held", None),
    "an object inside": lambda m: setattr(m.deep, "held", Tool()),
    "an item of its table": lambda m: m.tool.table.update(held=None),
    "another item": lambda m: m.tool.table.update(number=2),
    "its table": lambda m: setattr(m.tool, "table", {"held": None}),
    "many objects": _many,
}


def _new_dict_with_it(m: Holder) -> None:
    m.tool.__dict__ = {"held": m.thing, "table": m.tool.table}


def _many_and_it(m: Holder) -> None:
    for _ in range(40):
        m.tool = Tool()
    m.tool.held = m.thing


#: Of those that lead to other things at first.
TO_IT: dict[str, Callable[[Holder], Any]] = {
    "nothing": lambda m: None,
    "the thing": lambda m: setattr(m, "thing", m.tool.held),
    "what the object holds": lambda m: setattr(m.tool, "held", m.thing),
    "what is in its dict": lambda m: m.tool.__dict__.update(held=m.thing),
    "its dict": _new_dict_with_it,
    "the object": lambda m: setattr(m, "tool", Tool(m.thing)),
    "what is deep inside": lambda m: setattr(m.deep.held, "held", m.thing),
    "an object inside": lambda m: setattr(m.deep, "held", Tool(m.thing)),
    "an item of its table": lambda m: m.tool.table.update(held=m.thing),
    "its table": lambda m: setattr(m.tool, "table", {"held": m.thing}),
    "many objects": _many_and_it,
}


def apart() -> Holder:
    """One that leads to other things."""
    model = Holder()
    model.tool, model.deep = Tool(Tool()), Tool(Tool(Tool()))
    return model


def changing(make: Callable[[], Any], change: Callable[[Any], Any]) -> Any:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        model = make()
        compiled = wrap(model)
        yield lambda: compiled(ONE)
        change(model)
        yield lambda: compiled(ONE)

    return program


@pytest.mark.parametrize("name", CHANGES)
def test_objects_on_the_way(name: str) -> None:
    both_runs(changing(Holder, CHANGES[name]))


@pytest.mark.parametrize("name", TO_IT)
def test_objects_that_led_elsewhere(name: str) -> None:
    both_runs(changing(apart, TO_IT[name]))


class Closing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.thing = Tool()
        self.closing = closing_over(self.thing)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1 if self.closing() is self.thing else x - 1


def _closing_apart() -> Closing:
    model = Closing()
    model.closing = closing_over(Tool())
    return model


def _cell(m: Closing) -> None:
    m.closing.__closure__[0].cell_contents = Tool()


def _cell_to_it(m: Closing) -> None:
    m.closing.__closure__[0].cell_contents = m.thing


def _cell_and_back(m: Closing) -> None:
    for _ in range(20):
        _cell(m)
    _cell_to_it(m)


@pytest.mark.parametrize("make", [Closing, _closing_apart])
def test_cells(make: Callable[[], Closing]) -> None:
    for change in (
        _cell,
        _cell_to_it,
        _cell_and_back,
        lambda m: setattr(m, "closing", closing_over(Tool())),
        lambda m: setattr(m, "closing", closing_over(m.thing)),
    ):
        both_runs(changing(make, change))


def _class() -> Any:
    return type("Shown", (Tool,), {"__module__": "here"})


NAMED: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda cls: None,
    "its qualified name": lambda cls: setattr(cls, "__qualname__", "Other.Shown"),
    "many": lambda cls: [setattr(cls, "__qualname__", f"Shown{n}") for n in range(50)],
    "its module": lambda cls: setattr(cls, "__module__", "there"),
    "its name alone": lambda cls: setattr(cls, "__name__", "Other"),
    "something else": lambda cls: setattr(cls, "number", 3),
}


@pytest.mark.parametrize("name", NAMED)
def test_texts_of_classes(name: str) -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        cls = _class()
        holder = nn.Module()
        holder.kind = cls
        f = wrap(lambda x: (x + 1, f"{cls} {holder.kind!r}", str(holder.kind)))
        yield lambda: f(ONE)
        NAMED[name](cls)
        yield lambda: f(ONE)
        holder.kind = type("Shown", (), {"__module__": "elsewhere"})
        yield lambda: f(ONE)

    both_runs(program)


@dataclasses.dataclass
class Some:
    a: int = 1
    b: int = 2


@dataclasses.dataclass
class More(Some):
    c: int = 3


def _given_fields(cls: Any) -> None:
    cls.__dataclass_fields__ = dict(list(cls.__dataclass_fields__.items())[:1])


FIELDS: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda cls: None,
    "one more": lambda cls: cls.__dataclass_fields__.update(c=More.__dataclass_fields__["c"]),
    "one less": lambda cls: cls.__dataclass_fields__.pop("b"),
    "another dict": _given_fields,
    "those of another class": lambda cls: setattr(
        cls, "__dataclass_fields__", More.__dataclass_fields__
    ),
    "something else of the class": lambda cls: setattr(cls, "number", 3),
}


@pytest.mark.parametrize("name", FIELDS)
def test_fields_of_dataclasses(name: str) -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        cls = dataclasses.make_dataclass("Made", [("a", int, 1), ("b", int, 2)])
        value = cls()
        value.c = 5
        f = wrap(lambda x: (x + 1, [field.name for field in dataclasses.fields(value)]))
        yield lambda: f(ONE)
        FIELDS[name](cls)
        yield lambda: f(ONE)

    both_runs(program)


class Asking(types.ModuleType):
    """A module that says what it has not."""

    def __getattr__(self, name: str) -> Any:
        return 7


def test_the_class_of_a_module() -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        module = types.ModuleType("made")
        module.number = 1
        f = wrap(lambda x: x + module.number + getattr(module, "other", 0))
        yield lambda: f(ONE)
        module.__class__ = Asking
        yield lambda: f(ONE)
        module.other = 3
        yield lambda: f(ONE)

    both_runs(program, refuses=True)


class Equal(nn.Module):
    """Equal to all its like, once it is of this class."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class Unlike(nn.Module):
    pass


@pytest.mark.parametrize(
    "change",
    [
        lambda one, other: None,
        lambda one, other: (setattr(one, "__class__", Equal), setattr(other, "__class__", Equal)),
        lambda one, other: setattr(type(one), "__hash__", lambda self: 1),
    ],
)
def test_keys_that_come_to_be_equal(change: Any) -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        holder, cls = nn.Module(), type("Own", (Unlike,), {})
        holder.one, holder.other = cls(), cls()
        f = wrap(lambda x: x + len({holder.one, holder.other}))
        yield lambda: f(ONE)
        change(holder.one, holder.other)
        yield lambda: f(ONE)

    both_runs(program, refuses=True)


def often(wrap: Any) -> Iterator[Callable[[], Any]]:
    """An object changes at every call, and once what is relied on."""
    model = apart()
    compiled = wrap(model)
    for number in range(40):
        model.tool.number = number
        yield lambda: compiled(ONE)
    model.tool.held = model.thing
    yield lambda: compiled(ONE)
    model.deep.held.held = model.thing
    yield lambda: compiled(ONE)


def replaced(wrap: Any) -> Iterator[Callable[[], Any]]:
    """Another object is in its place at every call."""
    model = apart()
    compiled = wrap(model)
    for _ in range(40):
        model.tool = Tool(Tool())
        yield lambda: compiled(ONE)
    model.tool = Tool(model.thing)
    yield lambda: compiled(ONE)


@pytest.mark.parametrize("program", [often, replaced])
def test_what_changes_at_every_call_is_asked_at_every_call(
    program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To look at all again would take longer; the answers and graphs are the same."""
    looked = []
    own = AtRest.__init__

    def counting(self: Any, *args: Any) -> None:
        looked.append(self)
        own(self, *args)

    monkeypatch.setattr(AtRest, "__init__", counting)
    both_runs(program)
    looked.clear()
    _, graphs = outcomes(program, vartrack.sound)
    assert graphs <= 3
    assert len(looked) < 30


def test_nothing_is_kept_alive() -> None:
    torch._dynamo.reset()
    compiled = torch.compile(lambda model, x: model(x), backend="eager", fullgraph=True)
    gone = []
    with vartrack.use(vartrack.sound):
        for _ in range(3):
            model = Holder()
            model.tool.owner = model
            compiled(model, ONE)
            compiled(model, ONE)
            gone += [weakref.ref(model), weakref.ref(model.tool), weakref.ref(model.thing)]
            del model
            gc.collect()
    assert [reference() for reference in gone] == [None] * 9
