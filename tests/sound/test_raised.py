"""What raises while it is traced: the program catches it, or is refused, as no compile may die."""

from __future__ import annotations

import collections
import enum
import math
import operator
import types
from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import both_runs, outcomes, steps
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack.soundness.looked_up.classes import Classes

pytestmark = pytest.mark.first_answer

ONE = torch.ones(2)


class Color(enum.Enum):
    RED = 1


def takes(a: int = 1, **more: int) -> int:
    return a + len(more)


def _raise(what):
    raise what


def _raise_from(what):
    raise KeyError(1) from what


def _error_of(use: Callable[[Any], Any], value: Any) -> Any:
    try:
        return use(value)
    except Exception as error:
        return type(error), str(error)


def _kind(use: Callable[[], Any]) -> Any:
    try:
        return use()
    except TypeError as error:
        return type(error)


def _tries(use: Callable[[Any], Any], *values: Any) -> Any:
    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, value: (x + 1, _error_of(use, value)))
        for value in values:
            yield lambda: f(ONE, value)  # noqa: B023  # it is called before the next

    return plan


#: With values of which some raise. torch takes the error for its own and dies of it, or gives an
#: answer; it is caught here.
CAUGHT: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...]]] = {
    "divided by a number that varies": (lambda v: 6 // v + v % 6 + 1 / v, (2, 3, 4, 0, 5, 0)),
    "a number that is infinite": (lambda v: int(v) + round(v * 2), (2.5, 3.5, math.inf, 4.5)),
    "a number worked out that is infinite": (lambda v: int(v * 2), (2.5, 3.5, 1e308, 4.5)),
    "a power that is too large": (lambda v: v**400.0, (1.5, 2.0, 1e10, 1.25)),
    "a power of what is worked out": (lambda v: 10.0 ** (v * 2), (1.5, 2.0, 200.0, 1.25)),
    "what is next to an infinite number": (
        lambda v: math.floor(v) + math.ceil(v) + math.trunc(v),
        (2.5, 3.5, math.inf, 4.5, math.nan),
    ),
    "the same by its method": (lambda v: v.__floor__(), (2.5, 3.5, math.inf, 4.5)),
    "a root of what is negative": (
        lambda v: math.sqrt(v) + math.sqrt(v * 2),
        (2.5, 3.5, -1.0, 4.5),
    ),
    "an angle of what is too large": (lambda v: math.acos(v), (0.25, 0.5, 2.0, 0.75)),
    "what is too large for a float": (lambda v: math.cosh(v), (0.25, 0.5, 2000.0, 0.75)),
    "a logarithm of zero": (lambda v: math.log(v), (0.25, 0.5, 0.0, 0.75, -1.0)),
    "moved by less than none": (lambda v: 1 << v, (1, 3, -1, 4)),
    "more arguments than it takes": (lambda v: len(*v), (([1],), ([1], [2]))),
    "a getter of what is not there": (operator.attrgetter("real"), (3, [1])),
    "divided by a float that varies": (lambda v: 1 / v, (2.5, 3.5, 4.5, 0.0, 5.5)),
    "the largest of none": (max, ([1, 2], [])),
    "the smallest of none": (min, ((3,), ())),
    "the largest of a dict without keys": (max, ({1: 2}, {})),
    "the largest of an empty set": (max, ({1}, set())),
    "a name that a text lacks": (lambda v: "{x}".format(**v), ({"x": 1}, {})),
    "a place that a text lacks": (lambda v: "{0[1]}".format(v), ([1, 2], [1])),
    "what is joined": (lambda v: ",".join(v), (["a"], [1])),
    "bytes that are no text": (lambda v: v.decode("utf8"), (b"a", b"\xff")),
    "a place of a text that is not there": (lambda v: "abc".index(v), ("b", "z")),
    "an infinite number": (int, (2.5, math.inf, math.nan)),
    "how it is shown": (lambda v: f"{3:{v}}", ("d", "z")),
    "a key that a text lacks": (lambda v: "%(a)s" % v, ({"a": 1}, {})),
    "an argument twice by name": (lambda v: _kind(lambda: takes(a=1, **v)), ({"b": 1}, {"a": 1})),
    "an argument by place and name": (lambda v: takes(1, **v), ({"b": 1}, {"a": 1})),
    "a step of zero": (lambda v: list(range(v, 4, 0)), (2, 3)),
    "the text of a missing key": (lambda v: v["a"], ({"a": 1}, {})),
    "raising what is no error": (_raise, (1, "a", None, KeyError)),
    "an argument named by a number": (lambda v: takes(**v), ({"b": 1}, {1: 1})),
}

#: The same where it is not known what the error is. torch dies.
REFUSED: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...]]] = {
    "a sum": (sum, ([1, 2], ["a"])),
    "all of a number": (all, ([1], 3)),
    "a name that is none": (lambda v: getattr(ONE, v, None), ("shape", 3)),
    "an enum without it": (Color, (1, 2)),
    "the first of none": (lambda v: collections.deque(v).popleft(), ([1], [])),
    "a row that is not there": (lambda v: torch.ones(2)[v], (1, 5)),
    "a row that is selected": (lambda v: torch.ones(2).select(0, v), (1, 5)),
    "a place in a row": (lambda v: torch.ones(2, 2)[0, v], (1, 5)),
    "a step that comes to be zero": (lambda v: list(range(0, 4, v)), (2, 0)),
    "an attribute of what is made": (lambda v: getattr(ONE + 1, v), ("ndim", "ghost")),
    "raising an error from outside": (_raise, (KeyError(1), KeyError(2))),
    "an error from outside as the cause": (_raise_from, (KeyError(1), KeyError(2))),
}


