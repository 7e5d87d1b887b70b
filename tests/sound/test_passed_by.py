"""What a class says of its objects, and torch goes past: it does what a base of the class does."""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import Plans, both_runs, outcomes, steps
from torch import nn
from torch._dynamo.exc import Unsupported
from torch._dynamo.variables.builtin import BuiltinVariable

import vartrack

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


def _of_tensors(name: str, method: Any, use: Callable[[Any, Any], Any]) -> None:
    """A program that gives ``name`` to a class of tensors between two calls of ``use``."""

    def program(wrap):
        cls = type("OwnTensor", (torch.Tensor,), {})
        tensor = torch.ones(3).as_subclass(cls)
        f = wrap(lambda x: use(tensor, x))
        yield lambda: f(ONE).as_subclass(torch.Tensor)
        setattr(cls, name, method)
        yield lambda: f(ONE).as_subclass(torch.Tensor)

    PLANS[f"tensors that come to have {name}"] = program


def _fifty(self: Any, *_: Any) -> torch.Tensor:
    return torch.full((3,), 50.0)


_of_tensors("__add__", _fifty, lambda tensor, x: tensor + 1)
_of_tensors("__radd__", _fifty, lambda tensor, x: 1 + tensor)
_of_tensors("__neg__", _fifty, lambda tensor, x: -tensor)
_of_tensors("__len__", lambda self: 9, lambda tensor, x: x * len(tensor))
_of_tensors("__iter__", lambda self: iter([ONE]), lambda tensor, x: x + sum([*tensor]))
_of_tensors("shape", property(lambda self: (9,)), lambda tensor, x: x * tensor.shape[0])
_of_tensors("dim", lambda self: 9, lambda tensor, x: x * tensor.dim())


@plan
def tensors_with_an_operator_of_their_own(wrap):
    class OwnTensor(torch.Tensor):
        __add__ = _fifty

    tensor = torch.ones(3).as_subclass(OwnTensor)
    f = wrap(lambda x: tensor + 1)
    yield lambda: f(ONE).as_subclass(torch.Tensor)


@plan
def autocast_object(wrap):
    context, weight = torch.autocast("cpu", dtype=torch.bfloat16), torch.ones(2, 2)

    def use(x):
        with context:
            return x @ weight

    f = wrap(use)
    yield lambda: f(weight)
    context.fast_dtype = torch.float16
    yield lambda: f(weight)
    context._enabled = False
    yield lambda: f(weight)


@plan
def call_of_one_module(wrap):
    module = nn.Identity()
    f = wrap(lambda x: module(x))
    yield lambda: f(ONE)
    module._call_impl = lambda x: x * 9  # type: ignore[method-assign]
    yield lambda: f(ONE)


@plan
def object_that_comes_to_have_a_torch_function(wrap):
    cls = type("Own", (), {})
    one = cls()
    f = wrap(lambda x: x * 2 if torch.overrides.has_torch_function((one,)) else x)
    yield lambda: f(ONE)
    cls.__torch_function__ = classmethod(lambda cls, *_: 1)
    yield lambda: f(ONE)


def _of_descriptors(base: Any, held: Any, use: Callable[[Any], Any]) -> None:
    """Programs with a subclass of ``base`` that says itself what it gives, at once or later."""

    def at_once(wrap):
        descriptor = type("Own", (base,), {"__get__": lambda self, one, cls=None: held(2)})
        cls = type("Holding", (), {"value": descriptor(lambda *_: 1)})
        f = wrap(lambda x: x * use(cls()))
        yield lambda: f(ONE)
        descriptor.__get__ = lambda self, one, cls=None: held(9)
        yield lambda: f(ONE)

    def later(wrap):
        descriptor = type("Own", (base,), {})
        one = type("Holding", (), {"value": descriptor(lambda *_: 1)})()
        f = wrap(lambda x: x * use(one))
        yield lambda: f(ONE)
        descriptor.__get__ = lambda self, one, cls=None: held(9)
        yield lambda: f(ONE)

    PLANS[f"a {base.__name__} that gives something else"] = at_once
    PLANS[f"a {base.__name__} that comes to give something else"] = later


def _function(value: int) -> Callable[[], int]:
    return lambda: value


_of_descriptors(property, int, lambda one: one.value)
_of_descriptors(staticmethod, _function, lambda one: one.value())
_of_descriptors(classmethod, _function, lambda one: one.value())


@plan
def property_that_is_set_otherwise(wrap):
    class Own(property):
        def __set__(self, one, value):
            one.__dict__["held"] = value * 2

    class Holding:
        value = Own(lambda self: 1, lambda self, value: self.__dict__.update(held=value))

    def use(x):
        one = Holding()
        one.value = 3
        return x * one.held

    f = wrap(use)
    yield lambda: f(ONE)


