"""Texts of objects that the traced code made or changed, which torch makes when the graph has run."""

from __future__ import annotations

import dataclasses
from collections import Counter, OrderedDict, defaultdict
from typing import Any, NamedTuple

import pytest
import torch
from facts import Plans, both_runs
from places import Counting

import vartrack

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


class Told:
    def __init__(self) -> None:
        self.x = 1
        self.held: list[int] = []

    def __str__(self) -> str:
        return f"{self.x} {len(self.held)}"


class Formatted(Told):
    def __format__(self, spec: str) -> str:
        return f"<{spec} {self.x}>"


class Keeping:
    """Keeps its text; to ask it while tracing would change what the function has read before."""

    def __init__(self) -> None:
        self.x = 1
        self.text: str | None = None

    def __repr__(self) -> str:
        if self.text is None:
            self.text = f"{self.x}!"
        return self.text


@plan
def of_one_that_keeps_its_text(wrap):
    f = wrap(lambda x, v: (x + 1, v.text, str(v), v.text))
    kept = Keeping()
    for value in (Keeping(), kept, kept):
        yield lambda value=value: f(ONE, value)
        yield lambda value=value: value.text


@plan
def of_one_that_is_made(wrap):
    f = wrap(lambda x: (x + 1, f"{Told()}", "{}".format(Told()), f"{Formatted():a}"))
    yield lambda: f(ONE)


@plan
def of_one_that_is_changed(wrap):
    def use(x, value):
        before = f"{value}"
        value.x = 5
        return x + 1, before, f"{value}", "{}".format(value)

    f = wrap(use)
    yield lambda: f(ONE, Told())
    yield lambda: f(ONE, Formatted())


@plan
def of_one_whose_list_is_changed(wrap):
    def use(x, value):
        before = f"{value}"
        value.held.append(3)
        return x + 1, before, f"{value}"

    f = wrap(use)
    yield lambda: f(ONE, Told())


@plan
def of_one_that_is_changed_after_it(wrap):
    def use(x, value):
        text = f"{value} {x.size(0)}"
        value.x = 5
        return x + 1, text

    f = wrap(use)
    yield lambda: f(ONE, Told())


@plan
def of_containers_with_numbers_that_vary(wrap):
    def use(x, items, table, number):
        before = f"{items} {table}"
        items.append(number)
        table["z"] = [number, (number,)]
        made = [number, 0.5, "a{b}"]
        text = f"{made}"
        made.append(number)
        return x + 1, before, f"{items} and {table}", "{}".format([table]), text, f"{made}"

    f = wrap(use)
    for number in (1, 7, 12):
        yield lambda number=number: f(ONE, [number], {"a": number}, number)
    yield lambda: f(ONE, [20], {"b": 20, "a": 3}, 20)
    yield lambda: f(ONE, [20], {"a": 20, "b": 3}, 20)


class Tagged(torch.nn.Module):
    tag = "first"

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)

    def __repr__(self) -> str:
        return f"{self.tag} {self.training}"


@plan
def of_modules(wrap):
    f = wrap(lambda x, v: (x + 1, repr(v), str(v), len(repr(v))))
    for module in (torch.nn.Linear(2, 2), torch.nn.Sequential(torch.nn.ReLU()), Tagged()):
        yield lambda module=module: f(ONE, module)
        module.eval()
        yield lambda module=module: f(ONE, module)
        module.layer = torch.nn.ReLU()
        yield lambda module=module: f(ONE, module)


class Listed(list):  # type: ignore[type-arg]
    pass


@plan
def of_containers_that_are_changed(wrap):
    def use(x, tables, items):
        for table in tables:
            table["a"] = 1
        items.append(1)
        changed = [*tables, items]
        return x + 1, [(str(each), f"{each}", "{}".format(each), repr(each)) for each in changed]

    f = wrap(use)
    yield lambda: f(ONE, [OrderedDict(), defaultdict(int), Counter()], Listed())


class Shown:
    def __init__(self) -> None:
        self.x = 1

    def __repr__(self) -> str:
        return f"Shown({self.x})"


@dataclasses.dataclass
class Part:
    x: int = 1


@dataclasses.dataclass
class Whole:
    x: int = 1
    part: Part = dataclasses.field(default_factory=Part)


@plan
def of_one_that_has_a_repr_alone(wrap):
    def use(x, value):
        value.x += 3
        made = type(value)()
        return x + 1, str(value), f"{value}", "%s" % (value,), repr(value), str(made), f"{made}"

    f = wrap(use)
    yield lambda: f(ONE, Shown())
    yield lambda: f(ONE, Whole())


@plan
def of_one_that_is_left_alone_and_has_a_part_that_is_changed(wrap):
    def use(x, value, counted):
        counted.x += 1
        value.part.x = 7
        return x + 1, str(value), f"{value} {counted}"

    f = wrap(use)
    yield lambda: f(ONE, Whole(), Shown())