@pytest.mark.parametrize("what", CAUGHT)
@pytest.mark.usefixtures("as_before")
def test_it_is_caught(what: str) -> None:
    use, values = CAUGHT[what]
    both_runs(_tries(use, *values))


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.usefixtures("as_before")
def test_it_is_refused(what: str) -> None:
    use, values = REFUSED[what]
    both_runs(_tries(use, *values), refuses=True)


#: Operators on tensors, of which torch's own error would come in the place of Python's.
OPERATORS: dict[str, Callable[[Any, int], Any]] = {
    "other sizes": lambda x, n: x + torch.ones(n),
    "a view of more": lambda x, n: x.view(n),
    "a number too large for the type": lambda x, n: x.half().fill_(n**11),
    "a product": lambda x, n: x @ torch.ones(n),
}


@pytest.mark.parametrize("what", OPERATORS)
@pytest.mark.usefixtures("as_before")
def test_an_operator_is_refused_in_a_try(what: str) -> None:
    operator = OPERATORS[what]

    def plan(wrap: Any) -> Any:
        def use(x: Any, n: int) -> Any:
            try:
                return operator(x, n)
            except RuntimeError:
                return x, "other sizes"

        f = wrap(use)
        yield lambda: f(ONE, 2)
        yield lambda: f(ONE, 3)

    both_runs(plan, refuses=True)


@pytest.mark.usefixtures("as_before")
def test_the_text_of_an_error_is_that_of_its_class() -> None:
    def plan(wrap: Any) -> Any:
        def use(x: Any, key: str) -> Any:
            try:
                raise KeyError(key)
            except LookupError as error:
                return x, str(error), f"{error}", repr(error), error.args

        f = wrap(use)
        yield lambda: f(ONE, "a")
        yield lambda: f(ONE, "b")

    both_runs(plan)


# of a number that varies torch makes no text where the class is known
@pytest.mark.parametrize(("cls", "numbers"), [(OSError, (2, 17, -1)), (PermissionError, (2,))])
@pytest.mark.usefixtures("as_before")
def test_the_class_of_an_error_goes_by_its_number(
    cls: type[OSError], numbers: tuple[int, ...]
) -> None:
    def plan(wrap: Any) -> Any:
        def use(x: Any, number: int) -> Any:
            try:
                raise cls(number, "why")
            except FileNotFoundError as error:
                return x, type(error).__name__, str(error), error.args
            except OSError as error:
                return x + 1, type(error).__name__, str(error), error.args

        f = wrap(use)
        for number in numbers:
            yield lambda: f(ONE, number)  # noqa: B023  # it is called before the next

    both_runs(plan)


