"""What a cached property gave stays on the value, as in Python, whatever the value holds later."""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from torch.utils.checkpoint import checkpoint

import vartrack
from vartrack import ConstantVisitor, SnapshotVisitor, extras

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(3.0)


class Plan:
    """A value with caches of several kinds."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plan) and other.n == self.n

    def __hash__(self) -> int:
        return hash(self.n)

    @functools.cached_property
    def twice(self) -> int:
        return self.n * 2

    @functools.cached_property
    def rest(self) -> str:
        return "even" if self.n % 2 == 0 else "odd"

    @functools.cached_property
    def listed(self) -> list[int]:
        return [self.n, self.n + 1]

    @functools.cached_property
    def tensor(self) -> torch.Tensor:
        return torch.ones(3) * self.n

    @functools.cached_property
    def whole(self) -> int:
        return self.twice + 1


@dataclasses.dataclass(frozen=True)
class Fixed:
    n: int

    @functools.cached_property
    def twice(self) -> int:
        return self.n * 2


class Strict(Plan):
    def __setattr__(self, name: str, item: Any) -> None:
        if name != "n":
            raise AttributeError(name)
        super().__setattr__(name, item)


def key(value: Any) -> Any:
    return value.n


def registry(base: Any) -> vartrack.Registry:
    given: Any = {"types": (Plan, Fixed, Strict), "key": staticmethod(key)}
    result = vartrack.stock.derive("plans")
    result.register(type("Plans", (base,), given))
    return result


def held(value: Any) -> Any:
    return plain({name: item for name, item in sorted(vars(value).items()) if name != "n"})


@pytest.fixture(params=[ConstantVisitor, SnapshotVisitor], ids=["constant", "snapshot"])
def base(request: pytest.FixtureRequest) -> Any:
    vartrack.install(registry(request.param))
    yield request.param
    vartrack.uninstall()


@pytest.fixture
def graphs() -> list[Any]:
    return []


@pytest.fixture
def compile(base: Any, graphs: list[Any]) -> Callable[..., Any]:
    def backend(graph: Any, _: Any) -> Any:
        graphs.append(graph)
        return graph

    return lambda function: torch.compile(function, backend=backend, fullgraph=True)


def run_twice(value: Any, x: torch.Tensor) -> Any:
    return x * value.twice, value.rest


def run_whole(value: Any, x: torch.Tensor) -> Any:
    return x * value.whole + value.twice


def run_list(value: Any, x: torch.Tensor) -> Any:
    return x * value.listed[0], list(value.listed)


def run_tensor(value: Any, x: torch.Tensor) -> Any:
    return x + value.tensor, value.tensor is value.tensor


def run_asked(value: Any, x: torch.Tensor) -> Any:
    before = "twice" in vars(value)
    return x * value.twice, before, hasattr(value, "twice"), value.twice is value.twice


def run_part(value: Any, x: torch.Tensor) -> Any:
    return checkpoint(lambda y: y * value.twice, x, use_reentrant=False)


@pytest.mark.parametrize("make", [Plan, Strict])
@pytest.mark.parametrize("run", [run_twice, run_whole])
def test_what_was_read_stays(compile: Any, run: Any, make: Any) -> None:
    one, other = make(3), make(3)
    fast = compile(run)
    for n in (3, 3, 5, 5):
        one.n = other.n = n
        assert plain(fast(one, X)) == plain(run(other, X))
        assert held(one) == held(other)
    for name in [*vars(other)]:
        if name != "n":
            del vars(one)[name], vars(other)[name]
    assert plain(fast(one, X)) == plain(run(other, X))
    fresh, like = make(5), make(5)
    assert plain(fast(fresh, X)) == plain(run(like, X))
    assert held(fresh) == held(like)


def test_a_frozen_dataclass_is_filled(compile: Any, graphs: list[Any]) -> None:
    one, other = Fixed(3), Fixed(3)

    def run(value: Any, x: torch.Tensor) -> Any:
        return x * value.twice

    fast = compile(run)
    for _ in range(3):
        assert plain(fast(one, X)) == plain(run(other, X))
        assert held(one) == held(other)
    assert len(graphs) == 1


def test_filled_and_not_is_one_graph(compile: Any, graphs: list[Any]) -> None:
    fast = compile(run_twice)
    for value in (Plan(3), Plan(3)):
        for _ in range(2):
            fast(value, X)
            assert vars(value)["twice"] == 6
    assert len(graphs) == 1


def test_one_that_was_filled_by_hand_counts(compile: Any) -> None:
    fast = compile(run_twice)
    for item in (None, 7, 6, 8):
        one, other = Plan(3), Plan(3)
        if item is not None:
            vars(one)["twice"] = vars(other)["twice"] = item
        assert plain(fast(one, X)) == plain(run_twice(other, X))


def test_an_object_is_the_same_the_next_time(compile: Any) -> None:
    one, other = Plan(3), Plan(3)
    fast = compile(run_tensor)
    for n in (3, 3, 4, 4):
        one.n = other.n = n
        assert plain(fast(one, X)) == plain(run_tensor(other, X))
        assert held(one) == held(other)


def test_a_list_of_numbers_is_one_graph(compile: Any, graphs: list[Any]) -> None:
    """Whether it is filled makes no difference to what it holds."""
    fast = compile(run_list)
    one, other = Plan(3), Plan(3)
    assert other.listed
    for value in (one, other, one):
        assert plain(fast(value, X)) == plain(run_list(Plan(3), X))
    assert len(graphs) <= 2


def run_one_list(value: Any, x: torch.Tensor) -> Any:
    return x * len(value.listed), value.listed is value.listed, value.listed


def run_appended(value: Any, x: torch.Tensor) -> Any:
    first = value.listed
    first.append(7)
    return x * len(value.listed), first is value.listed


@pytest.mark.parametrize("run", [run_list, run_one_list, run_appended])
def test_a_list_is_one_object_that_stays(compile: Any, run: Any) -> None:
    """What is appended to it is there at the next call."""
    fast = compile(run)
    one, other, third, like = Plan(3), Plan(3), Plan(3), Plan(3)
    for value, twin in ((one, other), (one, other), (third, like), (one, other), (third, like)):
        assert plain(fast(value, X)) == plain(run(twin, X))
        assert held(value) == held(twin)
    assert fast(one, X)[-1] is one.listed or run is not run_one_list
    assert run(other, X)[-1] is other.listed or run is not run_one_list


def test_a_tuple_needs_one_graph(graphs: list[Any]) -> None:
    class Row(Plan):
        @functools.cached_property
        def both(self) -> tuple[int, int]:
            return self.n, 2

    rows = vartrack.stock.derive("rows")
    rows.register(type("Rows", (ConstantVisitor,), {"types": (Row,)}))

    def run(value: Any, x: torch.Tensor) -> Any:
        return x * value.both[0], value.both

    def backend(graph: Any, _: Any) -> Any:
        graphs.append(graph)
        return graph

    with vartrack.use(rows):
        fast = torch.compile(run, backend=backend, fullgraph=True, dynamic=False)
        for value in (Row(3), Row(3)):
            for _ in range(2):
                assert plain(fast(value, X)) == plain(run(Row(3), X))
                assert held(value) == plain({"both": (3, 2)})
    assert len(graphs) == 1


# caches that methods fill themselves


class Priced:
    """A constant whose methods put results away."""

    rate: Any = None

    def __init__(self, n: int) -> None:
        self.n = n

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Priced) and other.n == self.n

    def __hash__(self) -> int:
        return hash(self.n)

    def price(self) -> int:
        if self.rate is None:
            self.rate = self.n * 3
        return self.rate  # type: ignore[no-any-return]

    def by_another(self) -> int:
        return self.price() + 1

    def by_name(self) -> int:
        if not hasattr(self, "_late"):
            setattr(self, "_late", self.n * 5)  # noqa: B010
        return self._late  # type: ignore[attr-defined,no-any-return]


PRICES: dict[str, Callable[[Any, torch.Tensor], Any]] = {
    "method": lambda value, x: x * value.price(),
    "method that asks another": lambda value, x: x * value.by_another(),
    "name in a text": lambda value, x: x * value.by_name(),
}


@pytest.mark.parametrize("run", PRICES.values(), ids=PRICES)
@pytest.mark.parametrize("keyed", [True, False])
def test_an_old_result_counts_for_the_value_that_has_it(run: Any, keyed: bool) -> None:
    """One that was changed after it was filled has the old one, and an equal one has not."""

    def changed(n: int, later: int) -> Any:
        value = Priced(n)
        run(value, X)
        value.n = later
        return value

    given: Any = {"types": (Priced,), **({"key": staticmethod(key)} if keyed else {})}
    prices = vartrack.stock.derive("prices")
    prices.register(type("Prices", (ConstantVisitor,), given))
    with vartrack.use(prices):
        fast = torch.compile(run, backend="eager")
        for _ in range(2):
            for make in (
                lambda: Priced(3),
                lambda: changed(5, 3),
                lambda: changed(3, 3),
                lambda: Priced(5),
                lambda: changed(3, 5),
                lambda: Priced(3),
            ):
                assert plain(fast(make(), X)) == plain(run(make(), X))


def test_what_asks_whether_it_is_filled(compile: Any) -> None:
    one, other = Plan(3), Plan(3)
    fast = compile(run_asked)
    for n in (3, 3, 4):
        one.n = other.n = n
        assert plain(fast(one, X)) == plain(run_asked(other, X))


def test_in_a_checkpoint(compile: Any) -> None:
    fast = compile(run_part)
    for value in (Plan(3), Plan(4), Plan(4)):
        assert plain(fast(value, X)) == plain(run_part(Plan(value.n), X))


def test_a_number_that_changes(compile: Any, graphs: list[Any]) -> None:
    fast = compile(run_twice)
    for n in (3, 5, 7, 9, 11):
        assert plain(fast(Plan(n), X)) == plain(run_twice(Plan(n), X))


def test_with_a_break_after_it(base: Any) -> None:
    def broken(value: Any, x: torch.Tensor) -> Any:
        first = run_twice(value, x)
        torch._dynamo.graph_break()
        return first, run_twice(value, x)

    one, other = Plan(3), Plan(3)
    fast = torch.compile(broken, backend="eager")
    for n in (3, 3, 4):
        one.n = other.n = n
        assert plain(fast(one, X)) == plain(broken(other, X))
        assert held(one) == held(other)


class Kept:
    """What torch takes for an object of its own, with the same caches."""

    def __init__(self, n: int) -> None:
        self.n = n

    @functools.cached_property
    def twice(self) -> int:
        return self.n * 2

    @functools.cached_property
    def listed(self) -> list[int]:
        return [self.n, self.n + 1]


def names(x: torch.Tensor, v: Any) -> Any:
    v.twice  # noqa: B018
    return x + 1, list(v.__dict__), dict(vars(v)), [*v.__dict__.items()]


def asked_before_and_after(x: torch.Tensor, v: Any) -> Any:
    before = "twice" in v.__dict__
    v.twice  # noqa: B018
    return x + 1, before, "twice" in v.__dict__, v.__dict__["twice"]


def asked_for(x: torch.Tensor, v: Any) -> Any:
    v.twice  # noqa: B018
    return x + 1, hasattr(v, "twice"), getattr(v, "twice", None)


def copied(x: torch.Tensor, v: Any) -> Any:
    v.twice  # noqa: B018
    other = copy.copy(v)
    other.n = 10
    return x + other.twice, other.n, sorted(other.__dict__)


def copied_with_a_list(x: torch.Tensor, v: Any) -> Any:
    v.listed  # noqa: B018
    other = copy.copy(v)
    return x + 1, other.listed is v.listed, copy.deepcopy(v).listed is v.listed


def copied_twice(x: torch.Tensor, v: Any) -> Any:
    other = copy.copy(v)
    other.twice  # noqa: B018
    return x + 1, sorted(copy.copy(other).__dict__), sorted(other.__dict__)


def filled_if_large(x: torch.Tensor, v: Any) -> Any:
    if v.n > 3:
        v.twice  # noqa: B018
    return x + 1, sorted(copy.copy(v).__dict__)


FILLING = [
    *(names, asked_before_and_after, asked_for, copied),
    *(copied_with_a_list, copied_twice, filled_if_large),
]


@pytest.mark.parametrize("run", FILLING, ids=lambda run: run.__name__)
@pytest.mark.parametrize("make", [Plan, Kept])
@pytest.mark.parametrize("filled", [False, True], ids=["empty first", "filled first"])
def test_what_a_value_holds_once_it_is_filled(
    base: Any, compile: Any, run: Any, make: Any, filled: bool
) -> None:
    traced = registry(base)
    extras.load("stdlib").register(traced)  # a cached property of any object is traced

    def values() -> list[Any]:
        found = [make(3), make(4), make(7)]
        found[1].twice  # noqa: B018
        found[2].__dict__["twice"] = 1
        return found[::-1] if filled else found

    with vartrack.use(traced):
        compiled = compile(run)
        for one, other in zip(values(), values(), strict=True):
            for _ in range(2):
                assert plain(compiled(X, one)) == plain(run(X, other))
                assert list(vars(one)) == list(vars(other))


def test_reading_one_that_was_filled_fills_another(compile: Any) -> None:
    """A graph for a value that was filled does nothing, and must not be that of one that was not."""

    def run(x: torch.Tensor, v: Any) -> torch.Tensor:
        v.twice  # noqa: B018
        return x + 1

    compiled = compile(run)
    filled, empty = Plan(3), Plan(4)
    filled.twice  # noqa: B018
    for value in (filled, empty):
        compiled(X, value)
        assert "twice" in vars(value)


@pytest.mark.parametrize("name", ["__getstate__", "__reduce__"])
def test_what_c_code_makes_of_a_filled_value(base: Any, name: str) -> None:
    def run(x: torch.Tensor, v: Any) -> Any:
        v.twice  # noqa: B018
        return x + 1, getattr(v, name)()

    compiled = torch.compile(run, backend="eager")
    for number in (3, 4):
        assert plain(compiled(X, Plan(number))) == plain(run(X, Plan(number)))