class Kept:
    """Makes its text when it is first asked for it."""

    def __init__(self) -> None:
        self.x = 1
        self.text: str | None = None

    def __str__(self) -> str:
        if self.text is None:
            self.text = f"Kept({self.x})"
        return self.text


@plan
def of_one_that_puts_its_text_away(wrap):
    f = wrap(lambda x, value: (x + 1, str(value), value.text))
    value = Kept()
    yield lambda: f(ONE, value)
    value.x, value.text = 2, None
    yield lambda: f(ONE, value)
    value.text = "another"
    yield lambda: f(ONE, value)


def _told_by_a_cell(number: int) -> Any:
    class Told:
        def __str__(self, last: str = ".") -> str:
            return f"{number}{last}"

    def put(other: int) -> None:
        nonlocal number
        number = other

    return Told, put


@plan
def of_one_whose_method_reads_a_cell_and_a_default(wrap):
    f = wrap(lambda x, value: (x + 1, str(value)))
    cls, put = _told_by_a_cell(1)
    yield lambda: f(ONE, cls())
    put(2)
    yield lambda: f(ONE, cls())
    cls.__str__.__defaults__ = ("!",)
    yield lambda: f(ONE, cls())
    cls.__str__ = lambda self: "replaced"
    yield lambda: f(ONE, cls())


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.usefixtures("as_before")
def test_it_is_of_the_object_as_it_is(name: str) -> None:
    both_runs(PLANS[name])


@pytest.mark.usefixtures("as_before")
def test_an_attribute_that_a_text_reads_is_refused() -> None:
    def use(wrap: Any) -> Any:
        def read(x: Any, value: Any) -> Any:
            value.x = 5
            return x + 1, "{0.x}".format(value)

        f = wrap(read)
        yield lambda: f(ONE, Told())

    both_runs(use, refuses=True)


@pytest.mark.usefixtures("as_before")
def test_a_tensor_that_was_made_before_changes_no_object() -> None:
    """Such a text is put off as by torch alone, up to 2.13, and takes one graph for all objects."""

    def told(x: Any, value: Any) -> Any:
        return x + 1, f"{value}"

    def graphs() -> int:
        torch._dynamo.reset()
        backend = Counting()
        compiled = torch.compile(told, backend=backend, fullgraph=True)
        for number in range(3):
            value = Told()
            value.x = number
            assert compiled(ONE, value)[1] == str(value)
        return backend.graphs

    alone = graphs()
    with vartrack.use(vartrack.sound):
        assert graphs() <= alone


class Pair(NamedTuple):
    one: int
    other: int


def _error_of(told: Any) -> str:
    try:
        return str(told())
    except TypeError:
        return "raised"


#: Texts that torch alone refuses, or gets wrong, on some release.
OF_NUMBERS = {
    "places": lambda x, n: "%s|%d|{%r}|%5.1f|%%" % (n, n, n + 1, 2.5),
    "one place": lambda x, n: "%d%%" % n,
    "an error of a place too few": lambda x, n: _error_of(lambda: "%d" % (n, n)),  # noqa: F507
    "a record": lambda x, n: f"{Pair(n, n + 1)!r} {Pair(n, 2)}",
    "a record alone": lambda x, n: f"{Pair(n, 1)}",
    "what is asked": lambda x, n: len("a%d" % n) + len(f"{[n]}"),
}


@pytest.mark.parametrize("text", OF_NUMBERS.values(), ids=OF_NUMBERS)
@pytest.mark.usefixtures("as_before")
def test_a_text_is_made_of_numbers_that_vary(text: Any) -> None:
    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, n: (x + 1, text(x, n)))
        for number in (3, 5, 70):
            yield lambda: f(ONE, number)  # noqa: B023  # it is called before the next

    both_runs(plan)


#: Texts that torch alone has right, of containers that the function makes.
OF_MADE = {
    "a tensor in a list": lambda x, n: f"{[x.sum()]}",
    "a tensor in a tuple": lambda x, n: f"{(n, x)}",
    "a tensor in a dict": lambda x, n: "{}".format({"a": x * 2, "n": n}),
    "a number in a list": lambda x, n: f"{[n, [n]]}",
    "a number and others": lambda x, n: f"{[None, n, 1.5, 'q{}', (n,), x.dtype, Told]}",
}


@pytest.mark.parametrize("text", OF_MADE.values(), ids=OF_MADE)
@pytest.mark.usefixtures("as_before")
def test_a_text_that_torch_has_right_is_as_on_torch_alone(text: Any) -> None:
    def graphs(registry: Any) -> int:
        torch._dynamo.reset()
        backend = Counting()
        with vartrack.use(registry):
            compiled = torch.compile(
                lambda x, n: (x + 1, text(x, n)), backend=backend, fullgraph=True
            )
            for number in (3, 5, 7):
                assert compiled(ONE, number)[1] == text(ONE, number)
        return backend.graphs

    alone, ours = graphs(None), graphs(vartrack.sound)
    assert ours <= alone