@pytest.mark.usefixtures("as_before")
def test_an_error_that_keeps_the_name_of_a_file_is_refused() -> None:
    def plan(wrap: Any) -> Any:
        def use(x: Any, name: str) -> Any:
            try:
                raise OSError(2, "why", name)
            except OSError as error:
                return x, str(error), error.filename, error.args

        f = wrap(use)
        yield lambda: f(ONE, "a")
        yield lambda: f(ONE, "b")

    both_runs(plan, refuses=True)


@pytest.mark.parametrize(
    "asks",
    [lambda made: hasattr(made, "ghost"), lambda made: getattr(made, "ghost", None) is not None],
    ids=["hasattr", "getattr"],
)
@pytest.mark.usefixtures("as_before")
def test_whether_what_the_graph_makes_has_an_attribute_is_no_refusal(
    asks: Callable[[Any], bool],
) -> None:
    """Nothing is raised by it that a ``try`` might catch."""

    def plan(wrap: Any) -> Any:
        def use(x: Any) -> Any:
            made = x + 1
            try:
                return made * 2 if asks(made) else made * 3
            except AttributeError:
                return made

        f = wrap(use)
        yield lambda: f(ONE)
        yield lambda: f(ONE + 1)

    assert both_runs(plan) == 1


@pytest.mark.usefixtures("as_before")
def test_a_failure_of_vartrack_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no error of the program's, and its answer is right all the same."""

    def fails(*_: Any, **__: Any) -> None:
        raise TypeError("made for a test")

    fails = types.FunctionType(fails.__code__, {**globals(), "__name__": "vartrack.made"})
    monkeypatch.setattr(Classes, "look", fails)

    class Owner:
        a = 3

    value = Owner()
    with vartrack.use(vartrack.sound):
        whole = torch.compile(lambda x: x * value.a, backend="eager", fullgraph=True)
        with pytest.raises(Unsupported, match="a failure of vartrack itself"):
            whole(ONE)
        assert torch.equal(torch.compile(lambda x: x * value.a, backend="eager")(ONE), ONE * 3)


#: What torch knows nothing of where a text is put off, so that it raises a TypeError of its own.
ASKED_OF_TEXTS: dict[str, Callable[[str], Any]] = {
    "its length": len,
    "the number in it": int,
    "with nothing put in": lambda text: text % (),
    "compared": lambda text: text < "b",
    "looked for": lambda text: text in ("a", "b"),
    "joined": lambda text: text + "a",
    "repeated": lambda text: text * 2,
    "what cannot be": lambda text: text - 1,
}


@pytest.mark.parametrize("use", ASKED_OF_TEXTS)
def test_a_text_that_is_put_off_has_all_that_texts_have(use: str) -> None:
    """torch makes it when the graph has run. What it does not know of it, it says no text has, and
    the program catches that."""

    class Named:
        def __str__(self) -> str:
            return "12"

    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, v: (x + 1, _error_of(ASKED_OF_TEXTS[use], "{}".format(v))))  # noqa: UP032
        g = wrap(lambda x, v: (x + 1, _error_of(ASKED_OF_TEXTS[use], f"{v}")))
        for asked in (f, g):
            for value in (7, 8, Named()):
                yield lambda: asked(ONE, value)  # noqa: B023  # it is called before the next

    both_runs(plan, refuses=True)


@pytest.mark.parametrize("use", ASKED_OF_TEXTS)
def test_a_text_of_numbers_that_vary_is_made_where_it_is_asked(use: str) -> None:
    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, n: (x + 1, _error_of(ASKED_OF_TEXTS[use], f"{n:>4}")))
        for number in (7, 8, 70, 7):
            yield lambda: f(ONE, number)  # noqa: B023  # it is called before the next

    both_runs(plan)