class OwnPartial(functools.partial): ...


@plan
def partial_of_a_class_that_comes_to_call_otherwise(wrap):
    cls = type("Own", (functools.partial,), {})
    held = cls(lambda x, by: x * by, by=2)
    f = wrap(lambda x: held(x))
    yield lambda: f(ONE)
    cls.__call__ = lambda self, x: x * 9
    yield lambda: f(ONE)


@plan
def partial_of_a_class(wrap):
    held = OwnPartial(lambda x, by=1, and_by=1: x * by * and_by, by=3)
    f = wrap(lambda x: (held(x, and_by=2), isinstance(held, OwnPartial), type(held) is OwnPartial))
    yield lambda: f(ONE)
    held = functools.partial(held)
    yield lambda: f(ONE)


@plan
def attribute_of_the_class_of_a_partial(wrap):
    cls = type("Own", (functools.partial,), {"level": 2, "act": lambda self, x: self(x) * 3})
    held = cls(lambda x: x)
    f = wrap(lambda x: held.act(x) * getattr(held, "level", 5) + hasattr(held, "more"))
    yield lambda: f(ONE)
    cls.level = 9
    cls.more = 1
    yield lambda: f(ONE)


def _of_classes(name: str, use: Callable[[Any, Any], Any]) -> None:
    """Programs that ask whether two classes are equal, which their metaclass comes to say."""

    def program(wrap):
        meta = type("Meta", (type,), {})
        one, other = meta("One", (), {}), meta("Other", (), {})
        f = wrap(lambda x: x * use(one, other))
        yield lambda: f(ONE)
        meta.__hash__ = lambda cls: 1
        meta.__eq__ = lambda cls, other: True
        yield lambda: f(ONE)

    PLANS[f"classes that come to be equal, {name}"] = program


_of_classes("in a list", lambda one, other: 2 if one in [other] else 1)
_of_classes("by index", lambda one, other: [other, one].index(one) + 1)
_of_classes("counted", lambda one, other: [other, one].count(one))
_of_classes("as keys", lambda one, other: {one: 2}.get(other, 5))
_of_classes("in a set", lambda one, other: len({one, other}))


@plan
def classes_that_are_equal_as_keys(wrap):
    class Meta(type):
        def __eq__(cls, other):
            return isinstance(other, Meta)

        def __hash__(cls):
            return 1

    one, other = Meta("One", (), {}), Meta("Other", (), {})
    table = {one: 2}
    f = wrap(lambda x: x * table.get(other, 5))
    yield lambda: f(ONE)
    Meta.__eq__ = lambda cls, other: cls is other
    yield lambda: f(ONE)


def name_of_the_class_of_an_error(wrap):
    error = type("Failed", (Exception,), {})

    class Named:
        def __enter__(self):
            return self

        def __exit__(self, cls, value, traceback):
            self.name = cls.__name__
            return True

    def use(x):
        named = Named()
        with named:
            raise error
        return x * len(named.name)

    f = wrap(use)
    yield lambda: f(ONE)
    error.__name__ = "FailedOtherwise"
    yield lambda: f(ONE)


if not hasattr(BuiltinVariable, "tp_getset"):  # since then torch reads the name in a table
    plan(name_of_the_class_of_an_error)


@pytest.mark.parametrize("name", PLANS)
def test_the_class_is_asked(name: str) -> None:
    """What the call gives after the change is what Python gives, or the graph breaks."""
    both_runs(PLANS[name], refuses=True)


@pytest.mark.parametrize("name", ["__eq__", "__getitem__"])
def test_an_operator_that_only_a_backend_without_a_compiler_asks_for(name: str) -> None:
    """A graph that is run as it stands asks the class; one that is compiled would not."""

    def program(wrap):
        cls = type("OwnTensor", (torch.Tensor,), {})
        tensor = torch.ones(3).as_subclass(cls)
        f = wrap(lambda x: x + (tensor == 1)[0] + tensor[0])
        yield lambda: f(ONE).as_subclass(torch.Tensor)
        setattr(cls, name, _fifty)
        yield lambda: f(torch.ones(3)).as_subclass(torch.Tensor)

    have, _ = outcomes(program, vartrack.sound, fullgraph=False)
    assert have == steps(program, lambda function: function)
    with pytest.raises(Unsupported, match="a special method of a class of tensors"):
        outcomes(program, vartrack.sound)


