"""Caches and tables of dispatch."""

from __future__ import annotations

import abc
import functools
from decimal import Decimal
from typing import Any

import pytest
import torch
from facts import Plan, Plans, Wrap, both_runs

import vartrack

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


# caches
@plan
def lru_cache(wrap):
    k = [2]

    @functools.lru_cache
    def g(n):
        return n * k[0]

    f = wrap(lambda x: x * g(1))
    yield lambda: f(ONE)
    k[0] = 9
    g.cache_clear()
    yield lambda: f(ONE)


@plan
def attributes_of_what_keeps_results(wrap):
    @functools.lru_cache
    def kept(n):
        return n + 1

    kept.calls = 0

    def use(x):
        kept.calls += 1
        kept.kind = "used"
        return x + 1, kept.calls, kept.kind

    f = wrap(use)
    for _ in range(3):
        yield lambda: f(ONE)
        yield lambda: (kept.calls, kept.kind)


@plan
def lru_cache_method(wrap):
    class A:
        k = 2

        @functools.lru_cache
        def g(s, n):
            return n * s.k

    a = A()
    f = wrap(lambda x: x * a.g(1))
    yield lambda: f(ONE)
    a.k = 9
    A.g.cache_clear()
    yield lambda: f(ONE)


@plan
def lru_cache_not_cleared(wrap):
    k = [2]

    @functools.lru_cache
    def g(n, more=0):
        return n * k[0] + more

    f = wrap(lambda x: x * g(1) + g(1, more=3))
    yield lambda: f(ONE)
    k[0] = 9
    yield lambda: f(ONE)
    g.cache_clear()
    yield lambda: f(ONE)


@plan
def lru_cache_filled_before(wrap):
    k = [2]

    @functools.cache
    def g(n):
        return n * k[0]

    g(1)
    k[0] = 9
    f = wrap(lambda x: x * g(1))
    yield lambda: f(ONE)


@plan
def lru_cache_of_objects(wrap):
    class A:
        k = 2

        @functools.lru_cache
        def g(s, n):
            return n * s.k

    class Held:
        one = A()

    f = wrap(lambda x: x * Held.one.g(1))
    yield lambda: f(ONE)
    A.k = 9
    yield lambda: f(ONE)
    Held.one = A()
    yield lambda: f(ONE)


@plan
def lru_cache_after_a_change(wrap):
    k = [2]

    @functools.lru_cache
    def g(n):
        return n * k[0]

    def changes(x):
        k[0] = 9
        return x * g(1)

    f = wrap(changes)
    yield lambda: f(ONE)


@plan
def lru_cache_that_raises(wrap):
    k = [0]

    @functools.lru_cache
    def g(n):
        return n // k[0]

    def use(x):
        try:
            return x * g(4)
        except ZeroDivisionError:
            return x * 7

    f = wrap(use)
    yield lambda: f(ONE)
    k[0] = 2
    yield lambda: f(ONE)
    g.cache_clear()
    k[0] = 0
    yield lambda: f(ONE)


@plan
def lru_cache_of_tensors(wrap):
    @functools.lru_cache
    def g(n):
        return torch.ones(2) * n

    f = wrap(lambda x: x + g(2))
    yield lambda: f(ONE)


@plan
def cache_info(wrap):
    @functools.lru_cache
    def g(n):
        return n

    f = wrap(lambda x: (x + 1, g.cache_info().hits))
    yield lambda: f(ONE)


@plan
def cache_info_of_what_is_called(wrap):
    @functools.lru_cache
    def g(n):
        return n

    f = wrap(lambda x: (x * g(1), g.cache_info()))
    yield lambda: f(ONE)
    g(2)
    yield lambda: f(ONE)


@plan
def cache_info_of_tensors(wrap):
    @functools.lru_cache
    def g(n):
        return torch.ones(n)

    f = wrap(lambda x: (x * g(2), g.cache_info()))
    yield lambda: f(ONE)


@plan
def cache_info_outside(wrap):
    k = [2]

    @functools.lru_cache
    def g(n):
        return n * k[0]

    f = wrap(lambda x: x * g(1))
    yield lambda: (f(ONE), g.cache_info())
    k[0] = 9
    g.cache_clear()
    yield lambda: (f(ONE), g.cache_info())