def test_a_text_of_a_number_that_varies_is_a_text() -> None:
    """Up to 2.13 torch has the number there, where the text comes from its source."""

    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, n: (x + n, f"{n}", f"{n!r:<4}|", f"{n:04}", (f"{n}",), {f"{n}": 1}))
        g = wrap(lambda x, n: (x + n, f"{n}" * 2), dynamic=True)
        for n in (7, 8, 9):
            yield lambda: f(ONE, n)  # noqa: B023  # it is called before the next
            yield lambda: g(ONE, n)  # noqa: B023

    both_runs(plan, refuses=True)


@pytest.mark.usefixtures("as_before")
def test_an_operator_that_fails_raises_what_it_raises_without_a_compiler() -> None:
    """torch alone has an error of its own for it. The function is compiled again where it can be."""

    def plan(wrap: Any) -> Any:
        def use(x, other):
            return (x + 1 + other) * 2

        for function in (use, lambda x, other: x.to(other)):
            f = wrap(function)
            for other in (torch.ones(3), torch.ones(2), 3, torch.ones(3)):
                yield lambda: f(ONE, other)  # noqa: B023

    have, graphs = outcomes(plan, vartrack.sound, fullgraph=False)
    assert have == steps(plan, lambda function, **options: function)
    assert graphs > 0


def _is_dropped(value: Any) -> None:
    value.nothing  # noqa: B018


#: What a program does with an attribute that no value of the type has.
OF_NOTHING: dict[str, Callable[[Any], Any]] = {
    "dropped": _is_dropped,
    "compared": lambda value: value.nothing is None,
    "put into a list": lambda value: [value.nothing],
    "asked within": lambda value: len([[other.nothing] for other in (value, value)]),
    "returned": lambda value: value.nothing,
    "asked for a default": lambda value: getattr(value, "nothing", 5),
}


@pytest.mark.parametrize("use", OF_NOTHING)
@pytest.mark.usefixtures("as_before")
def test_an_attribute_that_is_not_there_is_raised_in_one_piece(use: str) -> None:
    """torch reads it when the graph has run, and only if it is returned."""

    def plan(wrap: Any) -> Any:
        for value in values:
            f = wrap(lambda x, value: (x + 1, OF_NOTHING[use](value)))
            yield lambda: f(ONE, value)  # noqa: B023  # it is called before the next
            g = wrap(lambda x, value: (OF_NOTHING[use](value), None)[1])
            yield lambda: g(ONE, value)  # noqa: B023

    values: tuple[Any, ...] = ({1: 2}.keys(), [1], (1,), {"a": 1}, range(3), [].append)
    both_runs(plan)
    values = (int,)
    both_runs(plan, refuses=True)  # torch 2.15 refuses it


@pytest.mark.usefixtures("as_before")
def test_what_was_asked_of_an_attribute_that_is_not_there_is_no_fact() -> None:
    """It cannot be read at another call, which raises as this one does."""
    pair = collections.namedtuple("pair", "nothing more")

    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, value: (x + 1, value, value is value.nothing, value.nothing))
        for value in (pair(1, 2), (1, 2)):
            yield lambda: f(ONE, value)  # noqa: B023  # it is called before the next

    both_runs(plan)


@pytest.mark.usefixtures("as_before")
def test_a_function_whose_globals_have_no_builtins_is_compiled() -> None:
    """torch dies where it goes on in that function itself."""
    names: dict[str, Any] = {"scale": 2}
    act = types.FunctionType((lambda x: x * scale * len([1])).__code__, names)  # noqa: F821

    def plan(wrap: Any) -> Any:
        f = wrap(lambda x: act(x))
        names["scale"] = 2
        yield lambda: f(ONE)
        names["scale"] = 5
        yield lambda: f(ONE)

    have, _ = outcomes(plan, vartrack.sound, fullgraph=False)
    assert have == steps(plan, lambda function, **options: function)