class Tripled(torch.Tensor):
    """What it does of its own goes by what all tensors do."""

    def __add__(self, other: Any) -> Any:
        return super().__add__(other) * 3

    def __radd__(self, other: Any) -> Any:
        return super().__radd__(other) * 5

    def __neg__(self) -> Any:
        return super().__neg__() * 7

    def __mul__(self, other: Any) -> Any:
        return super().__mul__(other)

    def sum(self, *dims: int) -> Any:
        return super().sum(*dims) * 2

    def plain_sum(self) -> Any:
        return super().sum()


BY_TENSORS: dict[str, Callable[[Any], Any]] = {
    "an operator": lambda tensor: tensor + 1,
    "an operator of two": lambda tensor: tensor + tensor,
    "the other way round": lambda tensor: 1 + tensor,
    "beside a plain tensor": lambda tensor: torch.ones(3) + tensor,
    "of one operand": lambda tensor: -tensor,
    "no more than the other": lambda tensor: tensor * 2,
    "a special method by its name": lambda tensor: tensor.__add__(1),
    "the method of the class": lambda tensor: Tripled.__add__(tensor, 1),
    "that of all tensors": lambda tensor: torch.Tensor.__add__(tensor, 1),
    "a method": lambda tensor: tensor.sum(0),
    "past a method": lambda tensor: tensor.plain_sum(),
}


@pytest.mark.parametrize("use", BY_TENSORS.values(), ids=BY_TENSORS)
def test_a_method_that_goes_by_that_of_tensors_is_called_once(use: Callable[[Any], Any]) -> None:
    """torch puts a call by the name into the graph, which calls the method of the class again."""

    def program(wrap):
        f = wrap(use)
        tensor = torch.ones(3).as_subclass(Tripled)
        yield lambda: f(tensor).as_subclass(torch.Tensor)

    both_runs(program)


def test_a_method_without_an_answer_is_left_to_python() -> None:
    class Unable(torch.Tensor):
        def __mul__(self, other: Any) -> Any:
            return NotImplemented

    class Able:
        def __rmul__(self, other: Any) -> int:
            return 7

    tensor, able = ONE.as_subclass(Unable), Able()

    def program(wrap):
        f = wrap(lambda x: x + (tensor * able))
        yield lambda: f(ONE)

    have, _ = outcomes(program, vartrack.sound, fullgraph=False)
    assert have == steps(program, lambda function: function)


def test_autocast_needs_no_more_graphs() -> None:
    """An object that is set to what it was set to is no other."""

    def program(wrap):
        context = torch.autocast("cpu", dtype=torch.bfloat16)

        def use(x):
            with context:
                return x @ x

        f = wrap(use)
        for _ in range(3):
            yield lambda: f(torch.ones(2, 2))
            context.fast_dtype = torch.bfloat16

    assert both_runs(program) == 1


class Colour(enum.IntEnum):
    RED = 1

    def __repr__(self):
        return "red"


def _other(*_: Any) -> Any:
    return 77


def _text(*_: Any) -> str:
    return "own"


_TEXTS = {"__repr__": _text, "__str__": _text}
_NUMBERS = {
    **_TEXTS,
    **dict.fromkeys(("__add__", "__neg__", "__rsub__"), _other),
    **dict.fromkeys(("__eq__", "__lt__"), lambda self, other: True),
    "__hash__": _other,
    "__bool__": lambda self: False,
}
_ITEMS = {
    **_TEXTS,
    "__len__": lambda self: 99,
    "__getitem__": lambda self, at: "own",
    "__iter__": lambda self: iter("own"),
    "__contains__": lambda self, item: True,
    "__add__": _other,
}
#: Objects of classes that say everything themselves, and by which base they are asked.
_OWN: dict[type, Any] = {
    int: type("OwnInt", (int,), _NUMBERS)(3),
    float: type("OwnFloat", (float,), {**_NUMBERS, "__float__": lambda self: 9.0})(3.5),
    str: type("OwnText", (str,), {**_ITEMS, "__hash__": _other, "upper": _text})("ab"),
    list: type("OwnList", (list,), _ITEMS)([1, 2]),
    tuple: type("OwnTuple", (tuple,), _ITEMS)((1, 2)),
    dict: type("OwnDict", (dict,), {**_ITEMS, "get": _text})(a=1),
    set: type("OwnSet", (set,), {**_ITEMS, "__or__": _other})({1}),
    Exception: type("OwnError", (Exception,), _TEXTS)("a"),
}
_ASKED: dict[type, list[Callable[[Any], Any]]] = {
    int: [
        *(int.__repr__, int.__str__, int.__neg__, int.__bool__, int.bit_length),
        lambda it: (int.__add__(it, 1), int.__rsub__(it, 1), int.__lt__(it, 1), int.__eq__(it, 4)),
    ],
    float: [
        *(float.__repr__, float.__neg__, float.__float__),
        lambda it: (float.__add__(it, 1), float.__eq__(it, 4)),
    ],
    str: [
        *(str.__len__, str.__repr__, str.upper),
        lambda it: [*str.__iter__(it)],
        lambda it: (str.__getitem__(it, 0), str.__contains__(it, "x"), str.__add__(it, "c")),
    ],
    list: [
        *(list.__len__, list.__repr__),
        lambda it: [*list.__iter__(it)],
        lambda it: (list.__getitem__(it, 0), list.__contains__(it, 7), list.index(it, 2)),
        lambda it: list.__add__(it, [1]),
    ],
    tuple: [
        *(tuple.__len__, tuple.__repr__),
        lambda it: [*tuple.__iter__(it)],
        lambda it: (tuple.__getitem__(it, 0), tuple.__contains__(it, 7), tuple.count(it, 1)),
        lambda it: tuple.__add__(it, (1,)),
    ],
    dict: [
        *(dict.__len__, dict.__repr__, dict.copy),
        lambda it: [*dict.__iter__(it)],
        lambda it: (dict.__getitem__(it, "a"), dict.__contains__(it, "b"), dict.get(it, "a")),
        lambda it: dict.__or__(it, {"b": 1}),
    ],
    set: [
        *(set.__len__, set.__repr__),
        lambda it: sorted(set.__iter__(it)),
        lambda it: (set.__contains__(it, 7), set.__or__(it, {5}), set.__sub__(it, {1})),
    ],
    Exception: [Exception.__repr__, Exception.__str__],
}