@plan
def cache_info_outside_of_names_and_types(wrap):
    @functools.lru_cache(maxsize=None, typed=True)
    def g(n, *, by=1):
        return n * by

    f = wrap(lambda x: (x + 1, g(2, by=3), g(2.0, by=3)))
    yield lambda: (f(ONE), g.cache_info())
    g(2, by=3)
    yield lambda: (f(ONE), g.cache_info())


@plan
def cache_info_outside_where_little_is_kept(wrap):
    @functools.lru_cache(maxsize=1)
    def g(n):
        return (n, 2)

    f = wrap(lambda x: (x + 1, g(1.5), g(5)))
    yield lambda: (f(ONE), g.cache_info())
    g(1.5)
    yield lambda: (f(ONE), g.cache_info())


@plan
def cache_info_outside_where_nothing_is_kept(wrap):
    k = [2]

    @functools.lru_cache(maxsize=0)
    def g(n):
        return n * k[0]

    f = wrap(lambda x: x * g(1))
    yield lambda: f(ONE)
    k[0] = 9
    yield lambda: f(ONE)


@plan
def cache_info_outside_of_what_raises(wrap):
    @functools.lru_cache
    def g(n):
        raise KeyError(n)

    def use(x):
        try:
            return x * g(4)
        except KeyError:
            return x * 7

    f = wrap(use)
    yield lambda: (f(ONE), g.cache_info())


@plan
def cache_info_outside_of_objects(wrap):
    class A:
        def __init__(s, n):
            s.n = n

        def __eq__(s, o):
            return s.n == o.n

        def __hash__(s):
            return hash(s.n)

        @functools.lru_cache(maxsize=4)
        def g(s, n):
            return n * s.n

    f = wrap(lambda x, a: x * a.g(1))
    a = A(1)
    yield lambda: (f(ONE, a), A.g.cache_info())
    yield lambda: (f(ONE, A(1)), A.g.cache_info())
    yield lambda: f(ONE, A(2))


@plan
def cached_property(wrap):
    class A:
        k = 2

        @functools.cached_property
        def g(s):
            return s.k

    a = A()
    f = wrap(lambda x: x * a.g)
    yield lambda: f(ONE)
    a.__dict__["g"] = 9
    yield lambda: f(ONE)
    del a.__dict__["g"]
    a.k = 5
    yield lambda: f(ONE)


@plan
def cached_property_new(wrap):
    class A:
        def __init__(s, k):
            s.k = k

        @functools.cached_property
        def g(s):
            return s.k

    f = wrap(lambda x, a: x * a.g)
    yield lambda: f(ONE, A(2))
    yield lambda: f(ONE, A(9))
    b = A(3)
    b.g
    b.k = 4
    yield lambda: f(ONE, b)


@plan
def singledispatch(wrap):
    @functools.singledispatch
    def g(v):
        return 2

    f = wrap(lambda x, v: x * g(v))
    yield lambda: f(ONE, [1])
    g.register(list)(lambda v: 9)
    yield lambda: f(ONE, [1])


@plan
def singledispatchmethod(wrap):
    class A:
        @functools.singledispatchmethod
        def g(s, v):
            return 2

    a = A()
    f = wrap(lambda x, v: x * a.g(v))
    yield lambda: f(ONE, [1])
    A.__dict__["g"].register(list)(lambda s, v: 9)
    yield lambda: f(ONE, [1])


@plan
def singledispatch_abc(wrap):
    class I(abc.ABC):
        pass

    class T:
        pass

    @functools.singledispatch
    def g(v):
        return 2

    g.register(I)(lambda v: 9)
    f = wrap(lambda x, v: x * g(v))
    yield lambda: f(ONE, T())
    I.register(T)
    yield lambda: f(ONE, T())


@plan
def partial_(wrap):
    p = functools.partial(lambda x, n: x * n, n=2)
    f = wrap(lambda x: p(x))
    yield lambda: f(ONE)
    p.keywords["n"] = 9
    yield lambda: f(ONE)


@plan
def partial_arg(wrap):
    fn = lambda x, n: x * n
    f = wrap(lambda x, p: p(x))
    yield lambda: f(ONE, functools.partial(fn, n=2))
    yield lambda: f(ONE, functools.partial(fn, n=9))


@plan
def total_ordering(wrap):
    @functools.total_ordering
    class A:
        def __init__(s, n):
            s.n = n

        def __eq__(s, o):
            return s.n == o.n

        def __lt__(s, o):
            return s.n < o.n

    a, b = A(1), A(2)
    f = wrap(lambda x: x * 2 if a >= b else x * 3)
    yield lambda: f(ONE)
    A.__lt__ = lambda s, o: False
    yield lambda: f(ONE)


@pytest.mark.parametrize(
    ("most", "asked"),
    [(1, (1, 2, 1)), (2, (1, 2, 3, 1)), (2, (1, 2, 1, 3, 1)), (4, (1, 2, 1))],
)
def test_what_is_let_go_within_a_call(most: int, asked: tuple[int, ...]) -> None:
    """What is there when the call begins is found, and what is let go is worked out again."""

    def given(wrap: Any) -> list[float]:
        k = [2.0]

        @functools.lru_cache(maxsize=most)
        def kept(n: int) -> float:
            return n * k[0]

        f = wrap(lambda x: x * sum([kept(n) for n in asked]))
        found = []
        for value in (2.0, 5.0, 5.0, 5.0):
            k[0] = value
            found.append(f(ONE)[0].item())
        return found

    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        have = given(lambda f: torch.compile(f, backend="eager", fullgraph=True))
    assert have == given(lambda f: f)


@pytest.mark.parametrize("asked", [(1, 2, 1), (1, 2, 3, 1, 2)])
def test_what_is_let_go_compiles_no_more_often(asked: tuple[int, ...]) -> None:
    @functools.lru_cache(maxsize=2)
    def kept(n: int) -> int:
        return n + 1

    def program(wrap: Any) -> Any:
        f = wrap(lambda x: x * sum([kept(n) for n in asked]))
        for _ in range(4):
            yield lambda: f(ONE)

    assert both_runs(program) == 1


def test_what_is_kept_for_an_equal_constant() -> None:
    """`1.0` finds what was kept for `1`, which is another text."""

    @functools.lru_cache
    def text(amount: Decimal) -> str:
        return str(amount)

    text(Decimal("1"))
    registry = vartrack.sound.derive("and decimals")
    vartrack.extras.load("stdlib").register(registry)
    with vartrack.use(registry):
        run = torch.compile(
            lambda x, amount: (x, text(amount), text(amount + 1), text(Decimal("1.00"))),
            backend="eager",
            fullgraph=True,
        )
        for given in ("1.0", "2.0", "1"):
            amount = Decimal(given)
            assert run(ONE, amount)[1:] == (text(amount), text(amount + 1), "1")


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.usefixtures("as_before")
def test_each_change_is_noticed(name: str) -> None:
    """What the call gives after the change is what Python gives, or the graph breaks."""
    both_runs(PLANS[name], refuses=True)


class KeepsHash:
    """Its hash is worked out once, as that of a specifier of ``packaging``."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.kept: int | None = None

    def __hash__(self) -> int:
        if self.kept is None:
            self.kept = hash(self.number)
        return self.kept

    def __eq__(self, other: Any) -> bool:
        return self.number == other.number


def test_a_hash_that_is_kept_is_no_change() -> None:
    """Asking for it to make a guard would make the next guard fail, and end the compile."""

    def plan(wrap: Wrap):
        f = wrap(lambda x, v, w: (x + 1, len(dict.fromkeys((v, w))), {v: 5}.get(w)))
        for numbers in ((1, 2), (3, 3), (1, 2), (4, 4)):
            yield lambda: f(ONE, *map(KeepsHash, numbers))

    both_runs(plan)


@functools.lru_cache
def _kept(k: int) -> int:
    return k + 1


@pytest.mark.first_answer
@pytest.mark.parametrize(
    "name", ["__code__", "__defaults__", "__closure__", "ghost", "cache_info", "__wrapped__"]
)
def test_what_a_cache_has_is_not_what_is_inside(name: str) -> None:
    """torch reads the code of the function inside, and finds no `cache_info`."""

    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        def read(x):
            try:
                found = getattr(_kept, name)
            except AttributeError as error:
                return x + 1, str(error)
            return x + 2, found is None

        run = wrap(read)
        yield lambda: run(torch.ones(2))

    both_runs(program, refuses=True)