@pytest.mark.parametrize(
    ("base", "at"),
    [
        pytest.param(base, at, id=f"{base.__name__}-{at}")
        for base, asked in _ASKED.items()
        for at in range(len(asked))
    ],
)
def test_a_method_of_the_base_is_what_the_base_has(base: type, at: int) -> None:
    """``int.__repr__(number)`` is the text of the number, whatever its class says of texts."""
    ask, it = _ASKED[base][at], _OWN[base]

    def program(wrap):
        f = wrap(lambda x: (x + 1, ask(it)))
        yield lambda: f(ONE)

    both_runs(program, refuses=True)


def test_a_method_under_another_name_is_that_method() -> None:
    """``member.__str__`` of a number that is a member of an enum is ``int.__repr__``."""

    def program(wrap):
        f = wrap(lambda x: (x + 1, Colour.RED.__str__(), str(Colour.RED), repr(Colour.RED)))
        yield lambda: f(ONE)

    both_runs(program, refuses=True)


class Counted(int):
    def __add__(self, other):
        return int(int.__add__(self, other)) + 1

    def __repr__(self):
        return "n" + int.__repr__(self)


class Word(str):
    def __len__(self):
        return str.__len__(self) + 1

    def __add__(self, other):
        return str.__add__(self, other) + "."


class Row(list):
    def __repr__(self):
        return "row" + list.__repr__(self)


class Table(dict):
    def __getitem__(self, key):
        return dict.__getitem__(self, key) + 1

    def __contains__(self, key):
        return dict.__contains__(self, key.lower())


def test_methods_that_call_the_one_of_the_base() -> None:
    """The class of a program says something more, and what it has from its base is that."""

    def program(wrap):
        number, word, row, table = Counted(3), Word("ab"), Row([1, 2]), Table(a=1)
        f = wrap(lambda x: (x + 1, number + 1, repr(number), len(word), word + "c", table["a"]))
        g = wrap(lambda x: (x + 1, repr(row), "A" in table))
        yield lambda: (f(ONE), g(ONE))

    both_runs(program, refuses=True)


def test_an_override_that_comes_later_is_passed_by_too() -> None:
    """What was called on the base stays that when the class gets such a method."""

    def program(wrap):
        cls = type("Own", (int,), {})
        number = cls(3)
        f = wrap(lambda x: (x + 1, int.__add__(number, 1), int.__repr__(number)))
        yield lambda: f(ONE)
        cls.__add__, cls.__repr__ = _other, _text
        yield lambda: f(ONE)

    both_runs(program, refuses=True)


def test_an_audit_tells_of_what_was_passed_by() -> None:
    """On torch alone the answer is an old one, and the audit says what changed."""
    cls = type("OwnTensor", (torch.Tensor,), {})
    tensor = torch.ones(3).as_subclass(cls)
    compiled = torch.compile(lambda x: x + (-tensor), backend="eager")
    torch._dynamo.reset()
    with vartrack.audit() as report:
        compiled(torch.ones(3))
        compiled(torch.ones(3))
        assert not report.stale
        cls.__neg__ = _fifty
        compiled(torch.ones(3))
    assert [fact.fact for fact in report.stale if "__neg__" in fact.fact]
